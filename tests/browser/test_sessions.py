"""The page of one live session in a browser: who came, and what it was worth to them."""

from __future__ import annotations

import time
from datetime import timedelta

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from shared.clock import now
from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]
ROUTE = "/training/sessions/intro"
COMMENT = "Slower, <b>please</b>."


def held(shop: Shop) -> None:
    """A session that began a moment ago, with three who were asked: one came and said how it was, one did not come."""
    shop.done("PUT", "/training/courses/sell", {"title": "Selling", "panel": "inbound", "language": "hr"})
    shop.until("/training/courses/sell")
    begins = now() + timedelta(seconds=15)
    planned = {
        "course": "sell", "title": "The <i>first</i> call", "starts_at": begins.isoformat(), "minutes": 60,
        "time_zone": "Europe/Zagreb", "capacity": 12, "place": "https://meet.example/intro",
        "contact": "training@example.com", "trainer": "Mira",
    }  # fmt: skip
    shop.done("PUT", ROUTE, planned)
    for agent in ("a7", "a8", "a9"):
        shop.done("PUT", f"{ROUTE}/invitations/adria/{agent}")
    shop.done("POST", f"{ROUTE}/invitations/adria/a9/withdrawal")
    time.sleep(max(0.0, (begins - now()).total_seconds() + 0.5))
    for agent, present in (("a7", True), ("a8", False)):
        shop.done("POST", f"{ROUTE}/invitations/adria/{agent}/attendance", {"present": present})
    shop.done("POST", f"{ROUTE}/held", {"minutes": 55})
    shop.done("PUT", f"{ROUTE}/recording", {"url": "https://video.example/intro"})
    marks = {"understood": 5, "useful": 4, "pace": 2, "questions": 5}
    shop.done("POST", f"{ROUTE}/feedback/adria/a7", {"marks": marks, "comment": COMMENT})


def test_a_trainer_sees_what_a_session_was_worth(office: Page, shop: Shop) -> None:
    held(shop)

    def seen() -> bool:
        office.goto(f"{shop.base}/training")
        office.locator("#sessions").get_by_role("link", name="The <i>first</i> call").click()
        return office.locator("#marks").count() == 1

    shop.eventually(seen)
    expect(office.locator("h1")).to_have_text("The <i>first</i> call")
    expect(office.locator("#marks tbody tr").nth(2)).to_have_text("The pace was right.2.001")
    expect(office.locator("#comments q")).to_have_text(COMMENT)
    rows = office.locator("#invited tbody tr")
    expect(rows).to_have_count(3)
    for row, text in enumerate(("was there", "was not there", "invitation withdrawn")):
        expect(rows.nth(row).locator("td").last).to_have_text(text)
    expect(office.locator("#facts")).to_contain_text("1 of 2")
    expect(office.get_by_role("link", name="Watch")).to_have_attribute("href", "https://video.example/intro")
    assert Axe().run(office).response["violations"] == []
    office.set_viewport_size({"width": 390, "height": 800})
    assert office.evaluate("document.documentElement.scrollWidth") <= 390
