"""Hot leads and the work list in a browser, on a whole server: one taken against the stopwatch, one item closed."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Route, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]


@pytest.fixture(scope="module")
def named(shop: Shop) -> Shop:
    """The agent has a name."""
    shop.done("POST", "/agents", {"partner_id": "adria", "agent": "a7", "name": "Jelena Marić"})
    return shop


def opened(office: Page, address: str) -> None:
    """Open a page, once agents' names are known to it: they are looked up every ten seconds."""
    for _ in range(100):
        office.goto(address)
        if "Jelena" in (office.locator("#told").text_content() or ""):
            return
        office.wait_for_timeout(200)
    raise AssertionError("nobody has a name")


def asked(shop: Shop, call: str) -> dict[str, Any]:
    """A call in progress whose customer is handed over."""
    shop.ring(call)
    shop.answer(call)
    body = {"partner": "adria", "call": f"adria-switch:{call}", "agent": "a7", "points": ["large_order"]}
    for _ in range(100):
        answer = shop.http.post("/api/v1/handovers", json={**body, "text": "Twelve <b>boxes</b>."})
        if answer.status_code == 202:
            return dict(answer.json())
        assert answer.json()["type"] == "/problems/unknown_call", answer.text
    raise AssertionError("the call did not come")


def test_a_hot_lead_is_taken_against_its_stopwatch(office: Page, named: Shop) -> None:
    shop = named
    opened(office, f"{shop.base}/handovers")
    expect(office.locator("#none")).to_have_text("Nobody waits.")
    expect(office.locator("#formula")).to_have_text("No hot lead in these days.")
    asked(shop, "h-1")
    waiting = office.locator("#waiting tbody tr")
    expect(waiting).to_have_count(1, timeout=5000)
    cells = waiting.locator("td")
    expect(cells.nth(1)).to_have_text("Adria")
    expect(cells.nth(2)).to_have_text("Jelena Marić")
    expect(cells.nth(3)).to_have_text("Large order")
    before = cells.nth(4).inner_text()
    assert before.startswith(("4:5", "5:00")), before
    expect(cells.nth(4)).not_to_have_text(before, timeout=3000)
    assert Axe().run(office).response["violations"] == []

    office.get_by_role("button", name="Take the customer of adria-switch:h-1").click()
    mine = office.locator("#mine li")
    expect(mine).to_contain_text("+385912345678", timeout=5000)
    expect(mine.locator("blockquote")).to_have_text("Twelve <b>boxes</b>.")
    expect(waiting).to_have_count(0, timeout=5000)
    expect(office.locator("#times tbody td").nth(1)).to_have_text("1", timeout=5000)
    assert Axe().run(office).response["violations"] == []
    office.get_by_label("Why was the customer of adria-switch:h-1 lost?").select_option("price")
    office.get_by_role("button", name="Lost: adria-switch:h-1").click()
    expect(office.locator("#none-mine")).to_have_text("You have taken nobody.")
    for _ in range(100):
        closed = shop.http.get("/api/v1/handovers/adria:adria-switch:h-1").json()
        if closed["state"] == "closed":
            break
    assert closed["handover"]["closed"]["reason"] == "price"


ITEM = {
    "work": "adria:no_result:adria-switch:w-1",
    "partner": "adria",
    "kind": "no_result",
    "subject": "adria-switch:w-1",
    "owner": "partner",
    "due_at": "2026-03-04T21:10:00Z",
    "overdue": True,
    "agent": "a7",
    "taken_by": None,
}
ORDER = ITEM | {
    "work": "w2",
    "agent": "a9",
    "kind": "order_without_call",
    "subject": "order adria:<b>9</b>",
    "overdue": False,
}


def test_an_item_of_the_work_list_is_closed_with_a_reason(office: Page, named: Shop) -> None:
    shop = named
    opened(office, f"{shop.base}/work")
    expect(office.locator("#none")).to_have_text("Nothing has to be looked at.")
    assert Axe().run(office).response["violations"] == []

    # Items need half an hour to come: what the list answers then is answered here.
    said: list[tuple[str, Any]] = []
    listed = {"items": [ITEM, ORDER], "next": None}

    def answer(route: Route) -> None:
        request = route.request
        said.append((request.url.removeprefix(f"{shop.base}/api/v1/work"), request.post_data_json))
        route.fulfill(json=listed if request.method == "GET" else {"stream": "work-w", "version": 2})

    office.route("**/api/v1/work**", answer)
    office.get_by_label("Owner").select_option("partner")
    expect(office.locator("#work tbody tr")).to_have_count(2)
    assert said[0] == ("?limit=500&owner=partner", None)
    rows = office.locator("#work tbody tr")
    overdue, order = (rows.nth(place).locator("td, th").all_inner_texts()[:8] for place in (0, 1))
    assert overdue == [
        "Call without a result", "adria-switch:w-1", "Adria", "Jelena Marić", "The partner", "2026-03-04 21:10",
        "Overdue", "Nobody yet",
    ]  # fmt: skip
    assert (order[1], order[3], order[6]) == ("order adria:<b>9</b>", "a9", "In time")
    assert Axe().run(office).response["violations"] == []
    close = office.get_by_role("button", name="Close: adria-switch:w-1")
    close.click()
    assert all(body is None for _, body in said), "a reason is asked for first"
    office.get_by_label("Why is nothing more to be done about adria-switch:w-1?").fill("The line was cut.")
    close.click()
    expect(rows).to_have_count(1)
    assert ("/adria%3Ano_result%3Aadria-switch%3Aw-1/close", {"reason": "The line was cut."}) in said
