"""An agent's training in a browser, on a whole server: reads the manual, sits the paper, and is certified."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Watched
from tests.browser.shop import Shop, serving, today

EXAM = {"bank": "vital", "questions": 2, "pass_percent": 100, "attempts": 2, "minutes": 30, "valid_days": 365}
COURSE: dict[str, Any] = {"title": "Vital <b>in</b>", "panel": "inbound", "language": "hr", "exam": EXAM}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with serving(tmp_path_factory) as opened:
        opened.done("POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        opened.done("PUT", "/training/courses/vital-in", COURSE)
        for name in ("dose", "price"):
            question = {"text": f"Which <i>{name}</i>?", "choices": ["right", "wrong"], "right": [0]}
            opened.done("PUT", f"/training/banks/vital/questions/{name}", question)
        opened.until("/training/courses/vital-in")
        opened.until("/training/banks/vital")
        manual = {"version": "1.0", "text": "# Vital", "valid_from": today().isoformat()}
        opened.done("POST", "/training/courses/vital-in/manual", manual)
        opened.until("/training/courses/vital-in/manual")
        yield opened


@pytest.fixture
def context(browser: Browser, shop: Shop) -> Iterator[BrowserContext]:
    """A browser in which the agent is signed in, watched."""
    opened = browser.new_context(viewport={"width": 1280, "height": 720})
    watched = Watched(opened, shop.base)
    yield opened
    opened.close()
    assert watched.complaints == []
    assert watched.elsewhere == []


def sit(page: Page, choice: str) -> None:
    """Begin a paper and tick the same in every question."""
    page.get_by_role("button", name="Begin").click()
    expect(page.locator("#paper fieldset")).to_have_count(2)
    for box in page.get_by_label(choice, exact=True).all():
        box.check()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Hand it in").click()


def test_an_agent_reads_sits_and_is_certified(context: BrowserContext, shop: Shop) -> None:
    page = context.new_page()
    link = shop.done("POST", "/agent-sign-in-links", {"name": "Ivo", "partner": "adria", "agent": "a7"})
    page.goto(shop.base + link["path"])
    page.get_by_role("link", name="My training").click()
    expect(page.locator("#courses tbody tr")).to_have_count(1)
    expect(page.locator("#courses")).to_contain_text("Vital <b>in</b>")
    expect(page.locator("#courses")).to_contain_text("First read the manual")
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_role("button", name="Begin")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    sit(page, "wrong")
    expect(page.locator("#said")).to_have_text("0.00 %: not passed.")
    page.get_by_role("link", name="Back to my training").click()
    sit(page, "right")
    expect(page.locator("#said")).to_have_text("100.00 %: passed.")
    page.reload()
    expect(page.locator("main")).to_contain_text("100.00 %: passed")
    page.get_by_role("link", name="Back to my training").click()
    expect(page.locator("#held")).to_contain_text("Valid")
