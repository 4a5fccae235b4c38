"""The pages of rotas in a browser: made by a form that says what is missing; candidates through their stages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served, looking
from tests.browser.shop import Shop, serving, today


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server with a partner of two agents, and what is promised to its callers, and no history."""
    with serving(tmp_path_factory) as opened:
        opened.done("POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        for agent, languages in (("a7", ["hr", "de"]), ("a8", ["pl"])):
            opened.done("POST", "/agents", {"partner_id": "adria", "agent": agent, "languages": languages})
        opened.eventually(lambda: len(opened.http.get("/api/v1/agents?partner=adria").json()["items"]) == 2)
        yield opened


@pytest.fixture
def office(browser: Browser, shop: Shop) -> Iterator[Page]:
    """A planner of the company."""
    context = browser.new_context(viewport={"width": 390, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(shop.base + shop.done("POST", "/sign-in-links")["path"])
    yield page
    context.close()


def fits(page: Page) -> None:
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window


def test_the_form_begins_with_the_agents_and_says_what_is_missing(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/rota?partner=adria")
    office.get_by_role("link", name="Make a rota").click()
    people = office.get_by_label("People, one a line")
    expect(people).to_have_value("a7: hr, de\na8: pl")
    fits(office)
    office.get_by_label("Name", exact=True).fill("w1")
    people.fill("a7: hr\na8")
    office.get_by_role("button", name="Try").click()
    expect(office.locator("#said")).to_have_text("Line 2 can't be read: a8")
    people.fill("a7: hr")
    office.get_by_role("button", name="Draft").click()
    expect(office.locator("#said")).to_have_text("Nobody has said yet how the partner is staffed.")
    staffing = {"time_zone": "Europe/Zagreb", "lines": [{"language": "hr", "share_percent": 80, "within_seconds": 20}]}
    shop.done("PUT", "/training/partners/adria/staffing", staffing)
    shop.until("/training/partners/adria/staffing")
    office.get_by_role("button", name="Try").click()
    expect(office.locator("#said")).to_have_text("No call was offered to agents yet.")
    expect(people).to_have_value("a7: hr")
    first = today() + timedelta(days=7 - today().weekday())
    expect(office.get_by_label("First day")).to_have_value(first.isoformat())


def test_people_are_planned_by_their_names(office: Page, shop: Shop) -> None:
    shop.done("POST", "/partners", {"partner_id": "nova", "name": "Nova", "time_zone": "Europe/Zagreb"})
    for agent, name in (("b1", "Ana Anić"), ("b2", "Bruno Babić"), ("b3", "Bruno Babić")):
        known = {"partner_id": "nova", "agent": agent, "name": name, "languages": ["hr"]}
        shop.done("POST", "/agents", known)
    shop.eventually(lambda: len(shop.http.get("/api/v1/agents?partner=nova").json()["items"]) == 3)
    planning = f"{shop.base}/rota/plan?partner=nova"
    shop.eventually(lambda: bool(office.goto(planning)) and office.get_by_label("Partner").input_value() == "nova")
    people = office.get_by_label("People, one a line")
    expect(people).to_have_value("Ana Anić: hr\nBruno Babić (b2): hr\nBruno Babić (b3): hr")
    office.get_by_label("Name", exact=True).fill("w1")
    people.fill("Ana Anić: hr\nBruno Babić: hr")
    office.get_by_role("button", name="Try").click()
    expect(office.locator("#said")).to_have_text("Line 2: no agent, or more than one, is called Bruno Babić.")
    people.fill("Ana Anić: hr\nBruno Babić (b3): hr")
    office.get_by_role("button", name="Try").click()
    expect(office.locator("#said")).to_have_text("Nobody has said yet how the partner is staffed.")


def test_a_candidate_goes_through_the_stages_and_is_known_by_name_in_the_vault_alone(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/rota/candidates?partner=adria")
    expect(office.get_by_text("Nobody yet.")).to_be_visible()
    office.get_by_label("Languages with levels").fill("de C7")
    office.get_by_role("button", name="Register").click()
    assert office.locator("#candidates").count() == 0
    office.goto(f"{shop.base}/rota/candidates?partner=adria")
    office.get_by_label("Languages with levels").fill("de C1 tested, en B2")
    office.get_by_label("Skills").fill("telesales")
    office.get_by_role("button", name="Register").click()
    expect(office.locator("#said")).to_have_text("They are registered.")
    shop.eventually(lambda: len(shop.http.get("/api/v1/training/partners/adria/candidates").json()["items"]) == 1)
    office.reload()
    office.locator("#candidates a").click()
    expect(office.get_by_text("de C1 (tested), en B2; telesales")).to_be_visible()
    fits(office)
    office.locator("#person").get_by_label("Name").fill("Ana Anić")
    office.get_by_role("button", name="Keep in the vault").click()
    expect(office.get_by_role("heading", name="Ana Anić")).to_be_visible()
    assert "Ana" not in office.url
    office.get_by_label("Next stage").select_option("hired")
    office.get_by_role("button", name="Move").click()
    expect(office.locator("#wrong")).to_have_text("Who is hired has an id as agent, and nobody else.")
    office.get_by_label("Next stage").select_option("tested")
    office.get_by_role("button", name="Move").click()
    expect(office.locator("#said")).to_have_text("They are there now: Tested.")
    office.get_by_role("button", name="Erase who that is").click()
    expect(office.locator("#said")).to_have_text("Nobody knows any more who that is.")
    assert office.get_by_text("Ana Anić").count() == 0


def test_need_and_cover_are_a_line_and_the_same_as_numbers(
    browser: Browser, server: Served, cookies: list[dict[str, object]]
) -> None:
    with looking(browser, server.base, cookies) as (context, _):
        page = context.new_page()
        page.goto(f"{server.base}/rota")
        chart = page.get_by_role("img", name="Needed at once: 1 at most")
        expect(chart).to_be_visible()
        page.get_by_text("The same as numbers").click()
        row = page.locator(".cover-table tbody tr").filter(has_text="22:00").locator("td")
        assert row.all_inner_texts()[0] == "1 / 1"
        assert page.locator(".cover-table td.short").count() == 7 * 6 - 2
