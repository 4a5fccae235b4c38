"""An agent's scorecard: the same figures as the tables', its place among the partner's agents, and whose it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.simulate.company import Company, company
from services.simulate.driver import requests_of, send, set_up_company
from services.simulate.stream import deliveries
from tests.e2e.systems import System, Time, ask
from tests.e2e.test_figures_open import evidence

pytestmark = pytest.mark.asyncio(loop_scope="module")
SEED = 7


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def firm(system: System, time: Time) -> Company:
    """Two partners with a day's traffic, of seven agents each."""
    found = company(SEED, partners=2, agents=14, connectors=("native", "twilio"))
    await set_up_company(system.client, found, demo=True)
    sent = await send(system.client, requests_of(found, deliveries(found, SEED, time() - timedelta(hours=30), time())))
    assert sent.answers.keys() == {202}
    await system.settled()
    return found


def period(time: Time) -> dict[str, str]:
    """Yesterday and today."""
    day = time().date()
    return {"from": (day - timedelta(days=1)).isoformat(), "to": (day + timedelta(days=1)).isoformat()}


async def cards(system: System, firm: Company, time: Time) -> list[dict[str, Any]]:
    return [
        await ask(system.client, f"/api/v1/scorecards/{partner.id}/{agent.id}", **period(time))
        for partner in firm.partners
        for agent in partner.agents
    ]


async def with_key(system: System, **said: Any) -> httpx.AsyncClient:
    """Somebody else's client."""
    key = (await system.client.post("/api/v1/keys", json={"name": "looks", **said})).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(system.app), base_url="http://tallyline", headers=headers)


async def test_a_card_says_what_the_tables_say(system: System, firm: Company, time: Time) -> None:
    sold = 0
    for card in await cards(system, firm, time):
        mine = {"partner": card["partner"], "agent": card["agent"]}
        table = await ask(
            system.client, "/api/v1/performance/agents", **period(time), **mine, kpis=",".join(card["figures"])
        )
        if not table["items"]:  # nobody at work
            assert card["figures"]["handled"]["value"] == 0
            assert card["states"] == []
            continue
        (row,) = table["items"]
        for key, figure in row["figures"].items():
            told = card["figures"][key]
            assert {name: told.get(name) for name in figure if name != "href"} == {
                name: value for name, value in figure.items() if name != "href"
            }
            assert told["label"]
            assert told["formula"]
        for key in ("handled", "contacts", "sales_reported"):
            whole = card["figures"][key]["value"]
            assert sum(day["figures"][key]["value"] for day in card["days"]) == whole
        assert len(card["days"]) == 2
        sold += card["figures"]["sales_reported"]["value"]
    assert sold > 0


async def test_every_figure_of_a_card_opens_and_adds_up(system: System, firm: Company, time: Time) -> None:
    opened = 0
    for card in (await cards(system, firm, time))[:3]:
        days = [figure for day in card["days"] for figure in day["figures"].values()]
        campaigns = [figure for one in card["campaigns"] for figure in one["figures"].values()]
        for figure in (*card["figures"].values(), *days, *campaigns):
            over, _ = await evidence(system.client, figure["href"])
            assert over == (figure["numerator"] or 0)
            opened += 1
        for result in card["results"]:
            assert (await evidence(system.client, result["href"]))[0] == result["n"]
    assert opened > 60


async def test_places_are_those_of_the_ranking(system: System, firm: Company, time: Time) -> None:
    placed = 0
    for card in await cards(system, firm, time):
        for key in ("conversion", "aht"):
            table = await ask(
                system.client, "/api/v1/performance/agents", **period(time), partner=card["partner"], sort=f"-{key}",
                kpis=key, limit=500,
            )  # fmt: skip
            nobody = {"rank": None, "ranked": 0, "peers": None}
            row = next((item for item in table["items"] if item["agent"] == card["agent"]), nobody)
            told = card["figures"][key]
            assert (told["rank"], told["ranked"], told["peers"]) == (row["rank"], row["ranked"], row["peers"])
            placed += told["rank"] is not None
    assert placed > 0


async def test_states_follow_each_other_and_stay_within_the_days(system: System, firm: Company, time: Time) -> None:
    seen = 0
    for card in await cards(system, firm, time):
        spans = [(datetime.fromisoformat(s["since"]), datetime.fromisoformat(s["until"])) for s in card["states"]]
        assert all(since < until for since, until in spans)
        assert all(one[1] <= other[0] for one, other in pairwise(spans))
        seen += len(spans)
    assert seen > 20


async def test_a_card_is_for_the_agent_and_for_who_looks_after_it(system: System, firm: Company, time: Time) -> None:
    one, other = firm.partners
    mine, another = one.agents[0], one.agents[1]
    paths = [f"/api/v1/scorecards/{p}/{a}" for p, a in ((one.id, mine.id), (one.id, another.id), (other.id, "x"))]

    async def seen(**said: Any) -> list[int]:
        async with await with_key(system, **said) as client:
            return [(await client.get(path, params=period(time))).status_code for path in paths]

    assert await seen(role="agent", partners=[one.id], agent=mine.id) == [200, 404, 404]
    assert await seen(role="partner", partners=[one.id]) == [200, 200, 404]
    assert await seen(role="supervisor") == [200, 200, 404]
    assert await seen(role="accountant") == [403, 403, 403]
    async with await with_key(system, role="agent", partners=[one.id], agent=mine.id) as client:
        card = await ask(client, paths[0], **period(time))
    told = [*card["figures"].values(), *(figure for day in card["days"] for figure in day["figures"].values())]
    assert {figure["href"] for figure in told} == {None}
    names = {agent.name for agent in one.agents} - {mine.name}
    assert not [name for name in names if name in str(card)]


async def test_a_period_that_is_none_is_refused(system: System, firm: Company) -> None:
    path = f"/api/v1/scorecards/{firm.partners[0].id}/{firm.partners[0].agents[0].id}"
    for query in ("from=2026-11-18&to=2026-11-18", "from=2026-01-01&to=2026-11-18", "from=2026-02-30&to=2026-03-01"):
        assert (await system.client.get(f"{path}?{query}")).status_code == 422, query
