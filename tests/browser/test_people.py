"""Every page that a role comes to in the demo: for everybody's eyes, hands and machines, and in every language.

The pages are found by their links, so a new one is looked at as soon as something leads to it.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Error, Page, ViewportSize

from shared.rights import ROLES, Role
from tests.browser.conftest import Watched
from tests.browser.demo import ROUTES, Demo, Found, Pages, demo, kind_of, pages
from tests.browser.pseudo import CLOSES, OPENS, PSEUDO
from tests.tools.messages import everything_said

__all__ = ["demo", "pages"]

pytestmark = pytest.mark.timeout(900)
PAGE_BYTES, SCRIPT_BYTES = 60 * 1024, 25 * 1024
WITH_PAGES_OF_THEIR_OWN: tuple[Role, ...] = ("admin", "agent", "partner")
"""Who sees every kind of page that there is. Of the others' pages those are looked at that are built of other parts."""
MOST_STOPS = 60
SETTLED_MS = 600
"""So long a page's script has to show what it fetched."""

Faults = Mapping[str, list[str]]
"""What is wrong with the pages of a role, by what was looked for."""


@pytest.fixture(scope="module")
def faults(browser: Browser, demo: Demo, pages: Pages) -> Callable[[Role], Faults]:
    """Each page is opened once and looked at in every way: to open it costs more than to look."""

    @cache
    def of(role: Role) -> Faults:
        wrong: defaultdict[str, list[str]] = defaultdict(list)
        with demo.looked_at(browser, role, viewport=DESK, bypass_csp=True) as (context, watched):
            page = context.new_page()
            for found in pages[role]:
                try:
                    for looked_for, said in looked_over(page, demo, found):
                        wrong[looked_for].append(f"{found.path}: {said}")
                except Error as broke:  # the others are looked at all the same
                    wrong["complaints"].append(f"{found.path}: {broke.message}")
                wrong["complaints"] += [f"{found.path}: {said}" for said in (*watched.complaints, *watched.elsewhere)]
                watched.forget()
        return wrong

    return of


DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
ZOOMED: ViewportSize = {"width": 640, "height": 450}
"""What is left of the desk at 200 %."""
LOADED = """() => performance.getEntriesByType("resource").map((one) => one.name)
  .filter((name) => name.endsWith(".js"))"""


def opened(page: Page, demo: Demo, path: str) -> None:
    """Go there, and wait until the page's script has shown what it shows."""
    page.goto(demo.base + path)
    if len(page.evaluate(LOADED)) > 1:  # the one of all pages fetches nothing
        page.wait_for_timeout(SETTLED_MS)


COLOURS = ["color-contrast", "link-in-text-block"]
SIZES = ["target-size", "scrollable-region-focusable", "color-contrast"]


