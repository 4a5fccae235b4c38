"""Which sources are silent: when each was last heard of, and what it usually sends in this hour of the week."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from services.calls.tracker.intake import INTAKE, IntakeDay
from services.calls.tracking.measuring import Silence, count
from shared import metrics
from shared.codec import encode
from shared.contracts.partners import SourceSettings
from shared.ports import Page, Stored

NOW = datetime(2026, 11, 18, 15, 20, tzinfo=UTC)


class Days:
    """Documents of days."""

    def __init__(self, *days: IntakeDay) -> None:
        self.days = days
        self.asked: list[str] = []

    async def find(self, collection: str, equal: Mapping[str, str], *more: Any, **others: Any) -> Page:
        assert collection == INTAKE
        self.asked.append(equal["day"])
        found = [Stored(f"{day.source}|{day.day}", 1, encode(day)) for day in self.days if day.day == equal["day"]]
        return Page(found, None)


def day(source: str, back: int, **hours: int) -> IntakeDay:
    at = NOW - timedelta(days=back, minutes=7)
    return IntakeDay(
        at=1, source=source, day=at.date().isoformat(), last_at=at, hours={hour[1:]: n for hour, n in hours.items()}
    )


def sources(**counts: str) -> Any:
    made = [
        SimpleNamespace(id=name, settings=SourceSettings(connector="native", partner="acme", counts=cast(Any, kind)))
        for name, kind in counts.items()
    ]
    return SimpleNamespace(all=lambda: made)


def told(gauge: Any) -> dict[str, float]:
    return {s.labels["source"]: s.value for family in gauge.collect() for s in family.samples}


async def test_each_live_source_that_counts_is_told_of() -> None:
    days = Days(
        day("sil_busy", 0, h14=7),
        day("sil_busy", 7, h14=100),
        day("sil_busy", 14, h14=50, h9=999),
        day("sil_yesterday", 1),
        day("sil_test", 0, h14=3),
    )
    known = sources(sil_busy="production", sil_yesterday="production", sil_new="production", sil_test="test")
    silence = Silence(cast(Any, days), known, lambda: NOW)
    await silence.step()
    heard, usual = told(metrics.SOURCE_HEARD), told(metrics.SOURCE_USUAL)
    assert heard["sil_busy"] == (NOW - timedelta(minutes=7)).timestamp()
    assert heard["sil_yesterday"] == (NOW - timedelta(days=1, minutes=7)).timestamp()
    assert heard["sil_new"] == 0, "for ever, and without anything usual that is no alert"
    assert usual["sil_busy"] == 75
    assert math.isnan(usual["sil_new"])
    assert "sil_test" not in heard.keys() | usual.keys()


async def test_what_is_usual_is_not_read_at_each_look() -> None:
    days, now = Days(), NOW
    silence = Silence(cast(Any, days), sources(sil_idle="production"), lambda: now)
    for _ in range(5):
        await silence.step()
    assert days.asked.count((NOW - timedelta(days=7)).date().isoformat()) == 1
    now += timedelta(minutes=6)
    await silence.step()
    assert days.asked.count((NOW - timedelta(days=7)).date().isoformat()) == 2


async def test_just_after_midnight_the_last_hour_is_of_the_day_before() -> None:
    midnight = NOW.replace(hour=0, minute=10)
    week_ago = (midnight - timedelta(days=7, hours=1)).date().isoformat()
    late = IntakeDay(at=1, source="sil_night", day=week_ago, last_at=midnight - timedelta(days=7), hours={"23": 30})
    await Silence(cast(Any, Days(late)), sources(sil_night="production"), lambda: midnight).step()
    assert told(metrics.SOURCE_USUAL)["sil_night"] == 30


def test_an_item_that_is_lost_shows_in_the_balance() -> None:
    def counted() -> tuple[float, float]:
        found = {family.name: family.samples for family in metrics.REGISTRY.collect()}
        received, items = (
            sum(sample.value for sample in found[name] if sample.name.endswith("_total"))
            for name in ("tallyline_items_received", "tallyline_items")
        )
        return received, items

    before = counted()
    count(3, 3, [])
    assert counted() == (before[0] + 3, before[1] + 3)
    count(3, 2, [])
    assert counted() == (before[0] + 6, before[1] + 5), "one record has neither a verdict nor a letter"
