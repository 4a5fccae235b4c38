"""The page of health on a whole server: what came and could not be read, views that are verified, and no script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]


@pytest.fixture
def letter(shop: Shop) -> str:
    """What an operator sees of a delivery that nobody can read: the door says so, and keeps it."""
    with pytest.raises(AssertionError, match="direction is not a text"):
        shop.tell("odd", "call.started", direction=7)

    def waits() -> bool:
        return bool(shop.http.get("/api/v1/operations/dead-letters").json()["items"])

    shop.eventually(waits)
    return str(shop.http.get("/api/v1/operations/dead-letters").json()["items"][0]["id"])


def test_what_could_not_be_handled_is_seen_and_sent_again(office: Page, shop: Shop, letter: str) -> None:
    office.goto(f"{shop.base}/health")
    expect(office.locator("#sources tbody tr")).to_contain_text("adria-switch")
    row = office.locator("#letters tbody tr")
    expect(row).to_contain_text(letter)
    office.get_by_role("button", name=f"Send {letter} again").click()
    expect(office.locator("#said")).to_contain_text("It still can’t be handled: ")
    expect(row).to_contain_text(letter)
    assert Axe().run(office).response["violations"] == []
    office.get_by_label(f"Why {letter} is not to be sent again").fill("A test of ours.")
    office.get_by_role("button", name=f"Dismiss {letter}").click()
    expect(office.locator("#said")).to_have_text("Dismissed: it waits no more.")
    expect(office.locator("#letters-part")).to_have_text("None: all that came was handled.")
    office.get_by_label("Service").select_option("partners")
    expect(office.locator("#letters-part")).to_have_text("None: all that came was handled.")
    assert office.url.endswith("/health?service=partners")


def test_a_view_is_verified_and_built_anew(office: Page, shop: Shop) -> None:
    answer = office.goto(f"{shop.base}/health")
    assert (answer and answer.status) == 200, office.locator("main").inner_text()
    assert office.locator("#views tbody tr").count() > 40
    office.get_by_role("button", name="Verify performance", exact=True).click()
    expect(office.locator("#said")).to_have_text("performance is what its log says.")
    office.get_by_role("button", name="Rebuild performance", exact=True).click()
    expect(office.locator("#said")).to_have_text("performance was built anew and switched.")


def test_the_page_works_without_script_and_is_the_operators_alone(browser: Browser, office: Page, shop: Shop) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([dict(cookie) for cookie in office.context.cookies()])  # type: ignore[misc]
    plain = context.new_page()
    plain.goto(f"{shop.base}/health")
    plain.get_by_role("button", name="Verify goals", exact=True).click()
    expect(plain.locator("#said")).to_have_text("goals is what its log says.")
    context.close()
    key = shop.done("POST", "/keys", {"name": "looks", "role": "manager"})["key"]
    answer = shop.http.get("/health", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 403
