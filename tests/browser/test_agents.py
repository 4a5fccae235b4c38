"""The pages of agents in a browser: scorecard, own page and paper, for everyone and for nobody else."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watched
from tests.browser.shop import NUMBERS, Shop, context, lead_of, office, page, shop, today

__all__ = ["context", "office", "page", "shop"]

HOSTILE = "<script>alert(1)</script> =cmd()"
AGENTS = {"a7": "Ivo", "a/8 ü": HOSTILE, "a1": "Ana", "a2": "Mia", "a3": "Pero", "a4": "Luka"}
CALLS = 21
REFUSED = ("status of 404",)


@pytest.fixture(scope="module")
def floor(shop: Shop) -> Shop:
    """Six agents of one partner with a day's calls, and another partner with one agent."""
    shop.done("POST", "/partners", {"partner_id": "atlas", "name": "Atlas", "time_zone": "Europe/Zagreb"})
    shop.done("POST", "/agents", {"partner_id": "atlas", "agent": "z1", "name": "Zora"})
    for agent, name in AGENTS.items():
        shop.done("POST", "/agents", {"partner_id": "adria", "agent": agent, "name": name})
    for place, agent in enumerate(AGENTS):
        for n in range(CALLS):
            call = f"{place}-{n}"
            shop.tell(
                call, "call.started", direction="inbound", phase="ringing", agent=agent, campaign="spring", **NUMBERS
            )
            shop.tell(call, "call.answered", answered_by="human", agent=agent, leg="l1")
            shop.tell(call, "call.ended", scope="call", reason="completed", ended_by="customer")
            if n <= place:
                shop.tell(call, "sale.recorded", agent=agent, leg="l1", product="KOL-30", quantity=1)
            if n == 0:
                shop.tell(call, "call.dispositioned", agent=agent, leg="l1", native="SALE", wrap_ms=30_000)
    shop.tell("0-0", "agent.state_changed", agent="a7", state="available")
    shop.tell("0-1", "agent.state_changed", agent="a7", state="on_call")
    shop.at_rest()
    return shop


@pytest.fixture
def leader(browser: Browser, floor: Shop) -> Iterator[Page]:
    """The other partner's lead."""
    with lead_of(browser, floor, "atlas") as page:
        yield page


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)


