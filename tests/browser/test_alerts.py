"""The page of alerts on a whole server: a figure is watched, goes wrong, is taken on, and is watched no more."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]


def filled(page: Page, shop: Shop, name: str, limit: str, clear_at: str) -> None:
    """The form for calls in progress."""
    page.goto(f"{shop.base}/alerts")
    page.get_by_role("textbox", name="Name").fill(name)
    page.locator("select[name=kpi]").select_option("in_progress")
    page.get_by_role("textbox", name="Limit").fill(limit)
    page.get_by_role("textbox", name="Clear at").fill(clear_at)
    page.get_by_label("Raised after, min").fill("0")
    page.get_by_label("Over after, min").fill("0")
    page.get_by_label("At once").fill("floor@example.com desk@example.com")
    page.get_by_label("Level 2 after, min").fill("30")
    page.get_by_role("button", name="Watch it", exact=True).click()


def test_a_figure_is_watched_goes_wrong_and_is_taken_on(office: Page, shop: Shop) -> None:
    filled(office, shop, "Somebody talks", "0", "0")
    expect(office.get_by_role("status")).to_have_text("It is watched.")
    row = office.locator("#rules tbody tr")
    expect(row).to_contain_text("Calls in progress now above 0")
    expect(row).to_contain_text("floor@example.com, desk@example.com")
    expect(office.locator("#open-part")).to_contain_text("Every figure that is watched is where it should be.")
    assert Axe().run(office).response["violations"] == []
    shop.ring("talk")
    shop.answer("talk")
    opened = office.locator("#open tbody tr")
    expect(opened).to_contain_text("Somebody talks", timeout=90_000)  # the page asks by itself
    assert Axe().run(office).response["violations"] == []
    board = office.context.new_page()
    board.goto(f"{shop.base}/wallboard")
    expect(board.locator("#attention")).to_contain_text("Somebody talks, since")
    board.close()
    office.get_by_role("button", name="Take on Somebody talks").click()
    expect(office.get_by_role("status")).to_have_text("You took it on: nobody else is called.")
    expect(office.locator("#open tbody tr")).to_contain_text("local")
    shop.end("talk")
    office.get_by_role("button", name="Watch Somebody talks no more").click()
    expect(office.locator("#rules")).to_have_count(0)


def test_what_is_wrong_is_said_and_a_phone_without_script_will_do(browser: Browser, office: Page, shop: Shop) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    plain = context.new_page()
    filled(plain, shop, "Turned round", "1", "5")
    expect(plain.get_by_role("alert").last).to_have_text("It is clear on the good side of the limit, or on it.")
    expect(plain.get_by_role("textbox", name="Name")).to_have_value("Turned round")
    filled(plain, shop, "Right way round", "500", "1")
    expect(plain.locator("#rules tbody")).to_contain_text("Right way round")
    assert plain.locator("html").evaluate("html => html.scrollWidth") <= 390
    context.close()
    key = shop.done("POST", "/keys", {"name": "looks", "role": "trainer"})["key"]
    assert shop.http.get("/alerts", headers={"authorization": f"Bearer {key}"}).status_code == 403


def test_two_who_change_a_rule_at_once_see_each_others_words(browser: Browser, office: Page, shop: Shop) -> None:
    """The browser itself complains of a 412: that is what it is to be here."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    mine, other = context.new_page(), context.new_page()
    filled(mine, shop, "Two hands", "500", "1")
    mine.get_by_role("link", name="Change the rule: Two hands").click()
    other.goto(mine.url)
    other.get_by_role("textbox", name="Limit").fill("600")
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_role("status")).to_have_text("It is watched by the new rule.")
    mine.get_by_role("textbox", name="Name").fill("Two <b>hands</b>")
    mine.get_by_role("textbox", name="Limit").fill("700")
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.locator("#meanwhile")).to_contain_text("local changed this at")
    rows = mine.locator("#both tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_have_text("Limit700600")
    expect(mine.get_by_role("textbox", name="Name")).to_have_value("Two <b>hands</b>")
    assert Axe().run(mine).response["violations"] == []
    mine.set_viewport_size({"width": 390, "height": 800})
    assert mine.evaluate("document.documentElement.scrollWidth") <= 390
    mine.get_by_role("button", name="Save mine over theirs").click()
    expect(mine.locator("#rules tbody")).to_contain_text("Calls in progress now above 700")
    mine.get_by_role("link", name="Change the rule: Two <b>hands</b>").click()
    mine.get_by_role("textbox", name="Limit").fill("")
    mine.get_by_role("textbox", name="Limit").fill("0.5")
    mine.get_by_role("button", name="Save", exact=True).click()
    expect(mine.get_by_role("alert").last).to_have_text("It is clear on the good side of the limit, or on it.")
    context.close()
