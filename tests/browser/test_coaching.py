"""The page of coaching in a browser: readable for everyone, and its form tells why a plan can't be started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, expect

from services.training.measuring.counts import monday_of, week_of
from tests.browser.conftest import Watched
from tests.browser.shop import Shop, serving, today


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server with a partner, a contest that is open, and no history."""
    with serving(tmp_path_factory) as opened:
        opened.set_up()
        yield opened


def test_a_contest_is_on_the_wallboard_and_the_page_tells_why_a_plan_cannot_be_started(
    browser: Browser, shop: Shop
) -> None:
    starts = monday_of(week_of(today()) + 1)
    ends = starts + timedelta(weeks=4)
    says = {"name": "Above yourself", "starts": starts.isoformat(), "ends": ends.isoformat(), "goal": "10"}
    shop.done("POST", "/training/contests/adria/spring", says)
    context = browser.new_context(viewport={"width": 390, "height": 900}, bypass_csp=True)
    watched = Watched(context, shop.base)
    page = context.new_page()
    page.goto(shop.base + shop.done("POST", "/sign-in-links")["path"])
    page.goto(f"{shop.base}/wallboard?partner=adria")
    board = page.locator("[data-contest='adria/spring']")
    with page.expect_response("**/api/v1/training/contests/adria/spring"):
        page.reload()
    expect(board).to_have_text("Nobody has a place yet.")
    assert Axe().run(page).violations_count == 0
    page.goto(f"{shop.base}/coaching?partner=adria&agent=a7")
    expect(page.get_by_text("Nobody is below comparable peers by more than luck explains.")).to_be_visible()
    expect(page.get_by_role("heading", name="Above yourself")).to_be_visible()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window
    page.get_by_label("Goal, % conversion").fill("12.5")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#wrong")).to_contain_text("had no contacts in the weeks from")
    assert page.get_by_role("link", name="Coaching").get_attribute("aria-current") == "page"
    context.close()
    assert (watched.complaints, watched.elsewhere) == ([], [])