def broken(page: Page, *rules: str) -> Iterator[str]:
    """The rules of WCAG that a machine can judge and the page breaks: of these, or of all."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Axe().axe_script)
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = page.evaluate("(options) => axe.run(document, options)", {"resultTypes": ["violations"], **only})
    for rule in found["violations"]:
        yield f"{rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes'][:3]]}"


def sideways(page: Page) -> Iterator[str]:
    """Nobody has to scroll sideways."""
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    if wide > window:
        yield f"scrolls sideways: {wide} in {window}: {page.evaluate(WIDEST)}"


WIDEST = """() => [...document.querySelectorAll("body *")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth + 1 && !one.parentElement.closest(".scroll"))
  .slice(0, 5).map((one) => one.outerHTML.slice(0, 120))"""
UNFOLDED = """() => document.querySelectorAll("details").forEach((one) => { one.open = true; })"""


IN_PIECES = r"""() => {
  const found = [];
  for (const cell of document.querySelectorAll("td, th")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/[\p{L}\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, word.index);
      range.setEnd(texts.currentNode, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size;
      if (lines > 1 && word[0].length / lines < 8)
        found.push(`${word[0]} on ${lines} lines of ${cell.outerHTML.slice(0, 120)}`);
    }
  }
  return found.slice(0, 5);
}"""


def in_pieces(page: Page) -> Iterator[str]:
    """No word of a table is broken into pieces of a few letters: a table that has too little room scrolls."""
    for said in page.evaluate(IN_PIECES):
        yield f"a word in pieces: {said}"


def looked_over(page: Page, demo: Demo, found: Found) -> Iterator[tuple[str, str]]:
    """What is wrong with a page, each with what was looked for."""
    page.set_viewport_size(DESK)
    opened(page, demo, found.path)
    for said in weighed(page, found.html):
        yield "weight", said
    for said in walked(page):
        yield "keyboard", said
    page.evaluate(UNFOLDED)
    for said in broken(page):
        yield "light", said
    page.emulate_media(color_scheme="dark")
    for said in broken(page, *COLOURS):
        yield "dark", said
    page.emulate_media(color_scheme="light", forced_colors="active", reduced_motion="reduce")
    for said in page.evaluate(UNFORCED):
        yield "forced colours", said
    for said in page.evaluate(MOVING):
        yield "motion", said
    page.emulate_media(forced_colors="none", reduced_motion="no-preference")
    page.set_viewport_size(ZOOMED)
    for said in sideways(page):
        yield "200 % zoom", said
    page.set_viewport_size(PHONE)
    for said in (*sideways(page), *in_pieces(page), *broken(page, *SIZES)):
        yield "telephone", said


LOOKED_FOR = (
    "light",
    "dark",
    "forced colours",
    "motion",
    "keyboard",
    "200 % zoom",
    "telephone",
    "weight",
    "complaints",
)


@pytest.mark.parametrize("looked_for", LOOKED_FOR)
@pytest.mark.parametrize("role", WITH_PAGES_OF_THEIR_OWN)
def test_nothing_is_wrong_with_any_page(faults: Callable[[Role], Faults], role: Role, looked_for: str) -> None:
    """Accessible in both themes with every part unfolded, in forced colours, still where nothing shall move, by
    keyboard in the order of reading, without scrolling sideways at 200 % and on a telephone, and light to fetch."""
    found = faults(role)
    assert found.keys() <= set(LOOKED_FOR)
    assert found.get(looked_for, []) == []


def test_every_role_has_pages(pages: Pages) -> None:
    assert all(len(pages[role]) >= 2 for role in ROLES)


NOT_LOOKED_AT = {"/", "/signin", "/signin/password", "/signin/start", "/signin/back", "/static/{version}/{name}"}
"""What leads elsewhere or is for those who have not signed in; their pages are looked at where they are tested."""


def test_every_page_that_there_is_was_looked_at(pages: Pages) -> None:
    looked_at = {kind_of(found.path)[0] for role in WITH_PAGES_OF_THEIR_OWN for found in pages[role]}
    there_are = {route.path for route in ROUTES if "{form}" not in route.path}
    assert there_are - looked_at - NOT_LOOKED_AT == set()


def test_every_other_role_finds_pages_as_good(browser: Browser, demo: Demo, pages: Pages) -> None:
    """What is built of the same parts as a page that was looked at is as good as that."""
    wrong: list[str] = []
    looked: Counter[Role] = Counter()
    known = {found.built for role in WITH_PAGES_OF_THEIR_OWN for found in pages[role]}
    for role in sorted(set(ROLES) - set(WITH_PAGES_OF_THEIR_OWN)):
        with demo.looked_at(browser, role, viewport=PHONE, bypass_csp=True) as (context, _watched):
            page = context.new_page()
            for found in pages[role]:
                if found.built not in known:
                    opened(page, demo, found.path)
                    looked[role] += 1
                    wrong += [f"{found.role} {found.path}: {said}" for said in (*broken(page), *sideways(page))]
                known.add(found.built)
    assert wrong == []
    assert looked, "no page was built of other parts: nothing was looked at"


# Eyes


MOVING = """() => [...document.getAnimations().map((one) => one.effect.target.outerHTML.slice(0, 160)),
  ...[...document.querySelectorAll("*")].filter((one) => {
    const style = getComputedStyle(one);
    return parseFloat(style.transitionDuration) > 0 || style.scrollBehavior === "smooth";
  }).map((one) => one.outerHTML.slice(0, 160))]"""
UNFORCED = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  const painted = style.backgroundColor !== getComputedStyle(document.body).backgroundColor
    || style.borderTopWidth !== "0px";
  const text = [...one.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  return one.checkVisibility() && (style.forcedColorAdjust === "none" && text
    || one.matches(".mark, .dot") && one.getBoundingClientRect().width > 0 && !painted);
}).map((one) => one.outerHTML.slice(0, 160))"""
"""What a reader's own colours would hide: marks without a colour of theirs, and words that keep ours."""


# Hands


