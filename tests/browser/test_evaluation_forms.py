"""Evaluation forms in a browser: published as YAML, refused by the name of the field, and a call that leads to its
evaluation."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.shop import Shop, office, shop

__all__ = ["office", "shop"]


def test_a_form_is_published_and_published_anew(office: Page, shop: Shop) -> None:
    office.goto(f"{shop.base}/quality")
    office.get_by_role("link", name="Evaluation forms").click()
    office.get_by_label("Id of the form").fill("inbound")
    text = office.get_by_label("The form, as YAML")
    text.fill(text.input_value().replace("New form", "Inbound <b>sale</b>"))
    office.get_by_label("Reason").fill("As agreed.")
    office.get_by_role("button", name="Publish").click()
    expect(office.locator("#said")).to_have_text("The version is published.")
    expect(office.locator("#one-title")).to_have_text("Inbound <b>sale</b>, version 1")
    expect(office.locator("#questions tbody tr")).to_contain_text("Yes (1), No (0)")

    text.fill(text.input_value().replace("weight: 1", "weight: 2\n  fatal: true"))
    office.get_by_label("Reason").fill("The greeting counts twice.")
    office.get_by_role("button", name="Publish").click()
    expect(office.locator("#one-title")).to_have_text("Inbound <b>sale</b>, version 2")
    expect(office.locator("#questions tbody tr")).to_contain_text("no points fail the call")
    expect(office.locator("#versions tbody tr")).to_have_count(2)
    office.get_by_label("Reason").fill("Again.")
    office.get_by_role("button", name="Publish").click()
    expect(office.locator("#said")).to_have_text("It asks what the version before asks: there is nothing to publish.")
    assert Axe().run(office).violations_count == 0, Axe().run(office).generate_report()
    office.get_by_role("link", name="1", exact=True).click()
    expect(office.locator("#one-title")).to_have_text("Inbound <b>sale</b>, version 1")
    office.set_viewport_size({"width": 390, "height": 800})
    assert office.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_call_leads_to_its_evaluation(office: Page, shop: Shop) -> None:
    shop.ring("form-1")
    shop.answer("form-1")
    shop.end("form-1")
    call = "adria-switch:form-1"
    shop.until(f"/calls/{call}")  # a page that isn't there yet is a complaint of the browser

    def ended() -> bool:
        office.goto(f"{shop.base}/calls/{call}")
        return office.locator("#evaluate").count() == 1

    shop.eventually(ended)
    office.locator("#evaluate").click()
    expect(office.get_by_label("Call", exact=True)).to_have_value(call)
    expect(office.get_by_label("Day on which it ended")).not_to_have_value("")
