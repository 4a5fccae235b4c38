"""The page of the audit log on a whole server: who did what, what it changed, whether the log holds; and no script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]
PAGE = "/admin/audit"


@pytest.fixture
def renamed(shop: Shop) -> None:
    """Somebody changes a contact twice."""
    for languages in (["hr"], ["hr", "en"]):
        said = {"email": "ana@adria.example", "languages": languages}
        shop.done("PUT", "/partners/adria/contacts/Ana", said)


def test_an_entry_opens_down_to_old_and_new_values(office: Page, shop: Shop, renamed: None) -> None:
    answer = office.goto(f"{shop.base}{PAGE}?who=local")
    assert (answer and answer.status) == 200, office.locator("main").inner_text()
    row = office.locator("#entries tbody tr").first
    expect(row).to_contain_text("partner_id adria")
    expect(row).to_contain_text("done")
    assert Axe().run(office).response["violations"] == []
    row.get_by_role("link", name="tallyline").click()
    values = office.locator("table.change tbody tr", has_text="languages")
    expect(values.locator("td").nth(0)).to_have_text('["hr"]')
    expect(values.locator("td").nth(1)).to_have_text('["hr", "en"]')
    assert Axe().run(office).response["violations"] == []


def test_a_search_is_in_the_address_and_days_in_the_wrong_order_are_told(
    office: Page, shop: Shop, renamed: None
) -> None:
    office.goto(f"{shop.base}{PAGE}")
    office.get_by_label("What", exact=True).fill("nothing of the kind")
    office.get_by_role("button", name="Show").click()
    expect(office.locator("main")).to_contain_text("Nothing that fits was written down.")
    assert "what=nothing" in office.url
    office.goto(f"{shop.base}{PAGE}?from=2026-12-31&to=2026-01-01")
    expect(office.get_by_role("alert")).to_be_visible()
    file = shop.http.get(str(office.get_by_role("link", name="All of these as CSV").get_attribute("href")))
    assert file.status_code == 422, "the same search as a file"


def test_the_log_is_verified_without_script(browser: Browser, office: Page, shop: Shop, renamed: None) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    plain = context.new_page()
    plain.goto(f"{shop.base}{PAGE}")
    plain.get_by_role("button", name="Verify").click()
    expect(plain.locator("#chains tbody tr")).to_contain_text("Every entry is what it was.")
    plain.go_back()
    plain.get_by_label("A head that was told before").fill(f"tallyline:9999:{'ab' * 32}")
    plain.get_by_role("button", name="Verify").click()
    expect(plain.locator("#chains tbody tr")).to_contain_text("Broken at entry")
    context.close()
    key = shop.done("POST", "/keys", {"name": "looks", "role": "manager"})["key"]
    assert shop.http.get(PAGE, headers={"authorization": f"Bearer {key}"}).status_code == 403