def fits(page: Page) -> None:
    """Nothing scrolls sideways, and axe finds nothing."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window


def test_the_wallboard_leads_to_a_scorecard_whose_figures_open(office: Page, floor: Shop) -> None:
    office.goto(f"{floor.base}/wallboard?partner=adria")
    office.locator("#table").get_by_role("link", name="Luka").click()
    expect(office.get_by_role("heading", level=1)).to_have_text("Luka")
    card = office.locator("[data-figure=sales_reported]")
    expect(card.locator(".value")).to_have_text("6")
    expect(card).to_contain_text("place 1 of 6")
    expect(card.locator("svg.strip")).to_have_attribute(
        "aria-label", re.compile("Sales reported: yours 6, peers: median")
    )
    expect(office.locator("[data-figure=conversion] .value")).to_have_text("28.6 %")
    expect(office.locator("#calls tbody tr")).to_have_count(CALLS)
    card.get_by_label("What is counted: Sales reported").click()
    expect(card.locator("details p")).to_be_visible()
    expect(card.locator("details p")).to_contain_text("sales that the telephony reports; n 6")
    card.locator(".value a").click()
    expect(office.locator("#together")).to_have_text("6")
    office.locator("tbody th a").first.click()
    expect(office.get_by_role("heading", name="Facts published, each once")).to_be_visible()
    expect(office.get_by_role("link", name="as sent").nth(2)).to_be_visible()


def test_every_figure_of_the_page_adds_up_from_its_calls(office: Page, floor: Shop) -> None:
    office.goto(f"{floor.base}/agents/adria/a3")
    links = office.locator("[data-figure] .value a, #days td a, #campaigns td a, .results a").all()
    shown = [(link.inner_text(), link.get_attribute("href") or "") for link in links]
    assert len(shown) > 30
    for text, href in shown:
        office.goto(floor.base + href)
        big = office.locator(".sum b").all_inner_texts()
        if office.locator("#together").count():
            assert office.locator("#together").inner_text() == big[0], href
            amounts = [number(cell) for cell in office.locator("tbody td.n").all_inner_texts()]
            assert sum(amounts) == number(big[0]), href
        else:
            assert number(big[0]) == 0, href
        if len(big) == 1:
            assert big[0] == text, href
        elif text.endswith("%"):
            assert big[-1] == text, href


def test_names_that_try_to_break_out_are_names(office: Page, floor: Shop) -> None:
    office.goto(f"{floor.base}/wallboard?partner=adria")
    office.locator("#table").get_by_role("link", name=HOSTILE).click()
    expect(office.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(office.locator("[data-figure=handled] .value")).to_have_text(str(CALLS))
    office.get_by_role("link", name="Print").click()
    expect(office.get_by_role("heading", level=1)).to_have_text(f"Scorecard: {HOSTILE}")


@pytest.mark.parametrize("width", [390, 1440])
def test_pages_of_agents_are_for_everyone_also_without_script(browser: Browser, floor: Shop, width: int) -> None:
    for script in (True, False):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, bypass_csp=True, java_script_enabled=script
        )
        watched = Watched(context, floor.base)
        page = context.new_page()
        page.goto(floor.base + floor.done("POST", "/sign-in-links")["path"])
        for path in ("/agents/adria/a7", "/print/scorecard/adria/a7", "/agents/adria/a7?from=2026-01-01&to=2026-01-02"):
            page.goto(floor.base + path)
            expect(page.get_by_role("heading", level=1)).to_contain_text("Ivo")
            if script:
                fits(page)
        if not script:
            page.goto(f"{floor.base}/agents/adria/a7")
            page.get_by_role("link", name="Yesterday").click()
            expect(page.locator("[data-figure=handled] .value")).to_have_text("0")
        context.close()
        assert (watched.complaints, watched.elsewhere) == ([], [])


def test_an_agent_sees_its_own_figures_beside_its_peers_and_no_other_name(page: Page, floor: Shop) -> None:
    page.get_by_role("link", name="My figures").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My figures")
    expect(page.locator("[data-figure=sales_reported] .value")).to_have_text("1")
    expect(page.locator("[data-figure=sales_reported]")).to_contain_text("place 6 of 6")
    expect(page.get_by_role("link", name="Write an idea")).to_be_visible()
    expect(page.locator("#due")).to_contain_text("Nothing to be learned.")
    text = page.content()
    for name in AGENTS.values():
        assert name == "Ivo" or name not in unescape(text)
    assert page.locator("[data-figure] .value a").count() == 0
    page.goto(f"{floor.base}/agents/adria/a1")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Ana")


def test_a_partner_sees_its_own_agents_and_no_others(leader: Page, floor: Shop) -> None:
    leader.goto(f"{floor.base}/agents/atlas/z1")
    expect(leader.get_by_role("heading", level=1)).to_have_text("Zora")
    for path in ("/agents/adria/a7", "/print/scorecard/adria/a7", "/agents/adria/a7?table=figures"):
        answer = leader.goto(floor.base + path)
        assert answer is not None
        assert answer.status == 404
        assert "Ivo" not in leader.content()
    refused = leader.goto(f"{floor.base}/me")
    assert refused is not None
    assert refused.status == 403


def test_every_table_is_a_file_too_and_none_holds_a_formula(floor: Shop) -> None:
    for table in ("figures", "campaigns", "days", "results"):
        answer = floor.http.get("/agents/adria/a7", params={"table": table})
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert len(rows) > 1
        assert not [cell for row in rows for cell in row if cell[:1] in "=+@" and cell]
        book = floor.http.get("/agents/adria/a7", params={"table": table, "form": "xlsx"})
        assert book.content.startswith(b"PK")
    calls = floor.http.get("/calls", params={"partner": "adria", "agent": "a7", "form": "csv"}).content.decode(
        "utf-8-sig"
    )
    assert len(calls.splitlines()) == CALLS + 1
    behind = {"measure": "handled.numerator", "partner": "adria", "day": today().isoformat(), "form": "csv"}
    evidence = list(csv.DictReader(io.StringIO(floor.http.get("/evidence", params=behind).content.decode("utf-8-sig"))))
    assert sum(int(row["amount"]) for row in evidence) == CALLS * len(AGENTS)


def test_paper_holds_what_the_screen_shows(browser: Browser, floor: Shop) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(floor.base + floor.done("POST", "/sign-in-links")["path"])
    page.goto(f"{floor.base}/print/scorecard/adria/a4")
    shown = page.locator("#figures tbody tr").all_inner_texts()
    page.goto(f"{floor.base}/agents/adria/a4")
    for line, card in zip(shown, page.locator(".card-of").all(), strict=True):
        assert line.split("\t")[1] == card.locator(".value").inner_text()
    context.close()
