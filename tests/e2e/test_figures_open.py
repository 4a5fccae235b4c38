"""Every figure opens down to its calls and states, and what stands behind it adds up to it again."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from services.simulate.company import Company, company
from services.simulate.driver import requests_of, send, set_up_company
from services.simulate.stream import deliveries
from tests.e2e.systems import System, Time, ask, eventually, everything

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED = 5
Opened = tuple[Any, set[str]]
"""What the evidence adds up to, and the calls in it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def firm(system: System, time: Time) -> Company:
    """A small company's traffic of today, up to now."""
    found = company(SEED, partners=2, agents=6, connectors=("native", "twilio"))
    await set_up_company(system.client, found, demo=True)
    arrived = deliveries(found, SEED, time() - timedelta(hours=17), time())
    sent = await send(system.client, requests_of(found, arrived))
    assert sent.answers.keys() == {202}
    await system.settled()
    return found


async def evidence(client: httpx.AsyncClient, url: str, limit: int = 1000) -> Opened:
    """Open a figure, page by page, and add it up."""
    added: Counter[str] = Counter()
    calls, count, cursor = set[str](), 0, None
    split = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
    while True:
        page = await ask(client, split.path, **query, limit=limit, cursor=cursor)
        assert page["before"] == _plain(added, page["total"])
        for item in page["items"]:
            added.update(item["amount"] if isinstance(item["amount"], dict) else {"": item["amount"]})
            assert ("call" in item) != ("state" in item)
            if "call" in item:
                calls.add(item["call"])
                assert item["href"] == f"/api/v1/calls/{item['call']}"
        count, cursor = count + len(page["items"]), page["next"]
        if cursor is None:
            assert count == page["count"]
            assert page["total"] == _plain(added, page["total"])
            return page["total"], calls


def _plain(added: Counter[str], like: Any) -> Any:
    return (dict(added) or 0) if isinstance(like, dict) else added[""]


async def opens(client: httpx.AsyncClient, figure: dict[str, Any]) -> set[str]:
    """Open both sides of a figure of the API; the calls behind it."""
    over, calls = await evidence(client, figure["href"])
    assert over == (figure["numerator"] or 0)
    if figure["denominator"] is None:
        assert figure["value"] == (figure["numerator"] or None if isinstance(figure["numerator"], dict) else over)
        return calls
    under, others = await evidence(client, f"{figure['href']}&side=denominator")
    assert under == (figure["denominator"] or 0)
    if isinstance(under, int):
        assert figure["n"] == under
        assert (figure["value"] is None) == (under == 0)
        if under:
            assert figure["value"] in (pytest.approx(over / under), pytest.approx(over / under * 3_600_000))
    return calls | others


async def all_open(client: httpx.AsyncClient, calls: set[str]) -> None:
    """Every call opens, and is the one that was asked for."""
    for call in sorted(calls):
        assert (await ask(client, f"/api/v1/calls/{call}"))["call"] == call


@pytest.mark.parametrize("dimension", ["agents", "teams", "campaigns", "partners"])
async def test_every_kpi_of_every_row_adds_up_from_its_evidence(
    dimension: str, system: System, firm: Company, time: Time
) -> None:
    client = system.client
    kpis = [kpi["key"] for kpi in (await ask(client, "/api/v1/kpis"))["items"]]
    day = time().date()
    period = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}
    shown = ",".join(kpis if dimension == "agents" else ["aht", "conversion", "revenue", "service_level", "handled"])
    table = await ask(client, f"/api/v1/performance/{dimension}", **period, kpis=shown, limit=500)
    assert len(table["items"]) >= (6 if dimension == "agents" else 2)
    calls: set[str] = set()
    for row in table["items"]:
        for figure in row["figures"].values():
            calls |= await opens(client, figure)
    for figure in table["totals"]["figures"].values():
        calls |= await opens(client, figure)
    await all_open(client, calls)
    assert len(calls) > 100


async def test_a_short_page_of_evidence_says_what_came_before(system: System, firm: Company, time: Time) -> None:
    day = time().date()
    query = f"from={day}&to={day + timedelta(days=1)}&measure="
    for measure in ("offered", "talk_ms", "dispositions:sale", "revenue", "answered_waits:2", "agent_ms"):
        url = f"/api/v1/performance/evidence?{query}{measure}"
        assert await evidence(system.client, url, limit=50) == await evidence(system.client, url)


