"""The pages of tickets on a whole server: opened, answered, resolved and reopened by forms, each side its own."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from tests.browser.shop import Shop, office, shop
from tests.browser.test_partners import signed_in, status_of

__all__ = ["office", "shop"]
HOSTILE = '<script>alert("ticket")</script>'


@pytest.fixture(scope="module")
def asked(shop: Shop) -> str:
    """A ticket of another partner: its id."""
    shop.done("POST", "/partners", {"partner_id": "sava", "name": "Sava", "time_zone": "Europe/Belgrade"})
    shop.until("/partners/sava")
    body = {"partner_id": "sava", "subject": "Of the Sava", "text": "A secret.", "category": "other"}
    ticket = str(shop.done("POST", "/tickets", body)["id"])
    shop.until(f"/tickets/{ticket}")
    return ticket


def test_a_ticket_is_opened_answered_resolved_and_reopened_without_script(
    browser: Browser, shop: Shop, asked: str
) -> None:
    with signed_in(browser, shop, "manager", script=False) as page:
        page.goto(f"{shop.base}/tickets")
        form = page.locator("#open form")
        form.locator("[name=partner_id]").select_option("adria")
        form.get_by_label("Priority").select_option("urgent")
        form.get_by_label("Subject").fill(HOSTILE)
        form.get_by_label("What is asked for").fill("Call +385 91 234 5678, please.")
        form.get_by_label("About the call").fill("adria-switch:c1")
        page.get_by_role("button", name="Open it").click()
        expect(page.locator("#said")).to_have_text("The ticket is open.")
        expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
        expect(page.locator("#thread")).not_to_contain_text("234 5678")
        expect(page.get_by_role("link", name="call adria-switch:c1")).to_have_attribute(
            "href", "/calls/adria-switch:c1"
        )
        page.get_by_label("Answer").fill("Which line is it?\nAll?")
        page.get_by_label("and wait for the other side").check()
        page.get_by_role("button", name="Say it").click()
        expect(page.locator(".head")).to_contain_text("Waits for an answer")
        expect(page.locator(".facts")).to_contain_text("stands: ")
        page.get_by_label("Answer").fill("They are slow today.")
        page.get_by_label("a note for our own side").check()
        page.get_by_role("button", name="Say it").click()
        expect(page.locator("#thread .internal")).to_contain_text("They are slow today.")
        page.get_by_label("Assign to").fill("Jana")
        page.get_by_role("button", name="Assign").click()
        expect(page.locator(".facts")).to_contain_text("Jana")
        page.get_by_label("Outcome").fill("Mended.")
        page.get_by_role("button", name="Resolve").click()
        expect(page.locator(".head")).to_contain_text("Resolved")
        expect(page.get_by_label("a note for our own side")).to_be_checked()
        page.get_by_label("Answer").fill("To the partner.")
        page.get_by_label("a note for our own side").uncheck()
        page.get_by_role("button", name="Say it").click()
        expect(page.locator("#told-here")).not_to_be_empty()
        expect(page.get_by_label("Answer")).to_have_value("To the partner.")
        page.get_by_label("Why it is not done").fill("Again.")
        page.get_by_role("button", name="Reopen").click()
        expect(page.locator("body")).to_contain_text("Opened again because: Again.")


def test_the_queue_is_filtered_and_shows_both_clocks(office: Page, shop: Shop, asked: str) -> None:
    office.goto(f"{shop.base}/tickets?partner=sava")
    row = office.locator("#tickets tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(re.compile(r"7:5\d\sh\sof\s8:00\sh\sleft"))
    expect(row).to_contain_text(re.compile(r"71:5\d\sh\sof\s72:00\sh\sleft"))
    assert Axe().run(office).response["violations"] == []
    office.get_by_label("past its promise").check()
    office.get_by_role("button", name="Show", exact=True).click()
    expect(office.locator("#queue-part")).to_contain_text("No ticket matches.")
    assert "late=1" in office.url
    office.goto(f"{shop.base}/tickets/{asked}")
    assert Axe().run(office).response["violations"] == []
    office.set_viewport_size({"width": 390, "height": 800})
    for path in ("/tickets", f"/tickets/{asked}"):
        office.goto(shop.base + path)
        assert office.evaluate("() => document.documentElement.scrollWidth") == 390


def test_a_partner_sees_and_answers_its_own_tickets_and_no_note_of_ours(
    browser: Browser, shop: Shop, asked: str
) -> None:
    body = {"partner_id": "adria", "subject": "For the Adria", "text": "A question.", "category": "data"}
    mine = str(shop.done("POST", "/tickets", body | {"handled_by": "partner"})["id"])
    shop.until(f"/tickets/{mine}")
    shop.done("POST", f"/tickets/{mine}/messages", {"text": "Between us.", "internal": True})
    with signed_in(browser, shop, "partner", "adria") as page:
        page.goto(f"{shop.base}/tickets")
        expect(page.locator("#tickets")).to_contain_text("For the Adria")
        expect(page.locator("body")).not_to_contain_text("Sava")
        assert status_of(page, f"{shop.base}/tickets/{asked}") == 404
        expect(page.locator("body")).not_to_contain_text("secret")
        page.goto(f"{shop.base}/tickets/{mine}")
        expect(page.locator("#thread li")).to_have_count(1)
        expect(page.get_by_label("Assign to")).to_have_count(0)
        page.get_by_label("Answer").fill("We look.")
        page.get_by_role("button", name="Say it").click()
        expect(page.locator("#thread li.partner")).to_contain_text("We look.")
    assert shop.http.post(f"/tickets/{asked}/nothing", data={"text": "x"}).status_code == 404
    key = {"name": "a7", "role": "agent", "partners": ["adria"], "agent": "a7"}
    agent = {"authorization": f"Bearer {shop.done('POST', '/keys', key)['key']}"}
    for path in ("/tickets", f"/tickets/{mine}", "/partners", "/partners/adria"):
        assert shop.http.get(path, headers=agent).status_code == 403
