"""From a call to what came of it and back, in a browser: by clicks alone, on a telephone too."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import NUMBERS, Shop, lead_of, office, shop

__all__ = ["office", "shop"]
CALL, ORDER = "adria-switch:l-1", "adria:4711"


@pytest.fixture(scope="module", autouse=True)
def sold(shop: Shop) -> None:
    """A call with an order, a hot lead, and a recording that lies where nothing is fetched from."""
    sound = {"recording_url": "http://platform.example/r/1.mp3"}
    shop.tell("l-1", "call.started", direction="inbound", phase="ringing", agent="a7", **NUMBERS, **sound)
    shop.answer("l-1")
    shop.eventually(lambda: shop.http.get(f"/api/v1/calls/{CALL}").json().get("summary", {}).get("customer_ref"))
    ref = shop.http.get(f"/api/v1/calls/{CALL}").json()["summary"]["customer_ref"]
    order = {"partner": "adria", "country": "HR", "customer_ref": ref, "lines": [{"sku": "KOL-30"}]}
    shop.done("POST", "/orders", {**order, "id": "4711", "call": CALL, "agent": "a7"})
    shop.done("POST", "/handovers", {"partner": "adria", "call": CALL, "agent": "a7"})
    shop.at_rest()


def test_a_call_leads_to_its_order_and_its_hot_lead_and_each_leads_back(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/calls/{CALL}")
    office.get_by_role("link", name=ORDER).click()
    expect(office.get_by_role("heading", level=1)).to_have_text(f"Order {ORDER}")
    expect(office.locator("#lines tbody tr")).to_contain_text("KOL-30")
    office.get_by_role("link", name=CALL).click()
    expect(office.get_by_role("heading", level=1)).to_have_text(f"Call {CALL}")
    expect(office.locator("#hot-lead")).to_contain_text("5:00 are allowed")
    office.locator("#hot-lead a").click()
    office.locator("#waiting").get_by_role("link", name=CALL).click()
    expect(office.get_by_role("heading", level=1)).to_have_text(f"Call {CALL}")


@pytest.mark.parametrize("width", [390, 1440])
def test_both_are_for_everyone(office: Page, shop: Shop, width: int) -> None:
    office.set_viewport_size({"width": width, "height": 900})
    for path in (f"/calls/{CALL}", f"/orders/{ORDER}"):
        office.goto(shop.base + path)
        wide, window = office.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window
        assert Axe().run(office).response["violations"] == []


def test_a_recording_that_is_not_to_be_had_is_a_page_and_not_a_document(browser: Browser, shop: Shop) -> None:
    with lead_of(browser, shop, "adria") as page:
        page.goto(f"{shop.base}/calls/{CALL}")
        page.locator("#recordings").get_by_role("link", name="Recording").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Not to be had just now")
        expect(page.locator("main")).to_contain_text("The platform does not give it now: not https.")
        page.get_by_role("link", name="Try again").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Not to be had just now")