async def page_of(client: httpx.AsyncClient, href: str) -> str:
    answer = await client.get(href, headers={"accept": "text/html"})
    assert answer.status_code == 200, href
    return answer.text


async def opened_page(client: httpx.AsyncClient, href: str) -> tuple[int, int | None]:
    """The total that the page of a figure says, its pages added up; and what it is divided by."""
    html = await page_of(client, href)
    big = [_number(text) for text in re.findall(r"<b>([^<]*)</b>", html)]
    together = 0
    while True:
        if found := re.search(r'id="together">([^<]*)<', html):
            together = _number(found[1])
        more = re.search(r'class="more"><a class="button" href="([^"]*)"', html)
        if more is None:
            break
        html = await page_of(client, unescape(more[1]))
    assert together == big[0]
    return big[0], big[1] if len(big) > 1 else None


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)


def asked_of_api(href: str) -> tuple[str, str | None]:
    """The addresses of the API behind an evidence page: of the figure, and of what it is divided by."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(href).query).items()}
    day = datetime.fromisoformat(query["day"]).date()
    rest = "".join(f"&{name}={query[name]}" for name in ("partner", "campaign", "agent") if name in query)
    base = f"/api/v1/performance/evidence?from={day}&to={day + timedelta(days=1)}{rest}"

    def of(measure: str) -> str:
        kpi, _, side = measure.partition(".")
        return f"{base}&measure={kpi}&side={side or 'numerator'}"

    return of(query["measure"]), of(query["over"]) if "over" in query else None


async def adds_up(client: httpx.AsyncClient, href: str, value: float | None, n: int | None) -> None:
    """A figure of the wallboard is what its page and the API's evidence say."""
    top, bottom = asked_of_api(href)
    over, calls = await evidence(client, top)
    under = None if bottom is None else (await evidence(client, bottom))[0]
    assert await opened_page(client, href) == (over, under)
    if under is None:
        assert value == over
    else:
        assert n == under
        assert value == (pytest.approx(over / under) if under else None)
    await all_open(client, calls)


async def snapshot_of(client: httpx.AsyncClient, **scope: str) -> Any:
    return await ask(client, "/api/v1/wallboard", **scope)


def scopes(firm: Company) -> list[dict[str, str]]:
    one = firm.partners[0]
    return [{}, {"partner": one.id}, {"partner": one.id, "campaign": one.campaigns[0].code}]


@pytest.mark.parametrize("which", [0, 1, 2], ids=["all", "partner", "campaign"])
async def test_every_figure_of_the_wallboard_opens_down_to_its_calls(which: int, system: System, firm: Company) -> None:
    client, scope = system.client, scopes(firm)[which]
    board = await snapshot_of(client, **scope)
    html = await page_of(client, str(httpx.URL("/wallboard", params=scope)))
    figures = {figure["key"]: figure for figure in board["kpis"]}
    assert figures.keys() == {
        "in_progress", "waiting", "longest_wait", "service_level", "abandoned", "sales", "confirmed",
        "conversion",
    }  # fmt: skip
    for figure in board["kpis"]:
        assert figure["href"] in unescape(html)
        if figure["href"].startswith("/evidence"):
            await adds_up(client, figure["href"], figure["value"], figure["n"])
    assert figures["sales"]["value"] > 0
    for key in ("in_progress", "waiting"):
        listed = await everything(client, "/api/v1/calls", **scope, state=key)
        assert figures[key]["value"] == len(listed)
        shown = await page_of(client, figures[key]["href"])
        assert all(call["call"] in unescape(shown) for call in listed)
    assert figures["in_progress"]["value"] > 0 or "campaign" in scope
    for matter in board["attention"]:
        await page_of(client, matter["href"])


