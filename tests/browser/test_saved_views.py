"""Saved views on a whole server: a page is filtered, named, found again and begun with, with a script and without."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]


def test_a_page_is_filtered_named_and_begun_with(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/calls")
    office.get_by_label("State").select_option("ended")
    office.get_by_role("button", name="Show").click()
    office.get_by_text("Saved views", exact=True).click()
    assert Axe().run(office).response["violations"] == []
    office.get_by_label("Save as it is filtered now, as").fill("Over")
    office.get_by_role("button", name="Save", exact=True).click()
    expect(office.locator("#saved-views summary")).to_have_text("Saved views: Over")
    expect(office).to_have_url(re.compile(r"/calls\?state=ended$"))

    office.goto(f"{shop.base}/wallboard")  # its script keeps the filter in the address, not in the form
    office.get_by_label("Find").fill("nobody")
    expect(office).to_have_url(re.compile("q=nobody"))
    office.get_by_text("Saved views", exact=True).click()
    office.get_by_label("Save as it is filtered now, as").fill("Nobody")
    office.get_by_role("button", name="Save", exact=True).click()
    expect(office.locator("#saved-views summary")).to_have_text("Saved views: Nobody")
    expect(office).to_have_url(re.compile(r"/wallboard\?q=nobody$"))

    office.goto(f"{shop.base}/saved-views")
    expect(office.locator("#saved tr", has_text="Over")).to_contain_text("State: Ended")
    expect(office.locator("#saved tr", has_text="Nobody")).to_contain_text("Find: nobody")
    assert Axe().run(office).response["violations"] == []
    office.get_by_role("button", name="Begin with Over").click()
    expect(office.get_by_role("status")).to_have_text("The menu leads there now.")
    office.goto(f"{shop.base}/alerts")
    office.get_by_role("navigation", name="Pages").get_by_role("link", name="Calls").click()
    expect(office).to_have_url(re.compile(r"/calls\?state=ended$"))
    office.get_by_text("Saved views: Over").click()
    office.get_by_role("link", name="Without filters").click()
    expect(office).to_have_url(re.compile("/calls$"))


def test_two_rename_a_view_at_once_and_a_phone_without_script_will_do(
    browser: Browser, office: Page, shop: Shop
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    plain = context.new_page()
    plain.goto(f"{shop.base}/tickets?state=open")
    plain.get_by_text("Saved views", exact=True).click()
    plain.get_by_label("Save as it is filtered now, as").fill("Open ones")
    plain.get_by_role("button", name="Save", exact=True).click()
    expect(plain.locator("#saved-views summary")).to_have_text("Saved views: Open ones")
    office.goto(f"{shop.base}/saved-views")
    office.get_by_label("Change Open ones").click()
    row = office.locator("#saved tr", has_text="Open ones")
    row.get_by_label("Name").fill("Theirs")
    plain.goto(f"{shop.base}/saved-views")
    plain.get_by_label("Change Open ones").click()
    mine = plain.locator("#saved tr", has_text="Open ones")
    mine.get_by_label("Name").fill("Mine")
    row.get_by_role("button", name="Save").click()
    expect(office.get_by_role("status")).to_have_text("The view is changed.")
    mine.get_by_role("button", name="Save").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Changed meanwhile")
    expect(plain.locator("#both tbody tr")).to_have_text(re.compile("Name.*Mine.*Theirs", re.DOTALL))
    plain.get_by_role("button", name="Save mine over theirs").click()
    expect(plain.locator("#saved")).to_contain_text("Mine")
    context.close()
