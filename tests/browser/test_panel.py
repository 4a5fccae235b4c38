"""The panel in a browser, on a whole server: it rings, the agent sells with the keyboard, and says the result."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from shared.clock import now
from tests.browser.shop import Shop, context, office, page, shop, today

__all__ = ["context", "office", "page", "shop"]


HOT_LEAD_S = 25
"""So long the contract of these tests gives the company's staff."""


@pytest.fixture(scope="module", autouse=True)
def paid(shop: Shop) -> None:
    """The partner has a contract, and its agents a plan by which they are paid."""
    shop.sign(HOT_LEAD_S)
    rates = [
        {"name": "base", "per": "order", "fixed_minor": 200},
        {"name": "upsell", "per": "line", "percent": "5", "kinds": ["upsell"]},
    ]
    plan, starts = "/commissions/adria/plans/global", today().replace(day=1).isoformat()
    shop.done("PUT", f"{plan}/draft", {"terms": {"currency": "EUR", "rates": rates}, "reason": "As agreed."})
    shop.done("POST", f"{plan}/publication", {"starts": starts, "reason": "As agreed."})


def test_an_agent_sells_with_the_keyboard(page: Page, shop: Shop) -> None:
    expect(page.locator("#state")).to_have_text("No call. The screen changes when one rings.")
    expect(page.locator("#desk")).to_be_hidden()
    shop.ring("c-1")
    expect(page.locator("#state")).to_have_text("Rings")
    expect(page.locator("#campaign")).to_have_text("Spring")
    assert "912345678" not in page.content(), "the number is masked"
    shop.answer("c-1")
    expect(page.locator("#state")).to_have_text("On call")
    expect(page.locator("#clock")).to_have_text(re.compile(r"^0:(0[2-9]|[1-5]\d)$"))
    wide, high, window = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerHeight]"
    )
    assert (wide, high <= window) == (1280, True), "one screen"

    expect(page.locator("#offers li")).to_have_count(1)
    say = page.locator("#walk .say")
    expect(say).to_have_text("Dobar dan, ovdje Ivo.")
    page.get_by_role("button", name="Go on").click()
    page.reload()
    expect(say).to_have_text("Jeste li čitali o kolagenu?")
    page.get_by_role("button", name="Jesam").click()
    expect(say).to_have_text("Collagen stoji €39.90.")
    page.get_by_role("button", name="Accepted").click()
    expect(page.locator("#gross")).to_have_text("€39.90")
    page.get_by_label("Koliko imate godina?").fill("41")
    page.get_by_role("button", name="Go on").click()
    expect(say).to_have_text("The script ends: sale")
    expect(page.get_by_label("Result of the call")).to_have_value("sale")

    page.keyboard.press("q")
    expect(page.locator("#script-title")).to_have_text("Survey")
    expect(say).to_have_text("Gdje ste čuli za nas?")
    page.keyboard.press("Enter")
    expect(say).to_have_text("Što biste još željeli?")
    page.keyboard.type("Ana kaže: kremu")
    page.reload()
    expect(page.get_by_label("Što biste još željeli?")).to_have_value("Ana kaže: kremu")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    expect(say).to_have_text("The survey is done.")
    expect(page.get_by_label("Result of the call")).to_have_value("sale")
    page.get_by_role("button", name="Back to the script").click()
    expect(say).to_have_text("The script ends: sale")

    page.locator("h1").click()  # away from the script: digits take offers
    expect(page.locator("#offers li span").first).to_contain_text("Vitamins × 1 · 20 % less")
    page.keyboard.press("1")
    expect(page.locator("#lines li")).to_have_count(2)
    expect(page.locator("#gross")).to_have_text("€71.83")

    page.get_by_text("What was said").click()
    page.get_by_label("Large order").check()
    page.locator("h1").click()
    page.keyboard.press("h")
    expect(page.locator("#stopwatch")).to_contain_text("Our staff have 0:")
    page.reload()
    expect(page.locator("#stopwatch")).to_contain_text("Our staff have 0:")
    expect(page.locator("#hand")).to_be_disabled()
    (watch,) = shop.eventually(lambda: shop.done("GET", "/handovers/live")["items"])
    assert (watch["call"], watch["points"]) == ("adria-switch:c-1", ["large_order"])
    shop.done("POST", f"/handovers/{watch['handover']}/take")
    expect(page.locator("#stopwatch")).to_have_text("Our staff have taken over")
    expect(page.locator("#lines li")).to_have_count(2)
    expect(page.locator("#gross")).to_have_text("€71.83")
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
    page.keyboard.press("o")
    expect(page.locator("#said")).to_contain_text("Ordered: adria:")
    expect(page.locator("#lines")).to_have_text("Nothing in the order")

    shop.tell("c-1", "sale.recorded", agent="a7", leg="l1", sku="KOL-30", amount_minor=7183, currency="EUR")
    shop.end("c-1")
    expect(page.locator("#state")).to_have_text("Ended")
    page.reload()
    expect(page.locator("#state")).to_have_text("Ended")
    page.keyboard.press("r")
    page.keyboard.type("Sale with u")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#said")).to_have_text("Result kept: Sale with upsell")

    def script() -> dict[str, Any]:
        return dict(shop.done("GET", "/scripts/collagen/figures")["nodes"])

    shop.eventually(lambda: script()["hello"]["sold"])
    shop.eventually(lambda: shop.done("GET", "/calls/adria-switch:c-1")["summary"]["disposition"] == "sale_upsell")
    shop.at_rest()
    nodes = script()
    told = {node: (one["reached"], one["sold"]) for node, one in nodes.items()}
    assert told == dict.fromkeys(("hello", "heard", "offer", "age", "sold"), (1, 1))
    (order,) = shop.done("GET", "/orders?partner=adria")["items"]
    lines = [(line["sku"], line["kind"], line.get("rule")) for line in order["placed"]["lines"]]
    assert lines == [("KOL-30", "main", "spring/1#box"), ("VIT-60", "upsell", "spring/1#second-box")]
    assert (order["placed"]["agent"], order["placed"]["call"]) == ("a7", "adria-switch:c-1")
    day = now().date()
    period = f"from={day - timedelta(days=1)}&to={day + timedelta(days=1)}&time_zone=UTC"
    found = shop.done("GET", f"/performance/agents?{period}&partner=adria&kpis=sales_confirmed,handled")
    assert found["totals"]["figures"]["sales_confirmed"]["value"] == 1


