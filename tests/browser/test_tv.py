"""The wallboard for a wall in a browser: the figures of the wallboard, large, live, and with their age."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from services.gateway.pages.wallboard import TV
from tests.browser.conftest import Served, looking, serving

LIVE = re.compile(r"^Live \d s$")


def test_six_figures_states_and_ranks_move_with_the_wallboard(context: BrowserContext, server: Served) -> None:
    page = context.new_page()
    page.goto(f"{server.base}/wallboard/tv")
    expect(page.locator("#live")).to_have_text(LIVE)
    assert [kpi.get_attribute("data-kpi") for kpi in page.locator("[data-kpi]").all()] == list(TV)
    assert page.locator("table").count() == 0
    assert int(page.locator(".value").first.evaluate("(e) => parseInt(getComputedStyle(e).fontSize)")) >= 60
    first = page.locator(".kpis [data-text]").all_inner_texts()
    page.wait_for_function("(first) => [...document.querySelectorAll('.kpis [data-text]')].map((e) => e.textContent)"
                           ".join() !== first", arg=",".join(first))  # fmt: skip
    shown = page.evaluate(
        """async () => {
          const board = await (await fetch("/api/v1/wallboard")).json();
          const groups = Object.fromEntries([...document.querySelectorAll("[data-group]")].map((line) =>
            [line.dataset.group, Number(line.querySelector("b").textContent)]));
          return {board, groups, top: document.querySelectorAll("#top li").length};
        }"""
    )
    assert sum(shown["groups"].values()) == sum(count["n"] for count in shown["board"]["groups"]) == 120
    assert shown["top"] == len(shown["board"]["top"])


def test_it_says_when_nothing_new_comes(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("tv")) as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.link)
        page.goto(f"{server.base}/wallboard/tv")
        expect(page.locator("#live")).to_have_text(LIVE)
        server.kill()
        expect(page.locator("#live")).to_have_text(re.compile(r"^No data for \d+ s$"))
        context.close()


@pytest.mark.parametrize("width", [390, 1920])
def test_it_is_for_everyone_and_without_script_too(
    browser: Browser, server: Served, cookies: list[dict[str, object]], width: int
) -> None:
    for script in (True, False):
        options = {"viewport": {"width": width, "height": 1080}, "java_script_enabled": script, "bypass_csp": True}
        with looking(browser, server.base, cookies, **options) as (context, _watched):
            page: Page = context.new_page()
            page.goto(f"{server.base}/wallboard/tv?partner=adria")
            assert page.locator("[data-kpi]").count() == len(TV)
            expect(page.locator(".groups li").first).to_contain_text(re.compile(r"\d"))
            if script:
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
                wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
                assert wide <= window
