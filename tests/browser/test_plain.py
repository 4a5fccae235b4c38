"""Every page of every role with the browser's scripts switched off: it shows what it has, and its forms can be sent.

The pages are those that `test_people.py` looks at, found by their links.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import Browser, Page

from services.gateway.pages import PARTS
from shared.rights import ROLES, Role
from tests.browser.demo import Demo, Found, Pages, demo, kind_of, pages

__all__ = ["demo", "pages"]

pytestmark = pytest.mark.timeout(900)
BY_SCRIPT: Mapping[str, str] = {
    "/panel": "it changes by itself when a call rings, and says so: its links lead on",
}
"""Pages that are of no use without script, and why; they say that they need one, and all links on them work."""
POSTS = [
    route for part in PARTS for route in part.routes if isinstance(route, APIRoute) and "POST" in (route.methods or ())
]
FILE = re.compile(r'href="(/[^"]*[?&](?:amp;)?file=[^"]*\.csv)"')
SHARE = re.compile(r"^[^A-Za-z]*\d\s*%$|^[\w .]+ \d+(\.\d+)? %(, [\w .]+ \d+(\.\d+)? %)*$")
"""A share with its sign: alone, or behind the names of whose each is."""
BLANK = "#scores, #survey, #disputes, .signatures *"
"""Lists of what nobody has said yet, and lines on paper on which somebody writes by hand."""
LACKS = """(blank) => {
  const main = document.getElementById("main");
  const seen = (what) => [...main.querySelectorAll(what)].filter((one) => one.checkVisibility() && !one.matches(blank));
  const found = [];
  const say = (words, ones) => ones.forEach((one) => found.push(`${words}: ${one.outerHTML.slice(0, 160)}`));
  say("has nothing in it", seen("tbody, ul, ol, dl, select").filter((one) => !one.children.length));
  say("shows no figure", seen("dd, td.n, .kpis [data-text], .value").filter((one) => !one.textContent.trim()
    && !one.closest("tfoot")));
  say("waits", seen("[aria-busy=true], progress:not([value])"));
  say("does nothing", seen("button").filter((one) => one.type !== "submit" || !one.form));
  say("can't be sent", seen("form").filter((one) => one.querySelector("input:not([type=hidden]), button")
    && !one.querySelector("button, [type=submit]") || one.method === "post" && !one.hasAttribute("action")));
  const sorry = main.innerText.match(/.{0,40}(?:loading|javascript).{0,40}/i);
  if (sorry) found.push(`says: ${sorry[0]}`);
  if (!main.querySelector("h1")?.textContent.trim()) found.push("has no title");
  return found;
}"""
FORMS = """() => [...document.querySelectorAll("#main form")].filter((one) => one.checkVisibility()).flatMap((one) =>
  [one, ...one.querySelectorAll("[formaction]")].map((each) => [one.method,
    new URL(each.getAttribute("formaction") ?? one.getAttribute("action") ?? "", location.href).href]))"""
FILTER = """(action) => { const form = [...document.querySelectorAll("#main form")].find((one) =>
  one.method === "get" && one.checkVisibility() && one.action === action);
  return form.checkValidity() ? new URLSearchParams(new FormData(form)).toString() : null; }"""


def lacking(page: Page, demo: Demo, found: Found) -> Iterator[str]:
    """What whoever has no script can't see or do on a page. Forms that ask are asked; those that write lead to a route
    that takes them."""
    answer = page.goto(demo.base + found.path)
    if answer is None or answer.status != 200:
        yield f"answers {answer and answer.status}"
        return
    page.evaluate("() => document.querySelectorAll('#main details').forEach((one) => { one.open = true; })")
    if kind_of(found.path)[0] in BY_SCRIPT:
        if "JavaScript" not in page.locator("main").inner_text():
            yield "does not say that it needs a script"
        return
    yield from page.evaluate(LACKS, BLANK)
    for method, action in {(method, action) for method, action in page.evaluate(FORMS)}:
        path = urlsplit(action).path
        if method == "post":
            if not any(route.path_regex.match(path) for route in POSTS):
                yield f"nothing takes its form: {action}"
        elif (query := page.evaluate(FILTER, action)) is not None:
            asked = page.request.get(f"{action.partition('#')[0].partition('?')[0]}?{query}", max_redirects=0)
            if asked.status != 200:
                yield f"its form is answered {asked.status}: {action}?{query}"


@pytest.mark.parametrize("role", ROLES)
def test_every_page_goes_without_script(browser: Browser, demo: Demo, pages: Pages, role: Role) -> None:
    wrong: list[str] = []
    with demo.looked_at(browser, role, java_script_enabled=False) as (context, _watched):
        page = context.new_page()
        for found in pages[role]:
            wrong += [f"{found.path}: {said}" for said in lacking(page, demo, found)]
    assert wrong == [], "\n".join(wrong)


def test_only_what_a_call_changes_needs_a_script(pages: Pages) -> None:
    """A page is left out for a reason, and is there."""
    there_are = {kind_of(found.path)[0] for found in pages["agent"]}
    assert BY_SCRIPT.keys() <= there_are


def test_shares_in_files_of_tables_are_numbers(demo: Demo, pages: Pages) -> None:
    """Every table of every page as a file."""
    seen: set[tuple[object, ...]] = set()
    wrong: list[str] = []
    for role in ROLES:
        for found in pages[role]:
            for way in (unescape(href) for href in FILE.findall(found.html.decode())):
                table = (kind_of(way), parse_qs(urlsplit(way).query)["file"][0])
                if table not in seen:
                    seen.add(table)
                    answer = demo.http.get(way, headers=demo.key(role))
                    assert answer.status_code == 200, f"{role} {way}"
                    _heading, *rows = csv.reader(answer.text.removeprefix("\ufeff").splitlines())
                    wrong += [f"{way}: {cell}" for row in rows for cell in row if SHARE.search(cell)]
    assert len(seen) > 40, seen
    assert wrong == [], "\n".join(wrong)
