"""The panel of an agent who dials: the next lead by the rules, sold to or called back when it was promised."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Route, expect

from shared.clock import now
from tests.browser.shop import ZONE, Shop, context, page, shop

__all__ = ["context", "page", "shop"]

LIST = "adria:autumn"
FILE = "phone,name,city,priority\n+385911000001,Ana Anić,Zagreb,9\n+385911000002,Bruno Babić,Split,5\n"
REFUSED = ("status of 409",)
"""What the browser says when there is no lead."""
ALWAYS = {"days": [1, 2, 3, 4, 5, 6, 7], "starts": "00:00", "ends": "24:00"}


def dialling(**more: Any) -> dict[str, Any]:
    rules = {"dialling": [{"country": "HR", "hours": [ALWAYS], **more}]}
    return {"rules": rules, "reason": "The law."}


@pytest.fixture(scope="module", autouse=True)
def leads(shop: Shop) -> None:
    """Two people to call, and rules by which they may be called today at any hour."""
    shop.done("PUT", "/selling-rules/company", dialling())
    hours = {"from_minute": 0, "until_minute": 1440, "weekdays": [1, 2, 3, 4, 5, 6, 7]}
    body = {"name": "Autumn", "country": "HR", "zone": "Europe/Zagreb", "campaign": "spring", "rules": hours}
    shop.done("PUT", f"/lead-lists/{LIST}", body)
    shop.until(f"/lead-lists/{LIST}")
    shop.done("POST", f"/lead-lists/{LIST}/imports", content=FILE.encode())
    shop.eventually(lambda: shop.done("GET", f"/lead-lists/{LIST}")["leads"] == {"fresh": 2})


def dials(shop: Shop, call: str, customer: str) -> None:
    """The platform dials the customer for the agent."""
    numbers = {"customer_number": customer, "our_number": "+38513334444"}
    shop.tell(call, "call.started", direction="outbound", phase="dialing", agent="a7", campaign="spring", **numbers)
    shop.tell(call, "call.answered", answered_by="human", agent="a7", leg="l1")


def test_an_agent_dials_the_next_lead_and_sells(page: Page, shop: Shop) -> None:
    told = page.locator("#lead-told")
    expect(told).to_have_text("None: the next one comes by the rules of the campaigns.")
    page.keyboard.press("n")
    expect(told).to_contain_text("Ana Anić")
    expect(told).to_contain_text("+385 91 *** **01")
    expect(page.locator("#state")).to_have_text("Dial the lead")
    assert "911000001" not in page.content(), "the number is masked"
    page.reload()
    expect(told).to_contain_text("Ana Anić")
    expect(page.locator("#lead-left")).to_contain_text("yours for 19:")
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    dials(shop, "d-1", "+385911000001")
    expect(page.locator("#state")).to_have_text("On call")
    expect(page.locator("#campaign")).to_have_text("Spring")
    expect(page.locator("#walk .say")).to_have_text("Dobar dan, ovdje Ivo.")
    page.get_by_role("button", name="Take Collagen").first.click()
    expect(page.locator("#gross")).to_have_text("€39.90")
    wide, high, window = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerHeight]"
    )
    assert (wide, high <= window) == (1280, True), "one screen"
    page.locator("h1").click()
    page.keyboard.press("o")
    expect(page.locator("#said")).to_contain_text("Ordered: adria:")
    shop.end("d-1")
    expect(page.locator("#state")).to_have_text("Ended")
    page.get_by_label("Result of the call").select_option("sale")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#said")).to_have_text("Result kept: Sale")
    expect(told).to_contain_text("None:")
    page.get_by_label("Result of the call").select_option("sale_upsell")
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(page.locator("#said")).to_have_text("Keep the result of the call first.")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#said")).to_have_text("Result kept: Sale with upsell")
    shop.eventually(lambda: shop.done("GET", f"/lead-lists/{LIST}")["leads"] == {"done": 1, "fresh": 1})


def test_a_callback_is_promised_kept_through_a_reload_and_given_when_it_is_due(page: Page, shop: Shop) -> None:
    told = page.locator("#lead-told")
    page.keyboard.press("n")
    expect(told).to_contain_text("Bruno Babić")
    due = (now().astimezone(ZONE) + timedelta(seconds=100)).replace(second=0, microsecond=0)
    page.keyboard.press("c")
    page.get_by_label("When").fill(f"{due:%Y-%m-%dT%H:%M}")
    expect(page.get_by_label("By the clock of")).to_have_value("Europe/Zagreb")
    page.get_by_label("What to know then").fill("After his lunch")
    page.reload()
    expect(page.get_by_label("What to know then")).to_have_value("After his lunch")
    page.keyboard.press("c")
    page.get_by_role("button", name="Promise it").click()
    expect(page.locator("#said")).to_contain_text("Promised: ")
    expect(page.locator("#desk")).to_be_hidden()
    expect(page.locator("#promised li")).to_have_count(1)
    expect(page.locator("#promised li")).to_contain_text("+385 91 *** **02")
    shop.eventually(lambda: now() >= due, within_s=120)
    page.locator("h1").click()
    page.keyboard.press("n")
    expect(told).to_contain_text("Bruno Babić")
    expect(told.locator("q")).to_have_text("After his lunch")
    page.get_by_label("Result of the call").select_option("no_answer")
    page.get_by_role("button", name="Keep").click()
    expect(told).to_contain_text("None:")
    expect(page.locator("#said")).to_have_text("Result kept: No answer")
    shop.eventually(lambda: shop.done("GET", f"/lead-lists/{LIST}")["leads"] == {"done": 1, "recall": 1})
    figures = shop.done("GET", f"/callbacks?partner=adria&month={due.astimezone(UTC):%Y-%m}")["items"]
    assert [(one["promised"], one["kept"]) for one in figures] == [(1, 1)]


def test_the_customer_of_a_call_in_is_promised_a_callback_by_their_own_clock(page: Page, shop: Shop) -> None:
    shop.ring("in-1")
    shop.answer("in-1")
    expect(page.locator("#state")).to_have_text("On call")
    due = now().astimezone(ZONE) + timedelta(days=2)
    page.locator("h1").click()
    page.keyboard.press("c")
    page.get_by_label("When").fill(f"{due:%Y-%m-%d}T12:30")
    page.get_by_label("Anybody may do it").check()
    page.get_by_role("button", name="Promise it").click()
    expect(page.locator("#said")).to_contain_text("12:30")
    expect(page.get_by_label("Result of the call")).to_have_value("callback")
    shop.end("in-1")
    shop.eventually(lambda: shop.done("GET", "/lead-lists/adria:callbacks-spring")["leads"] == {"callback": 1})


MINE = "**/api/v1/panel/callbacks"


def behind(route: Route) -> None:
    """A list of promises that knows of none yet."""
    if route.request.method == "GET":
        route.fulfill(json={"items": [], "next": None})
    else:
        route.continue_()


def listed_again(page: Page) -> None:
    """The panel looks at the list whenever a lead was asked for."""
    page.locator("h1").click()
    with page.expect_response(lambda found: "/panel/callbacks" in found.url):
        page.keyboard.press("n")


def test_a_promise_is_shown_from_its_own_answer_until_the_list_has_it(page: Page, shop: Shop) -> None:
    shop.ring("in-2")
    shop.answer("in-2")
    expect(page.locator("#state")).to_have_text("On call", timeout=5000)
    promised = page.locator("#promised li")
    expect(promised).to_have_count(0)
    page.route(MINE, behind)
    due = now().astimezone(ZONE) + timedelta(days=2)
    page.locator("h1").click()
    page.keyboard.press("c")
    page.get_by_label("When").fill(f"{due:%Y-%m-%d}T12:45")
    page.get_by_role("button", name="Promise it").click()
    expect(promised).to_have_count(1)
    expect(promised).to_contain_text("12:45")
    expect(promised).to_contain_text("+385 91 *** **78")
    shop.end("in-2")
    expect(page.locator("#state")).to_have_text("Ended", timeout=5000)
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#said")).to_have_text("Result kept: Call back, myself")
    listed_again(page)
    expect(promised).to_have_count(1)
    page.unroute(MINE)
    shop.eventually(lambda: len(page.request.get(f"{shop.base}/api/v1/panel/callbacks").json()["items"]) == 1)
    listed_again(page)
    expect(promised).to_have_count(1)
    page.route(MINE, behind)
    listed_again(page)
    expect(promised).to_have_count(0)


def test_nobody_is_given_outside_the_hours_and_the_agent_is_told_why(page: Page, shop: Shop) -> None:
    shop.done("PUT", "/selling-rules/company", dialling(closed=[now().astimezone(ZONE).date().isoformat()]))
    shop.eventually(lambda: len(shop.done("GET", "/selling-rules/company")["versions"]) == 2)
    try:
        page.keyboard.press("n")
        expect(page.locator("#said")).to_contain_text("Nobody is called in HR on")
    finally:
        shop.done("PUT", "/selling-rules/company", dialling())
