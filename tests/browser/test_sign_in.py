"""Signing in by hand: at a real OpenID provider and out again, with a password, and the page that lets people in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser.shop import Shop, serving
from tests.engines.oidc import ROLES, provider
from tests.engines.server import Server, free_port

OUTSIDE = ("status of 401", "status of 403", "status of 409")
"""What the browser says of pages that one sees before one is signed in, or is not to see."""
CHOSEN = "seven green bottles"


class Place:
    """A server of ours, and the provider beside it."""

    def __init__(self, shop: Shop, server: Server) -> None:
        self.shop = shop
        self.base = shop.base
        self.issuer = f"http://{server.address()}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    port = free_port()
    server = provider(f"http://127.0.0.1:{port}")
    environ = {
        "TALLYLINE_OIDC_ISSUER": f"http://{server.address()}",
        "TALLYLINE_OIDC_CLIENT_ID": "tallyline",
        "TALLYLINE_OIDC_CLIENT_SECRET": "a secret: with a colon",
        "TALLYLINE_OIDC_ROLE_CLAIM": "groups",
        "TALLYLINE_OIDC_ROLES": ROLES,
    }
    try:
        with serving(tmp_path_factory, port, **environ) as shop:
            yield Place(shop, server)
    finally:
        server.stop()


@pytest.fixture
def context(browser: Browser, place: Place) -> Iterator[BrowserContext]:
    """A browser in which nobody is signed in. Our pages complain of nothing, and ask us and the provider alone."""
    opened = browser.new_context(viewport={"width": 1280, "height": 800})
    asked: list[str] = []
    complaints: list[str] = []

    def said(one: ConsoleMessage) -> None:
        if one.type in ("error", "warning") and one.location["url"].startswith(place.base):
            complaints.append(one.text)

    opened.on("console", said)
    opened.on("request", lambda one: asked.append(one.url) if one.frame.url.startswith(place.base) else None)
    yield opened
    opened.close()
    assert [text for text in complaints if not any(known in text for known in OUTSIDE)] == []
    assert {url for url in asked if not url.startswith((place.base, place.issuer))} == set()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def at_provider(page: Page, login: str) -> None:
    """Sign in on the provider's own pages."""
    page.fill('input[name="login"]', login)
    page.fill('input[name="password"]', "any")
    page.click("button.login-submit")
    page.click("button.login-submit")


def faultless(page: Page) -> None:
    """Without what axe finds fault with."""
    assert Axe().run(page).response["violations"] == []


def test_one_signs_in_at_the_company_s_provider_gets_where_one_was_going_and_out_of_both(
    page: Page, place: Place
) -> None:
    page.goto(f"{place.base}/calls?state=ended")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    faultless(page)
    page.get_by_role("link", name="Sign in with your company’s account").click()
    assert page.url.startswith(place.issuer)
    at_provider(page, "mira:floor")
    expect(page).to_have_url(f"{place.base}/calls?state=ended")
    expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    page.wait_for_url(f"{place.issuer}/session/end**")
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page).to_have_url(f"{place.base}/signin")
    page.goto(f"{place.base}/calls")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_who_has_no_role_here_is_told_whom_to_ask(page: Page, place: Place) -> None:
    page.goto(f"{place.base}/signin")
    page.get_by_role("link", name="Sign in with your company’s account").click()
    at_provider(page, "eva:cooks")
    expect(page.get_by_role("alert")).to_contain_text("gives you no role here. Ask your administrator.")
    page.goto(f"{place.base}/wallboard")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_administrator_lets_somebody_in_who_chooses_a_password_and_is_let_out_again(
    page: Page, place: Place, browser: Browser
) -> None:
    page.goto(place.base + place.shop.done("POST", "/sign-in-links")["path"])
    page.get_by_role("link", name="System").click()
    page.get_by_role("link", name="Admin").click()
    adding = page.locator('form[action="/admin/users"]')
    adding.get_by_label("Name").fill("nina")
    adding.get_by_label("Role").select_option("trainer")
    adding.get_by_role("button", name="Add a user").click()
    first = page.locator(".secret code").inner_text()
    making = page.locator('form[action="/admin/keys"]')
    making.get_by_label("What it is for").fill("wallboard of the hall")
    making.get_by_label("Role").select_option("manager")
    making.get_by_text("Only some rights").click()
    making.get_by_label("wallboard.see").check()
    faultless(page)
    making.get_by_role("button", name="Make a key").click()
    expect(page.locator(".secret code")).not_to_have_text(first)
    key = page.locator(".secret code").inner_text()
    faultless(page)
    bearer = {"authorization": f"Bearer {key}"}
    assert place.shop.http.get("/api/v1/wallboard", headers=bearer).status_code == 200
    assert place.shop.http.get("/api/v1/calls", headers=bearer).status_code == 403
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{place.base}/admin")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    faultless(page)
    assert first not in page.content()
    assert key not in page.content()
    with browser.new_context(viewport={"width": 390, "height": 844}) as another:
        hers = another.new_page()
        hers.goto(f"{place.base}/scripts")
        faultless(hers)
        hers.get_by_label("Name").fill("Nina")
        hers.get_by_label("Password").fill(first)
        hers.get_by_role("button", name="Sign in").click()
        expect(hers.get_by_role("alert")).to_contain_text("Choose a password of your own")
        faultless(hers)
        hers.get_by_label("Password until now").fill(first)
        hers.get_by_label(re.compile("New password")).fill(CHOSEN)
        hers.get_by_label("The same once more").fill(CHOSEN)
        hers.get_by_role("button", name="Change it").click()
        expect(hers).to_have_url(f"{place.base}/scripts")
        page.get_by_role("button", name="Disable nina").click()
        expect(page.get_by_role("status")).to_contain_text("nina can’t sign in any more")
        hers.reload()
        expect(hers.get_by_role("heading", name="Sign in")).to_be_visible()