TABBABLE = """() => {
  const stops = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter((one) =>
    one.checkVisibility() && !one.disabled && one.tabIndex >= 0 && one.type !== "radio");
  stops.forEach((one, at) => { one.dataset.stop = at; });
  return stops.map((one) => !one.closest("header, .within, .saved, .skip"));
}"""
HERE = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  return {stop: here.dataset.stop ?? "", tag: here.outerHTML.slice(0, 160),
          ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
          seen: box.bottom > 0 && box.top < innerHeight && box.width > 0,
          top: here === document.body, radio: here.type === "radio"};
}"""


def walked(page: Page) -> Iterator[str]:
    """The tab key comes to every stop of the page's content in the order of reading; what has the focus is to be seen,
    with a ring around it. Where the content begins, the skip link leads."""
    of_content = page.evaluate(TABBABLE)
    expected = [at for at, inside in enumerate(of_content) if inside][:MOST_STOPS]
    page.evaluate("() => document.getElementById('main')?.focus()")
    stops: list[str] = []
    for _press in range(len(expected) * 4 + 20):
        if len(stops) >= len(expected):
            break
        page.keyboard.press("Tab")
        here = page.evaluate(HERE)
        if here["top"]:
            break
        if not here["ringed"]:
            yield f"no ring around {here['tag']}"
        if not here["seen"]:
            yield f"out of sight: {here['tag']}"
        again = here["stop"] and here["stop"] in stops[-1:]  # a field for a date has several stops of its own
        if not here["radio"] and not again:
            stops.append(here["stop"])
    known = [int(stop) for stop in stops if stop]
    if known != sorted(known):
        yield f"not in the order of reading: {stops}"
    # What was made anew while the key was pressed stands where something else stood before.
    if len(set(expected) - set(known)) > stops.count(""):
        yield f"not reached: {sorted(set(expected) - set(known))} of {stops}"


def test_the_skip_link_leads_past_the_navigation(browser: Browser, demo: Demo) -> None:
    with demo.looked_at(browser, "manager") as (context, _watched):
        page = context.new_page()
        opened(page, demo, "/calls")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "main"


@pytest.mark.parametrize("role", WITH_PAGES_OF_THEIR_OWN)
def test_the_keyboard_comes_through_the_head_of_a_page(browser: Browser, demo: Demo, pages: Pages, role: Role) -> None:
    with demo.looked_at(browser, role, viewport=DESK) as (context, _watched):
        page = context.new_page()
        opened(page, demo, pages[role][0].path)
        head = page.evaluate(TABBABLE).index(True)
        for stop in range(head):
            page.keyboard.press("Tab")
            here = page.evaluate(HERE)
            assert (here["stop"], here["ringed"], here["seen"]) == (str(stop), True, True), here


# Languages


SAID = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("script, style, body [lang]")) found.push(walker.currentNode.textContent.trim());
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
    browser: Browser, demo: Demo, pages: Pages, role: Role
) -> None:
    # A word in small letters may be a code or a name in the data, which happens to be a message too.
    english = {one.message for one in everything_said() if one.message[:1].isupper() and len(one.message) > 3}
    wrong: list[str] = []
    with demo.looked_at(browser, role, viewport=DESK, language=PSEUDO) as (context, _watched):
        page = context.new_page()
        for found in pages[role]:
            page.set_viewport_size(DESK)
            opened(page, demo, found.path)
            page.evaluate(UNFOLDED)
            said = page.evaluate(SAID)
            wrong += [f"{found.path} says in English: {text}" for text in said if text in english]
            if not any(OPENS in text and CLOSES in text for text in said):
                wrong.append(f"{found.path} says nothing in the language")
            for viewport in (DESK, PHONE):
                page.set_viewport_size(viewport)
                wrong += [f"{found.path}: {fault}" for fault in sideways(page)]
                wrong += [f"{found.path} cuts off at {viewport['width']}: {cut}" for cut in page.evaluate(CUT)]
    assert wrong == []


@pytest.mark.parametrize(
    ("accepted", "lang", "heading"),
    [("de-AT", "de", "Anrufe"), ("fr", "fr", "Appels"), ("hr", "bs", "Pozivi"), ("ja", "en", "Calls")],
)
def test_a_reader_gets_the_language_of_the_browser(
    browser: Browser, demo: Demo, accepted: str, lang: str, heading: str
) -> None:
    with demo.looked_at(browser, "manager", locale=accepted) as (context, _watched):
        page = context.new_page()
        opened(page, demo, "/calls")
        assert page.locator("html").get_attribute("lang") == lang
        assert page.locator("h1").inner_text() == heading


def test_language_and_clock_are_chosen_and_stay(browser: Browser, demo: Demo) -> None:
    with demo.looked_at(browser, "manager", locale="en-GB") as (context, _watched):
        page = context.new_page()
        opened(page, demo, "/calls")
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


@cache
def packed(page: Page, address: str) -> int:
    """The bytes of a script on the wire."""
    return len(gzip.compress(page.request.get(address).body(), 9))


def weighed(page: Page, html: bytes) -> Iterator[str]:
    """As it came: what the page is, and what scripts it really loaded."""
    scripts = sum(packed(page, address) for address in dict.fromkeys(page.evaluate(LOADED)))
    if len(gzip.compress(html, 5)) > PAGE_BYTES:
        yield f"{len(gzip.compress(html, 5))} bytes"
    if scripts > SCRIPT_BYTES:
        yield f"{scripts} bytes of scripts: {page.evaluate(LOADED)}"


def test_the_watch_over_pages_sees_what_it_is_there_for(browser: Browser, demo: Demo) -> None:
    """Else every test that rests on it would be of no use."""
    context = browser.new_context(extra_http_headers=demo.key("manager"))
    watched = Watched(context, demo.base)
    page = context.new_page()
    opened(page, demo, "/calls")
    assert (watched.complaints, watched.elsewhere) == ([], [])
    page.evaluate("() => document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))")
    page.evaluate("() => void fetch('https://elsewhere.example/').catch(() => 0)")
    page.evaluate("() => setTimeout(() => { throw new Error('by the page'); })")
    page.wait_for_timeout(SETTLED_MS)
    context.close()
    policy = [said for said in watched.complaints if re.search("Content.Security.Policy", said)]
    assert len(policy) >= 2
    assert any("by the page" in said for said in watched.complaints)
