"""The page of health on a whole server: what came and could not be read, views that are verified, and no script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shared.security import local_key
from tests.browser.conftest import Watched
from tests.browser.test_panel import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = tmp_path_factory.mktemp("health")
    (home / "data").mkdir(mode=0o700)
    opened = Shop(home / "data", home / "server.log")
    try:
        opened.set_up()
        opened.ring("c-1")
        opened.tell("c-2", "call.started", direction="sideways")  # taken, and nobody can read it
        opened.link = _link(home / "server.log")
        yield opened
    finally:
        opened.process.terminate()
        opened.process.wait(20)
        opened.http.close()


def cookies_of(browser: Browser, shop: Shop) -> list[dict[str, object]]:
    """Those of the operator, whose link works once."""
    context = browser.new_context()
    context.new_page().goto(shop.link)
    kept = [dict(cookie) for cookie in context.cookies()]
    context.close()
    return kept
