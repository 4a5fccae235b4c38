"""The panel tells how its steps go, where the company says so, and shows the agent all that is held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from shared.clock import now
from tests.browser.conftest import Watched
from tests.browser.shop import Shop, serving


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A server whose company collects."""
    with serving(tmp_path_factory, TALLYLINE_PANEL_USAGE="1", TALLYLINE_PANEL_USAGE_DAYS="14") as opened:
        opened.set_up()
        yield opened


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    """The panel of an agent, watched."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    watched = Watched(context, shop.base)
    opened = context.new_page()
    link = shop.done("POST", "/agent-sign-in-links", {"name": "Ivo", "partner": "adria", "agent": "a7"})
    opened.goto(shop.base + link["path"])
    yield opened
    context.close()
    assert watched.complaints == []
    assert watched.elsewhere == []


def test_steps_are_counted_and_nothing_that_is_typed(page: Page, shop: Shop) -> None:
    told: list[str] = []
    page.on("request", lambda asked: told.append(asked.post_data or "") if asked.url.endswith("/usage") else None)
    expect(page.locator("#usage summary")).to_have_text("What is counted of my work on this page")
    shop.ring("u-1")
    shop.answer("u-1")
    expect(page.locator("#state")).to_have_text("On call")
    page.locator("#products").get_by_role("button", name="Take Collagen").click()
    pieces = page.get_by_label("Pieces of Collagen").first
    pieces.fill("777")
    pieces.dispatch_event("change")
    pieces.fill("2")
    pieces.dispatch_event("change")
    page.get_by_role("button", name="Keep").click()  # no result was chosen
    page.get_by_label("In your words").evaluate("element => element.closest('details').open = true")
    page.get_by_label("In your words").fill("Iva Kos, 0912345678")
    page.get_by_label("Pieces of Collagen").first.focus()
    shop.end("u-1")
    expect(page.locator("#state")).to_have_text("Ended")
    shop.ring("u-2")
    expect(page.locator("#state")).to_have_text("Rings")

    def held() -> dict[str, Any]:
        day = now().date()
        days = shop.done("GET", f"/training/struggles?partner=adria&from={day}&to=2099-01-01")["steps"]
        return {one["step"]: one for one in days}

    def all_held() -> bool:
        visits = {step: one["visits"] for step, one in held().items()}
        return visits.keys() >= {"result", "hot_lead"} and visits.get("order") == 2

    shop.eventually(all_held)
    found = held()
    assert found["order"]["visits"] == 2
    assert (found["order"]["failed_percent"], found["order"]["back_percent"]) == ("50.00", "50.00")
    assert found["order"]["abandoned_percent"] == "50.00", "what was in the order was left for good"
    assert found["result"]["failed_percent"] == "100.00"
    assert found["hot_lead"]["visits"] == 1
    assert told
    kinds = [visit.get("mistakes") for one in told for visit in json.loads(one)["visits"] if visit.get("mistakes")]
    assert kinds == [{"range": 1}, {"missing": 1}]
    assert all(word not in "".join(told) for word in ("777", "Iva", "0912345678", "Collagen", "u-1"))

    page.locator("#usage summary").click()
    expect(page.locator("#usage-told")).to_contain_text("nothing that is typed")
    expect(page.locator("#usage-days")).to_have_text("14")
    row = page.locator("#usage-held tr", has_text="panel · order")
    expect(row.locator("td")).to_have_text(["panel · order", "2", "1", "1", "1"])
    assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()


def test_what_is_on_the_way_when_the_page_closes_arrives(page: Page, shop: Shop) -> None:
    shop.ring("u-3")
    shop.answer("u-3")
    expect(page.locator("#desk")).to_be_visible()

    def visits() -> int:
        steps = shop.done("GET", f"/training/struggles?partner=adria&from={now().date()}&to=2099-01-01")["steps"]
        return sum(one["visits"] for one in steps if one["step"] == "result")

    shop.at_rest()
    before = visits()
    page.get_by_label("Result of the call").focus()
    page.goto("about:blank")
    shop.eventually(lambda: visits() == before + 1)
