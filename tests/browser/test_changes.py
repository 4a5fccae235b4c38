"""The page that says why a figure changed, in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from shared.clock import now
from tests.browser.shop import NUMBERS, Shop, office, shop, today

__all__ = ["office", "shop"]


def whole_call(shop: Shop, call: str) -> None:
    shop.tell(call, "call.started", direction="inbound", phase="ringing", agent="a7", campaign="spring", **NUMBERS)
    shop.answer(call)
    shop.end(call)


@pytest.fixture(scope="module")
def late(shop: Shop) -> str:
    """Two calls; a moment later a sale in one of them and another call. The time between, in UTC."""
    whole_call(shop, "one")
    whole_call(shop, "two")
    shop.at_rest()
    moment = now() + timedelta(milliseconds=300)
    shop.eventually(lambda: now() > moment + timedelta(milliseconds=300))
    shop.tell("one", "sale.recorded", agent="a7", leg="l1")
    whole_call(shop, "three")
    shop.at_rest()
    return moment.isoformat()


def test_it_says_what_the_figure_was_and_which_calls_moved_it(office: Page, shop: Shop, late: str) -> None:
    of = f"partner=adria&day={today()}"
    office.goto(f"{shop.base}/evidence?measure=conversion.numerator&over=conversion.denominator&{of}")
    office.get_by_role("link", name="Why is it different from before?").click()
    expect(office.get_by_role("heading", level=1)).to_have_text("Why the figure changed")
    since = late.replace("+", "%2B")
    office.goto(f"{shop.base}/changes?measure=conversion.numerator&over=conversion.denominator&{of}&since={since}")
    sales, contacts = office.locator("section.panel").nth(0), office.locator("section.panel").nth(1)
    assert sales.locator(".sum b").all_inner_texts() == ["0", "1", "1"]
    expect(sales.locator(".moved tbody tr")).to_have_count(1)
    expect(sales.locator(".moved tbody")).to_contain_text("adria-switch:one")
    expect(sales.locator(".moved tbody")).to_contain_text("SaleRecorded")
    assert contacts.locator(".sum b").all_inner_texts() == ["2", "1", "3"]
    expect(contacts.locator("[data-change]")).to_have_text("1")
    assert office.get_by_label("The whole figure").locator("b").all_inner_texts() == ["0.0 %", "33.3 %"]
    contacts.get_by_role("link", name="adria-switch:three").click()
    expect(office.get_by_role("heading", level=1)).to_contain_text("adria-switch:three")


@pytest.mark.parametrize("width", [390, 1440])
def test_it_is_for_everyone(office: Page, shop: Shop, late: str, width: int) -> None:
    office.set_viewport_size({"width": width, "height": 900})
    since = late.replace("+", "%2B")
    for query in (f"since={since}&measure=handled.numerator", "measure=talk.numerator&over=talk.denominator"):
        office.goto(f"{shop.base}/changes?partner=adria&day={today()}&{query}")
        wide, window = office.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window
    context = office.context.browser
    assert context is not None
    free = context.new_context(bypass_csp=True, storage_state=office.context.storage_state())
    page = free.new_page()
    page.goto(f"{shop.base}/changes?partner=adria&day={today()}&since={since}&measure=handled.numerator")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    free.close()


@pytest.mark.parametrize("whose", ["", "&campaign=spring", "&partner=adria&agent=a7"])
def test_it_is_told_of_all_partners_of_a_campaign_and_of_an_agent(
    office: Page, shop: Shop, late: str, whose: str
) -> None:
    office.goto(f"{shop.base}/evidence?measure=handled.numerator&day={today()}{whose}")
    office.get_by_role("link", name="Why is it different from before?").click()
    office.goto(f"{office.url}&since={late.replace('+', '%2B')}")
    assert office.locator(".sum b").all_inner_texts() == ["2", "1", "3"]
    rows = office.locator(".moved tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("adria-switch:three" if "partner" in whose else "adria-switch:three Adria")
    expect(office.locator(".head")).to_contain_text(
        "Adria" if "partner" in whose else "Spring" if whose else "All partners"
    )


def test_a_figure_of_a_longer_time_is_not_asked_why_it_moved(shop: Shop, late: str) -> None:
    def leads(days: int) -> bool:
        period = {"day": str(today() - timedelta(days=days - 1)), "to": str(today())}
        asked = {"measure": "handled.numerator", "partner": "adria", **period}
        page = shop.http.get("/evidence", params=asked)
        assert page.status_code == 200
        return "/changes?" in page.text

    assert (leads(1), leads(7), leads(8)) == (True, True, False)


def test_what_moved_is_given_as_a_file(shop: Shop, late: str) -> None:
    told = shop.http.get(
        "/changes", params={"measure": "handled.numerator", "partner": "adria", "form": "csv", "since": late}
    )
    lines = told.content.decode("utf-8-sig").splitlines()
    assert len(lines) > 1
    assert "adria-switch:three" in lines[1]
