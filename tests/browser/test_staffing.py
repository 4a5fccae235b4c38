"""A partner's staffing in a browser: what is promised and who is committed, written, refused by field, and shown."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]


def test_staffing_and_capacity_are_said(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/rota")
    office.get_by_role("link", name="Staffing").click()
    expect(office.get_by_text("It is not said how the partner is staffed.")).to_be_visible()
    text = office.get_by_label("Staffing, as YAML")
    expect(office.get_by_text("Campaigns are written by their names: Spring.")).to_be_visible()
    told = text.input_value().replace("language: en", "language: hr\n  campaigns: [Spring]")
    text.fill(told)
    office.get_by_role("button", name="Say how it is staffed").click()
    expect(office.locator("#said")).to_have_text("The partner is staffed as you said.")
    expect(office.locator("#lines tbody td.n")).to_have_text(["80 %", "20", "30 %"])
    told = office.request.get(f"{shop.base}/rota/staffing?file=lines.csv").text().splitlines()[1]
    assert told.endswith(",Spring,0.80,20,0.30")
    expect(text).to_have_value(re.compile("campaigns:\\s+- Spring$", re.MULTILINE))
    staffing = shop.http.get("/api/v1/training/partners/adria/staffing").json()
    assert staffing["lines"][0]["campaigns"] == ["spring"]

    office.get_by_role("button", name="Commit").click()
    expect(office.locator("#said")).to_have_text("The people are committed.")
    expect(office.locator("#committed tbody tr")).to_contain_text("08:00–20:00")
    assert Axe().run(office).violations_count == 0, Axe().run(office).generate_report()
    office.set_viewport_size({"width": 390, "height": 800})
    assert office.evaluate("document.documentElement.scrollWidth") <= 390
