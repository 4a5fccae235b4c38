"""Every page that a role comes to in the demo: for everybody's eyes, hands and machines, and in every language.

The pages are found by their links, so a new one is looked at as soon as something leads to it.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, Response

from shared.rights import ROLES, Role
from tests.browser.conftest import Watched
from tests.browser.demo import Demo, Found
from tests.browser.pseudo import CLOSES, OPENS, PSEUDO
from tests.tools.messages import everything_said

PAGE_BYTES, SCRIPT_BYTES = 60 * 1024, 25 * 1024
WITH_PAGES_OF_THEIR_OWN: tuple[Role, ...] = ("admin", "agent", "partner")
"""Who sees every kind of page that there is. The others see some of them, and are looked at in one way alone."""
MOST_STOPS = 60
SETTLED_MS = 600
"""So long a page's script has to show what it fetched."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    (home / "data").mkdir(mode=0o700)
    opened = Demo(home / "data", home / "server.log")
    yield opened
    opened.stop()


@pytest.fixture(scope="module")
def pages(demo: Demo) -> dict[Role, list[Found]]:
    """What each role finds."""
    return {role: demo.found_by(role) for role in ROLES}


def opened(page: Page, demo: Demo, path: str) -> Page:
    """The page once its script has shown what it shows."""
    page.goto(demo.base + path)
    page.wait_for_timeout(SETTLED_MS)
    return page


def clean(page: Page, found: Found) -> None:
    """No rule of WCAG that a machine can judge is broken."""
    report = Axe().run(page)
    assert report.violations_count == 0, f"{found}: {report.generate_report()}"


def fits(page: Page, found: Found) -> None:
    """Nobody has to scroll sideways."""
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{found} scrolls sideways: {wide} in {window}: {page.evaluate(WIDEST)}"


WIDEST = """() => [...document.querySelectorAll("body *")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth + 1 && !one.parentElement.closest(".scroll"))
  .slice(0, 5).map((one) => one.outerHTML.slice(0, 120))"""


def test_every_role_has_pages(pages: dict[Role, list[Found]]) -> None:
    assert all(len(found) >= 2 for found in pages.values())
    assert len(pages["admin"]) >= 15


# Eyes


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("role", WITH_PAGES_OF_THEIR_OWN)
def test_every_page_is_accessible_in_both_themes(
    browser: Browser, demo: Demo, pages: dict[Role, list[Found]], role: Role, theme: str
) -> None:
    with demo.looked_at(browser, role, viewport={"width": 1280, "height": 900}, bypass_csp=True) as (context, _watched):
        context.add_cookies([{"name": "theme", "value": theme, "url": demo.base}])
        page = context.new_page()
        for found in pages[role]:
            clean(opened(page, demo, found.path), found)


@pytest.mark.parametrize("role", [role for role in ROLES if role not in WITH_PAGES_OF_THEIR_OWN])
def test_every_page_of_every_other_role_is_accessible_too(
    browser: Browser, demo: Demo, pages: dict[Role, list[Found]], role: Role
) -> None:
    with demo.looked_at(browser, role, viewport={"width": 390, "height": 844}, bypass_csp=True) as (context, _watched):
        page = context.new_page()
        for found in pages[role]:
            clean(opened(page, demo, found.path), found)
            fits(page, found)


ZOOMED: dict[str, dict[str, Any]] = {
    "a telephone": {"viewport": {"width": 390, "height": 844}},
    "200 % zoom": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
}


@pytest.mark.parametrize("seen", ZOOMED)
@pytest.mark.parametrize("role", WITH_PAGES_OF_THEIR_OWN)
def test_nobody_scrolls_sideways(
    browser: Browser, demo: Demo, pages: dict[Role, list[Found]], role: Role, seen: str
) -> None:
    with demo.looked_at(browser, role, **ZOOMED[seen]) as (context, _watched):
        page = context.new_page()
        for found in pages[role]:
            fits(opened(page, demo, found.path), found)


