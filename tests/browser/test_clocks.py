"""Days on which clocks change: an hour that is missing, one that comes twice, and days of 23 and 25 hours."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.browser.conftest import Watched
from tests.browser.shop import Shop, aside, serving
from tests.e2e.contracts import signed_partner
from tests.e2e.switch import ANSWERED, ENDED, SALE, Switch, begun, result, source
from tests.e2e.systems import Time, at_rest, start

pytestmark = pytest.mark.timeout(300)
ZONE = "Europe/Berlin"
SPRING = ("2026-03-29", ["00:30:00", "01:30:00", "03:30:00", "23:30:00"])
AUTUMN = ("2026-10-25", ["00:30:00", "02:30:00 CEST", "02:30:00 CET", "23:30:00"])
"""The days, and when calls began on them by that clock."""
BEGAN = [
    datetime(2026, month, day, hour, 30, tzinfo=UTC)
    for month, day, hour in (
        (3, 28, 22), (3, 28, 23), (3, 29, 0), (3, 29, 1), (3, 29, 21), (3, 29, 22),
        (10, 24, 21), (10, 24, 22), (10, 25, 0), (10, 25, 1), (10, 25, 22), (10, 25, 23),
    )
]  # fmt: skip
"""The first and the last of each day are the last and the first of the days beside it."""
STATES = ("available", "break", "offline")


def told(data: Path) -> None:
    """The past, to a system in this process."""

    async def tell() -> None:
        clock = Time()
        async with start("embedded", data, clock) as system:
            await signed_partner(system, "adria", "2026-02-25")
            settings = source("adria-switch", "adria")
            settings["settings"]["agent_states"] = {state: state for state in STATES}
            answer = await system.client.post("/api/v1/sources", json=settings)
            assert answer.status_code == 201, answer.text
            await at_rest(system)
            await asyncio.sleep(0.5)  # ingest looks for new sources
            switch = Switch(system, clock, "adria-switch")
            for number, at in enumerate(BEGAN):
                clock.at = at + timedelta(minutes=5)
                said = [begun(f"+38591000{number:04}"), ANSWERED, SALE, ENDED, result("SOLD")]
                await switch.tell(f"c-{number}", at, said)
                if at in (BEGAN[0], BEGAN[6]):  # from half an hour before the day until an hour and a half into it
                    clock.at = at + timedelta(hours=2, minutes=5)
                    told = [{"call": None, "agent": "a7", "native": state} for state in STATES]
                    changes = [("agent.state_changed", 3_600.0 * n, one) for n, one in enumerate(told)]
                    await switch.tell(f"states-{number}", at, changes)

    aside(tell())


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with serving(tmp_path_factory, 0, told) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    """Of somebody whose clock changes."""
    context = browser.new_context(extra_http_headers={"authorization": str(shop.http.headers["authorization"])})
    context.add_cookies([{"name": "zone", "value": ZONE, "url": shop.base}])
    watched = Watched(context, shop.base)
    yield context.new_page()
    context.close()
    assert watched.complaints == []


@pytest.mark.parametrize(("day", "times"), [SPRING, AUTUMN])
def test_a_day_has_its_own_calls_each_at_a_time_of_its_own(page: Page, shop: Shop, day: str, times: list[str]) -> None:
    page.goto(f"{shop.base}/calls?partner=adria&day={day}&zone={ZONE}")
    shown = page.locator("tbody td.time").all_inner_texts()
    assert sorted(shown) == sorted(f"{day} {time}" for time in times)
    instants = [BEGAN.index(datetime.fromisoformat(row["started_at"])) for row in exported(page)]
    assert instants == sorted(instants, reverse=True), "newest first, also where the clock was put back"
    assert len(instants) == len(times)


def exported(page: Page) -> list[dict[str, str]]:
    link = page.get_by_role("link", name="CSV").first.get_attribute("href")
    found = page.request.get(page.url.partition("/calls")[0] + str(link)).body().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(found)))


@pytest.mark.parametrize(("day", "times"), [SPRING, AUTUMN])
def test_the_day_of_an_agent_counts_all_of_its_hours(page: Page, shop: Shop, day: str, times: list[str]) -> None:
    page.goto(f"{shop.base}/agents/adria/a7?from={day}&to={day}")
    row = page.locator("#days tbody tr")
    assert row.locator("td").first.inner_text() == str(len(times))
    assert page.locator("svg.bars rect").count() == 1
    page.goto(f"{shop.base}{row.locator('a').first.get_attribute('href')}")
    assert page.locator(".sum b").first.inner_text() == str(len(times))


@pytest.mark.parametrize(("day", "length", "six"), [(SPRING[0], 23, 5), (AUTUMN[0], 25, 7)])
def test_the_axis_of_an_agents_day_stands_where_its_clock_does(
    page: Page, shop: Shop, day: str, length: int, six: int
) -> None:
    before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    page.goto(f"{shop.base}/agents/adria/a7?from={before}&to={day}")
    rows = page.locator(".ribbons li")
    assert rows.locator(".time").all_inner_texts() == [before, day]
    axes = rows.locator(".axis")
    assert axes.count() == 2, "each of the two days has its own"
    for row, hours, at_six in ((rows.nth(0), 24, 6), (rows.nth(1), length, six)):
        bar, labels = row.locator("svg").first.bounding_box(), row.locator(".axis text")
        assert bar is not None
        assert labels.all_text_contents() == ["0:00", "6:00", "12:00", "18:00", "24:00"]
        wanted = [bar["x"] + bar["width"] * at / hours for at in (at_six, at_six + 6, at_six + 12)]
        assert middles(labels)[1:-1] == pytest.approx(wanted, abs=1.5)
    first, last = axes.nth(1).locator("text").first.bounding_box(), axes.nth(1).locator("text").last.bounding_box()
    assert bar is not None
    assert first is not None
    assert last is not None
    assert first["x"] == pytest.approx(bar["x"], abs=1.5)
    assert last["x"] + last["width"] == pytest.approx(bar["x"] + bar["width"], abs=1.5)


def middles(labels: Locator) -> list[float]:
    boxes = [one.bounding_box() for one in labels.all()]
    return [box["x"] + box["width"] / 2 for box in boxes if box is not None]