@pytest.mark.parametrize("which", [0, 2], ids=["all", "campaign"])
async def test_each_agents_row_opens_down_to_its_calls(which: int, system: System, firm: Company, time: Time) -> None:
    client = system.client
    board = await snapshot_of(client, **scopes(firm)[which])
    assert board["rows"]
    day = time().date()
    handled = sold = 0
    for key, name, _, group, _, calls, aht_s, sales, confirmed, conversion, contacts, _ in board["rows"]:
        partner, _, agent = key.partition("/")
        link = {
            name: template.replace("{partner}", partner).replace("{agent}", agent)
            for name, template in board["links"].items()
        }
        assert group != "unknown"
        assert name in {a.name for p in firm.partners if p.id == partner for a in p.agents if a.id == agent}
        await page_of(client, link["agent"])
        await adds_up(client, link["calls"], calls, None)
        await adds_up(client, link["sales"], sales, None)
        await adds_up(client, link["confirmed"], confirmed, None)
        await adds_up(client, link["conversion"], conversion, contacts)
        query = f"from={day}&to={day + timedelta(days=1)}&partner={partner}&agent={agent}"
        campaign = board["scope"]["campaign"]
        url = f"/api/v1/performance/evidence?{query}{f'&campaign={campaign}' if campaign else ''}&measure=aht"
        (spent, _), (talks, _) = await evidence(client, url), await evidence(client, f"{url}&side=denominator")
        assert aht_s == (round(spent / talks / 1000) if talks else None)
        handled, sold = handled + calls, sold + sales
    assert handled >= 10
    assert sum(seller["sales"] for seller in board["top"]) == sold
    for seller in board["top"]:
        await adds_up(client, seller["href"], seller["sales"], None)
    groups = Counter(row[3] for row in board["rows"])
    assert {entry["group"]: entry["n"] for entry in board["groups"] if entry["n"]} == groups


async def test_the_points_of_the_chart_are_the_counts_of_now(system: System, firm: Company, time: Time) -> None:
    time.forward(timedelta(seconds=2))

    async def sampled() -> Any:
        board = await snapshot_of(system.client)
        points = {second: counts for second, *counts in board["points"]}
        return board if int(time().timestamp()) in points else None

    board = await eventually(sampled)
    figures = {figure["key"]: figure["value"] for figure in board["kpis"]}
    assert board["points"][-1] == [int(time().timestamp()), figures["in_progress"], figures["waiting"]]
    assert figures["in_progress"] > 0


async def test_a_calls_page_names_its_agent_and_says_what_stands_for_the_customer(
    system: System, firm: Company, time: Time
) -> None:
    sold = await ask(system.client, "/api/v1/calls", disposition="sale", partner=firm.partners[0].id, limit=1)
    (call,) = sold["items"]
    names = {agent.id: agent.name for agent in firm.partners[0].agents}
    path = str(httpx.URL(f"/calls/{call['call']}"))
    page = unescape(await page_of(system.client, path))
    agent = call["summary"]["agents"][-1]
    assert page.count(f"agent {names[agent]}") >= 2, "the facts name the agent"
    assert f"agent {agent}," not in page
    assert "Customer’s token" in page
    assert call["summary"]["customer_ref"] in page
    assert "as sent" in page
    key = (await system.client.post("/api/v1/keys", json={"name": "looks", "role": "manager"})).json()["key"]
    viewed = await system.client.get(path, headers={"authorization": f"Bearer {key}", "accept": "text/html"})
    assert viewed.status_code == 200
    assert "as sent" not in viewed.text, "what was sent is for administrators"


@pytest.mark.parametrize("path", ["/calls?", "/evidence?measure=offered&"])
@pytest.mark.parametrize("day", ["9999-12-31", "2026-02-30"])
async def test_a_day_that_no_calendar_goes_on_after_is_refused(path: str, day: str, system: System) -> None:
    assert (await system.client.get(f"{path}day={day}")).status_code == 422


async def test_every_figure_of_a_scorecard_page_opens_and_adds_up(system: System, firm: Company, time: Time) -> None:
    client, opened, day = system.client, 0, time().date()
    for partner in firm.partners:
        for agent in partner.agents[:2]:
            path = str(httpx.URL(f"/agents/{partner.id}/{agent.id}"))
            html = await page_of(client, f"{path}?from={day - timedelta(days=1)}&to={day}")
            links = [unescape(href) for href in re.findall(r'href="(/evidence[^"]*)"', html)]
            assert len(links) > 20
            for href in dict.fromkeys(links):
                await opened_page(client, href)
                opened += 1
    assert opened > 80


async def test_the_wallboards_agents_are_a_file_too(system: System, firm: Company) -> None:
    board = await snapshot_of(system.client)
    answer = await system.client.get("/wallboard?form=csv&sort=-sales")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == len(board["rows"]) + 1
    sold = [int(line.split(",")[7] or 0) for line in lines[1:]]
    assert sold == sorted((row[7] for row in board["rows"]), reverse=True)
    some = await system.client.get("/wallboard?form=csv&q=nobody+at+all")
    assert len(some.content.decode("utf-8-sig").splitlines()) == 1