STILL = """() => document.getAnimations().length + [...document.querySelectorAll("*")].filter((one) => {
  const style = getComputedStyle(one);
  return parseFloat(style.transitionDuration) > 0 || style.scrollBehavior === "smooth";
}).length"""
PAINTED = """() => [...document.querySelectorAll(".mark, .dot, .fill")].filter((one) => one.checkVisibility()
  && one.getBoundingClientRect().width > 0 && one.matches(".mark, .dot")
  && getComputedStyle(one).backgroundColor === getComputedStyle(document.body).backgroundColor
  && getComputedStyle(one).borderTopWidth === "0px").map((one) => one.outerHTML)"""


@pytest.mark.parametrize("role", WITH_PAGES_OF_THEIR_OWN)
def test_forced_colours_hide_nothing_and_nothing_moves(
    browser: Browser, demo: Demo, pages: dict[Role, list[Found]], role: Role
) -> None:
    forced: dict[str, Any] = {"forced_colors": "active", "reduced_motion": "reduce", "bypass_csp": True}
    with demo.looked_at(browser, role, viewport={"width": 1280, "height": 900}, **forced) as (context, _watched):
        page = context.new_page()
        for found in pages[role]:
            clean(opened(page, demo, found.path), found)
            assert page.evaluate(PAINTED) == [], found
            assert page.evaluate(STILL) == 0, found


# Hands


TABBABLE = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter((one) =>
  one.checkVisibility() && !one.disabled && one.tabIndex >= 0 && one.type !== "radio")
  .map((one, at) => one.dataset.stop = at)"""
HERE = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  return {stop: here.dataset.stop ?? "", tag: here.outerHTML.slice(0, 160),
          ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
          seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
          top: here === document.body, radio: here.type === "radio"};
}"""


@pytest.mark.parametrize("role", WITH_PAGES_OF_THEIR_OWN)
def test_the_keyboard_comes_everywhere_in_the_order_of_reading(
    browser: Browser, demo: Demo, pages: dict[Role, list[Found]], role: Role
) -> None:
    with demo.looked_at(browser, role, viewport={"width": 1280, "height": 900}) as (context, _watched):
        page = context.new_page()
        for found in pages[role]:
            opened(page, demo, found.path)
            stops = page.evaluate(TABBABLE)
            made = walked(page, min(len(stops), MOST_STOPS), found)
            known = [int(stop) for stop in made if stop]
            assert known == sorted(known), f"{found}: {made}"
            # What was made anew while the key was pressed stands where something else stood before.
            assert len(set(stops[:MOST_STOPS]) - set(known)) <= made.count(""), f"{found}: {made}"


def walked(page: Page, many: int, found: Found) -> list[str]:
    """The stops that the tab key makes, each once; what has the focus is to be seen, with a ring around it."""
    stops: list[str] = []
    for _press in range(many * 4 + 20):
        if len(stops) == many:
            break
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here["top"]:
            break
        assert here["ringed"], f"{found}: no ring around {here['tag']}"
        assert here["seen"], f"{found}: out of sight: {here['tag']}"
        again = here["stop"] and here["stop"] in stops[-1:]  # a field for a date has several stops of its own
        if not here["radio"] and not again:
            stops.append(here["stop"])
    return stops


def test_the_skip_link_leads_past_the_navigation(browser: Browser, demo: Demo) -> None:
    with demo.looked_at(browser, "manager") as (context, _watched):
        page = opened(context.new_page(), demo, "/calls")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "main"


# Languages


