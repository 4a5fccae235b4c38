"""Hot leads and the work list in a browser, on a whole server: one taken against the stopwatch, one item closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, office, serving

__all__ = ["office"]

pytestmark = pytest.mark.timeout(300)
GRACE_S = 60
"""As short as it may be; nothing is missing before."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The agent has a name, which the pages know after a while, and of two calls no result is told."""
    with serving(tmp_path_factory, TALLYLINE_WORK_GRACE_MINUTES=str(GRACE_S // 60)) as opened:
        opened.set_up()
        opened.done("POST", "/agents", {"partner_id": "adria", "agent": "a7", "name": "Jelena Marić"})
        for call in ("w-1", "w-2"):
            opened.ring(call)
            opened.answer(call)
            opened.end(call)
        page = {"accept": "text/html"}
        opened.eventually(lambda: "Jelena" in opened.http.get("/agents/adria/a7", headers=page).text, 60)
        yield opened


def asked(shop: Shop, call: str) -> dict[str, Any]:
    """A call in progress whose customer is handed over."""
    shop.ring(call)
    shop.answer(call)
    body = {"partner": "adria", "call": f"adria-switch:{call}", "agent": "a7", "points": ["large_order"]}

    def taken() -> dict[str, Any] | None:
        answer = shop.http.post("/api/v1/handovers", json={**body, "text": "Twelve <b>boxes</b>."})
        if answer.status_code == 202:
            return dict(answer.json())
        assert answer.json()["type"] == "/problems/unknown_call", answer.text
        return None

    return dict(shop.eventually(taken))


def test_a_hot_lead_is_taken_against_its_stopwatch(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/handovers")
    expect(office.locator("#none")).to_have_text("Nobody waits.")
    expect(office.locator("#formula")).to_have_text("No hot lead in these days.")
    asked(shop, "h-1")
    waiting = office.locator("#waiting tbody tr")
    expect(waiting).to_have_count(1)
    cells = waiting.locator("td")
    expect(cells.nth(1)).to_have_text("Adria")
    expect(cells.nth(2)).to_have_text("Jelena Marić")
    expect(cells.nth(3)).to_have_text("Large order")
    before = cells.nth(4).inner_text()
    assert before.startswith(("4:", "5:00")), before
    expect(cells.nth(4)).not_to_have_text(before)
    assert Axe().run(office).response["violations"] == []

    office.get_by_role("button", name="Take the customer of adria-switch:h-1").click()
    mine = office.locator("#mine li")
    expect(mine).to_contain_text("+385912345678")
    expect(mine.locator("blockquote")).to_have_text("Twelve <b>boxes</b>.")
    expect(waiting).to_have_count(0)
    expect(office.locator("#times tbody td").nth(1)).to_have_text("1")
    assert Axe().run(office).response["violations"] == []
    office.get_by_label("Why was the customer of adria-switch:h-1 lost?").select_option("price")
    office.get_by_role("button", name="Lost: adria-switch:h-1").click()
    expect(office.locator("#none-mine")).to_have_text("You have taken nobody.")
    shop.at_rest()
    closed = shop.http.get("/api/v1/handovers/adria:adria-switch:h-1").json()
    assert (closed["state"], closed["handover"]["closed"]["reason"]) == ("closed", "price")


def test_items_of_the_work_list_are_taken_and_closed_with_a_reason(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/work?partner=adria")
    rows = office.locator("#work tbody tr")
    expect(rows).to_have_count(2, timeout=(GRACE_S + 120) * 1000)  # by themselves: the page looks again
    assert Axe().run(office).response["violations"] == []
    cells = rows.filter(has_text="adria-switch:w-1").locator("td, th").all_inner_texts()
    assert (*cells[:5], *cells[6:8]) == (
        "Call without a result", "adria-switch:w-1", "Adria", "Jelena Marić", "The partner", "In time", "Nobody yet",
    )  # fmt: skip
    reason = office.get_by_label("Why is nothing more to be done about adria-switch:w-1?")
    close = office.get_by_role("button", name="Close: adria-switch:w-1")
    close.click()
    assert reason.evaluate("(field) => !field.validity.valid"), "a reason is asked for first"
    reason.fill("The line was cut.")
    office.get_by_role("button", name="Take adria-switch:w-2").click()
    expect(office.locator("#said")).to_have_text("It is yours now.")
    expect(rows.filter(has_text="adria-switch:w-2")).not_to_contain_text("Nobody yet")
    expect(reason).to_have_value("The line was cut.")  # what was typed elsewhere stays
    close.click()
    expect(office.locator("#said")).to_have_text("Closed.")
    expect(rows).to_have_count(1)
    shop.at_rest()
    told = shop.http.get("/api/v1/work/adria:no_result:adria-switch:w-1").json()
    assert told["state"] == "closed"
    assert "The line was cut." in str(told["history"])
    office.get_by_label("Owner").select_option("company")
    expect(office.locator("#none")).to_have_text("Nothing has to be looked at.")
    assert "owner=company" in office.url
