"""The search in a browser: by one key from every page, for what one may see, and nothing of customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watched
from tests.browser.shop import NUMBERS, Shop, lead_of, office, shop

__all__ = ["office", "shop"]

HOSTILE = "<img src=x onerror=alert(1)> Marić"


@pytest.fixture(scope="module")
def known(shop: Shop) -> Shop:
    """Two partners with agents of alike names, a call, and a ticket of each."""
    shop.done("POST", "/partners", {"partner_id": "atlas", "name": "Atlas Direct", "time_zone": "Europe/Zagreb"})
    for partner, agent, name in (
        ("adria", "a7", "Jelena Marić"),
        ("adria", "a8", HOSTILE),
        ("atlas", "z1", "Petra Marić"),
    ):
        shop.done("POST", "/agents", {"partner_id": partner, "agent": agent, "name": name})
    shop.ring("call-77")
    shop.at_rest()

    def named() -> bool:
        """The pages know names after a while."""
        found = shop.http.get("/search", params={"q": "marić"}, headers={"accept": "text/html"}).text
        return all(name in found for name in ("Jelena Marić", "Petra Marić", "onerror"))

    shop.eventually(named)
    return shop


def signed_in(browser: Browser, shop: Shop, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(shop.base + shop.done("POST", "/sign-in-links")["path"])
    return page


@pytest.fixture
def leader(browser: Browser, known: Shop) -> Iterator[Page]:
    """A lead of the other partner."""
    with lead_of(browser, known, "atlas") as page:
        yield page


def test_a_key_leads_to_the_search_and_the_search_to_an_agent(office: Page, known: Shop) -> None:
    office.goto(f"{known.base}/coaching")
    office.keyboard.press("/")
    office.keyboard.type("jel mar")
    office.keyboard.press("Enter")
    expect(office.get_by_role("heading", name="Agents")).to_be_visible()
    office.get_by_role("link", name="Jelena Marić").click()
    expect(office.get_by_role("heading", level=1)).to_have_text("Jelena Marić")
    office.goto(f"{known.base}/ideas")
    office.get_by_label("Search everything").fill("a/b")
    expect(office.locator("#search input")).to_have_value("a/b")


@pytest.mark.parametrize("asked", ["adria-switch:call-77", "call-77"])
def test_a_call_is_found_by_its_whole_id(asked: str, office: Page, known: Shop) -> None:
    office.goto(f"{known.base}/search?q={asked}")
    office.get_by_role("link", name="adria-switch:call-77").click()
    expect(office.get_by_role("heading", level=1)).to_contain_text("adria-switch:call-77")


def test_names_that_try_to_break_out_are_names(office: Page, known: Shop) -> None:
    office.goto(f"{known.base}/search?q=%3Cimg")
    expect(office.locator("[data-kind=agents] li")).to_have_count(1)
    expect(office.get_by_role("link", name=HOSTILE)).to_be_visible()
    office.goto(f"{known.base}/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
    expect(office.get_by_text("Nothing fits that you may see.")).to_be_visible()


def test_a_partner_finds_its_own_and_nothing_of_others(leader: Page, known: Shop) -> None:
    leader.goto(f"{known.base}/search?q=mari%C4%87")
    expect(leader.locator(".found li")).to_have_count(1)
    expect(leader.locator(".found")).to_contain_text("Petra Marić")
    for asked in ("adria", "call-77", "adria-switch:call-77", "Jelena"):
        leader.goto(f"{known.base}/search?q={asked}")
        expect(leader.get_by_text("Nothing fits that you may see.")).to_be_visible()


def test_customers_are_not_found_by_their_numbers(office: Page, known: Shop) -> None:
    for number in (NUMBERS["customer_number"], NUMBERS["customer_number"][4:]):
        office.goto(f"{known.base}/search?q={number.replace('+', '%2B')}")
        expect(office.get_by_text("Nothing fits that you may see.")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_it_is_for_everyone_and_without_script_too(browser: Browser, known: Shop, width: int) -> None:
    for script in (True, False):
        page = signed_in(
            browser, known, viewport={"width": width, "height": 900}, java_script_enabled=script, bypass_csp=True
        )
        watched = Watched(page.context, known.base)
        for path in ("/search", "/search?q=a", "/search?q=mari%C4%87", "/search?q=nobody+at+all"):
            page.goto(known.base + path)
            if script:
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
                wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
                assert wide <= window, path
        page.goto(f"{known.base}/wallboard")
        page.locator("#search input").fill("atlas")
        page.locator("#search input").press("Enter")
        expect(page.locator("[data-kind=partners]")).to_contain_text("Atlas Direct")
        page.context.close()
        assert (watched.complaints, watched.elsewhere) == ([], [])
