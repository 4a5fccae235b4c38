"""The pages of routes and events, on a whole server: from the first page to a field, and what is wrong is nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]
SHOTS = os.environ.get("SHOTS", "")
"""A folder for pictures of the pages, where somebody wants to look at them."""


def looked_at(page: Page, name: str) -> None:
    """No violation of accessibility, and nothing wider than a telephone."""
    assert Axe().run(page).response["violations"] == []
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-390.png")
    assert size is not None
    page.set_viewport_size(size)


def test_a_route_is_found_with_its_parameters_body_answers_and_example(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/developers")
    expect(office.locator("#first")).to_contain_text("authorization: Bearer")
    looked_at(office, "developers")
    office.locator("#tags").get_by_role("link", name="contracts").click()
    looked_at(office, "contracts")
    office.get_by_role("navigation", name="Routes").get_by_role("link", name="Agree terms").click()
    route = office.locator(".route").filter(has=office.get_by_role("heading", name="Agree terms", exact=True))
    expect(route.locator(".address")).to_have_text("PUT /api/v1/contracts/{contract_id}/agreement")
    expect(route).to_be_in_viewport()
    parameters = route.get_by_role("region", name="Parameters of")
    for name in ("contract_id", "If-Match", "Idempotency-Key", "Prefer"):
        expect(parameters.get_by_role("rowheader", name=name, exact=True)).to_be_visible()
    expect(route.locator(".answers")).to_contain_text("412")
    example = route.locator("details")
    expect(example.locator("pre")).to_be_hidden()
    example.locator("summary").click()
    expect(example.locator("pre")).to_contain_text('"version": 3')


def test_an_event_is_found_with_its_fields_and_its_envelope(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/developers")
    office.locator("#topics").get_by_role("link", name="tallyline.reconciliation").click()
    topic = office.get_by_role("region", name="Public events of the reconciliation service")
    expect(topic).to_be_in_viewport()
    looked_at(office, "events")
    topic.get_by_role("link", name="MonthAgreed", exact=True).click()
    expect(office.get_by_role("heading", level=1)).to_have_text("Month agreed")
    fields = office.get_by_role("region", name="Table of its fields")
    expect(fields.get_by_role("rowheader", name="partner_id", exact=True)).to_be_visible()
    expect(office.get_by_role("region", name="Table of the record").get_by_role("rowheader").first).to_have_text(
        "origin"
    )
    looked_at(office, "event")


@pytest.mark.parametrize(
    "path", ["/developers/api/nothing", "/developers/events/Nothing", "/developers/events/Delivery"]
)
def test_what_is_not_there_is_said(path: str, shop: Shop, office: Page) -> None:
    answer = office.request.get(shop.base + path, headers={"accept": "text/html"})
    assert answer.status == 404