SAID = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, style")) found.push(walker.currentNode.textContent.trim());
  }
  for (const one of document.querySelectorAll("[aria-label], [placeholder], [title]"))
    for (const name of ["aria-label", "placeholder", "title"]) found.push(one.getAttribute(name));
  return [document.title, ...found].filter(Boolean);
}"""
CUT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  return one.checkVisibility() && ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis"
    && !one.closest(".aside, svg, select, option") && one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("role", WITH_PAGES_OF_THEIR_OWN)
def test_longer_words_fit_and_no_text_goes_past_the_translators(
    browser: Browser, demo: Demo, pages: dict[Role, list[Found]], role: Role
) -> None:
    # A word in small letters may be a code or a name in the data, which happens to be a message too.
    english = {one.message for one in everything_said() if one.message[:1].isupper() and len(one.message) > 3}
    for width in (390, 1280):
        viewport = {"width": width, "height": 900}
        with demo.looked_at(browser, role, viewport=viewport, language=PSEUDO) as (context, _watched):
            page = context.new_page()
            for found in pages[role]:
                fits(opened(page, demo, found.path), found)
                assert page.evaluate(CUT) == [], found
                said = page.evaluate(SAID)
                assert [text for text in said if text in english] == [], found
                assert any(OPENS in text and CLOSES in text for text in said), found


@pytest.mark.parametrize(
    ("accepted", "lang", "heading"),
    [("de-AT", "de", "Anrufe"), ("fr", "fr", "Appels"), ("hr", "bs", "Pozivi"), ("ja", "en", "Calls")],
)
def test_a_reader_gets_the_language_of_the_browser(
    browser: Browser, demo: Demo, accepted: str, lang: str, heading: str
) -> None:
    with demo.looked_at(browser, "manager", locale=accepted) as (context, _watched):
        page = opened(context.new_page(), demo, "/calls")
        assert page.locator("html").get_attribute("lang") == lang
        assert page.locator("h1").inner_text() == heading


def test_language_and_clock_are_chosen_and_stay(browser: Browser, demo: Demo) -> None:
    with demo.looked_at(browser, "manager", locale="en-GB") as (context, _watched):
        page = opened(context.new_page(), demo, "/calls")
        page.get_by_role("link", name="Language and time zone").click()
        page.locator("select[name=language]").select_option("de")
        page.locator("select[name=zone]").select_option("Asia/Tokyo")
        page.get_by_role("button", name="Keep").click()
        assert page.url == f"{demo.base}/calls"
        assert "Zeiten in Asia/Tokyo" in page.locator(".head").inner_text()
        opened(page, demo, "/wallboard")
        assert page.locator("h1").inner_text() == "Live-Übersicht"
        page.locator("#live[data-state=live]").wait_for()
        label = page.locator("[data-kpi=in_progress] .label").inner_text()
        page.wait_for_timeout(2500)  # ticks come in the same language
        assert (label, page.locator("[data-kpi=in_progress] .label").inner_text()) == ("Laufende Anrufe",) * 2


# Machines


def weight(page: Page, demo: Demo, found: Found) -> tuple[int, int]:
    """Packed bytes of the page, and of all scripts that it loads."""
    came: list[Response] = []
    page.on("response", lambda one: came.append(one))
    answer = page.goto(demo.base + found.path)
    assert answer is not None
    page.wait_for_timeout(SETTLED_MS)
    scripts = [one for one in came if one.url.endswith(".js")]
    return len(gzip.compress(answer.body(), 5)), sum(len(gzip.compress(script.body(), 9)) for script in scripts)


def test_pages_and_their_scripts_keep_to_their_weight(
    browser: Browser, demo: Demo, pages: dict[Role, list[Found]]
) -> None:
    """Measured as they come: what the page is, and what scripts it really loads."""
    too_heavy: list[str] = []
    for role in WITH_PAGES_OF_THEIR_OWN:
        with demo.looked_at(browser, role) as (context, _watched):
            for found in pages[role]:
                page = context.new_page()
                html, js = weight(page, demo, found)
                page.close()
                if html > PAGE_BYTES or js > SCRIPT_BYTES:
                    too_heavy.append(f"{found}: page {html}, scripts {js}")
    assert too_heavy == []


def test_the_watch_over_pages_sees_what_it_is_there_for(browser: Browser, demo: Demo) -> None:
    """Else every test that rests on it would be of no use."""
    context = browser.new_context(extra_http_headers=demo.key("manager"))
    watched = Watched(context, demo.base)
    page = opened(context.new_page(), demo, "/calls")
    assert (watched.complaints, watched.elsewhere) == ([], [])
    page.evaluate("() => document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))")
    page.evaluate("() => void fetch('https://elsewhere.example/').catch(() => 0)")
    page.evaluate("() => setTimeout(() => { throw new Error('by the page'); })")
    page.wait_for_timeout(SETTLED_MS)
    context.close()
    policy = [said for said in watched.complaints if re.search("Content.Security.Policy", said)]
    assert len(policy) >= 2
    assert any("by the page" in said for said in watched.complaints)
