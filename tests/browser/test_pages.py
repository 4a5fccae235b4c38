"""What holds for every page: safe, light, for everyone, and from one place only."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page

from services.gateway.pages.static import ASSETS, ROOT
from shared.http import COOKIE
from shared.http.forms import word_of
from tests.browser.conftest import Served, looking, serving

PATHS = (
    "/wallboard",
    "/wallboard?state=wrap_up&sort=-sales",
    "/wallboard?q=nobody+at+all",
    "/wallboard/tv",
    "/calls",
    "/calls?state=waiting",
    "/calls/adria-1:c000001",
    "/evidence?measure=sales_reported&over=contacts&partner=adria",
    "/campaigns",
    "/campaigns?state=ended",
    "/commissions",
    "/commissions?partner=adria&month=2026-03&agent=a7",
    "/training",
    "/rota",
    "/nowhere",
)
NOT_FOUND = "Failed to load resource: the server responded with a status of 404"


@pytest.fixture(scope="module")
def client(server: Served, cookies: list[dict[str, object]]) -> Iterator[httpx.Client]:
    """Without a browser."""
    with httpx.Client(base_url=server.base) as opened:
        for cookie in cookies:
            opened.cookies.set(str(cookie["name"]), str(cookie["value"]))
        yield opened


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(
    browser: Browser, server: Served, cookies: list[dict[str, object]], theme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    context.add_cookies(cookies)  # type: ignore[arg-type]
    context.add_cookies([{"name": "theme", "value": theme, "url": server.base}])
    page = context.new_page()
    for path in PATHS:
        page.goto(server.base + path)
        if path == "/wallboard":
            page.wait_for_timeout(1500)
        _check(page, path)
    context.clear_cookies()
    page.goto(f"{server.base}/wallboard")
    _check(page, "sign in")
    context.close()


def _check(page: Page, path: str) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{path} scrolls sideways: {wide} in {window}"


def test_no_page_complains_breaks_the_policy_or_asks_elsewhere(
    browser: Browser, server: Served, cookies: list[dict[str, object]]
) -> None:
    with looking(browser, server.base, cookies) as (context, watched):
        page = context.new_page()
        for path in PATHS:
            page.goto(server.base + path)
            page.wait_for_timeout(1200 if "wallboard" in path else 100)
        page.goto("about:blank")
        watched.complaints = [said for said in watched.complaints if NOT_FOUND not in said]


@pytest.mark.parametrize("path", [*PATHS, "/api/v1/wallboard", "/static/0/base.css"])
def test_every_answer_carries_the_headers_that_keep_it_safe(client: httpx.Client, path: str) -> None:
    headers = client.get(path, headers={"accept": "text/html"}).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_files_are_kept_for_good_under_their_version_only(client: httpx.Client) -> None:
    html = client.get("/wallboard").text
    found = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', html))
    assert len(found) >= 4
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/0/base.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/0/../base.css").status_code == 404
    assert client.get("/static/0/nothing.js").status_code == 404


def scripts_of(html: str) -> set[str]:
    """The scripts that a template loads, with all that they import."""
    found: set[str] = set()
    left = set(re.findall(r"asset\('(\w+\.js)'\)", html))
    while left:
        script = left.pop()
        found.add(script)
        left |= set(re.findall(r'from "\./(\w+\.js)"', ASSETS[script].body.decode())) - found
    return found


def test_pages_and_scripts_keep_to_their_weight(tmp_path_factory: pytest.TempPathFactory) -> None:
    pages = list((ROOT.parent / "templates").glob("*.html"))
    loaded = {page.name: scripts_of(page.read_text()) for page in pages}
    assert {"usage.js", "panel.js", "walk.js"} <= loaded["panel.html"]
    for name, scripts in loaded.items():
        assert sum(len(ASSETS[script].packed) for script in scripts | {"shell.js"}) <= 25 * 1024, name
    data = tmp_path_factory.mktemp("large")
    with serving(data, "--agents", "500") as large, httpx.Client(base_url=large.base) as opened:
        opened.get(large.link, follow_redirects=True)
        html = opened.get("/wallboard")
    assert html.headers["content-encoding"] == "gzip"
    assert html.text.count("<tr data-key") == 500
    assert len(gzip.compress(html.content, 5)) <= 60 * 1024


def test_the_theme_leads_back_only_to_our_own_pages(client: httpx.Client, server: Served) -> None:
    headers = {"origin": server.base, "x-csrf-token": word_of(client.cookies[COOKIE])}
    elsewhere = ("//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example")
    for back, leads in (("/calls?state=ended", "/calls?state=ended"), *((back, "/") for back in elsewhere)):
        answer = client.post("/theme", data={"to": "dark", "back": back}, headers=headers)
        assert answer.status_code == 303
        assert answer.headers["location"] == leads
    strange = client.post("/theme", data={"to": "<script>", "back": "/"}, headers=headers)
    assert "set-cookie" not in strange.headers