def test_a_hot_lead_that_nobody_takes_is_late_on_both_sides(page: Page, office: Page, shop: Shop) -> None:
    shop.ring("c-late")
    shop.answer("c-late")
    expect(page.locator("#state")).to_have_text("On call")
    page.locator("h1").click()
    page.keyboard.press("h")
    expect(page.locator("#stopwatch")).to_contain_text("Our staff have 0:")
    office.goto(f"{shop.base}/handovers")
    expect(page.locator("#stopwatch")).to_contain_text("Late by", timeout=(HOT_LEAD_S + 60) * 1000)
    expect(page.locator("#stopwatch")).to_have_attribute("data-state", "late")
    expect(office.locator("#waiting tbody tr")).to_contain_text("Missed")
    office.get_by_role("button", name="Take the customer of adria-switch:c-late").click()
    expect(page.locator("#stopwatch")).to_have_text("Our staff have taken over")
    shop.end("c-late")

    def measured() -> tuple[int, int, int]:
        day = now().date()
        period = f"from={day - timedelta(days=1)}&to={day + timedelta(days=1)}"
        (found,) = shop.done("GET", f"/handovers/times?{period}")["items"]
        return found["times"]["asked"], found["times"]["in_time"], found["times"]["taken_late"]

    shop.eventually(lambda: measured() == (2, 1, 1))


def test_the_sale_arrives_on_the_wallboard_in_the_statement_and_in_the_survey(office: Page, shop: Shop) -> None:
    shop.at_rest()
    office.goto(f"{shop.base}/wallboard?partner=adria")
    for kpi, value in (("sales", "1"), ("confirmed", "1")):
        expect(office.locator(f"[data-kpi={kpi}] [data-text]")).to_have_text(value)
    row = office.locator('#table tr[data-key="adria/a7"]')
    expect(row.locator(".c-sales")).to_have_text("1")
    expect(row.locator(".c-confirmed")).to_have_text("1")
    assert Axe().run(office).violations_count == 0, Axe().run(office).generate_report()
    office.locator("[data-kpi=confirmed]").click()
    expect(office.locator("tbody th")).to_contain_text("adria:")

    office.goto(f"{shop.base}/commissions?partner=adria&month={today():%Y-%m}")
    office.locator("#statements a").click()
    amounts = ["2.00 EUR", "1.28 EUR"]
    expect(office.locator("#lines tbody td.n"), "an order, and 5 % of 25.54 net for the upsell").to_have_text(amounts)
    expect(office.locator("#total")).to_have_text("3.28 EUR")

    office.goto(f"{shop.base}/scripts/heard-of-us")
    office.get_by_role("link", name="Answers of customers").click()
    expect(office.locator("#answers tbody tr").first).to_contain_text("Na televiziji1100.0 %")
    expect(office.locator("#answers tbody tr").last).to_contain_text("in own words")
    expect(office.locator("#texts tbody td").last).to_have_text("Ana kaže: kremu")
    assert Axe().run(office).violations_count == 0, Axe().run(office).generate_report()


def test_the_panel_says_when_the_line_is_lost_and_keeps_what_was_typed(page: Page, shop: Shop) -> None:
    shop.ring("c-2")
    shop.answer("c-2")
    expect(page.locator("#state")).to_have_text("On call")
    page.get_by_role("button", name="Take Collagen").first.click()
    expect(page.locator("#lines li")).to_have_count(1)
    kept = page.evaluate("() => Object.keys(localStorage).filter((name) => name.startsWith('panel:'))")
    assert kept == ["panel:adria-switch:c-2"], "of earlier calls nothing is left"
    context = page.context
    context.set_offline(True)
    expect(page.locator("#line")).to_contain_text("No connection")
    context.set_offline(False)
    expect(page.locator("#line")).to_have_text("")
    expect(page.locator("#lines li")).to_have_count(1)
    shop.end("c-2")


def test_nothing_else_is_to_be_reached_from_the_panel(page: Page, shop: Shop) -> None:
    assert page.locator("nav a").count() == 0
    answer = page.goto(f"{shop.base}/wallboard")
    assert answer is not None
    assert answer.status == 403
