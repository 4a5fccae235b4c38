"""An agent's day as a ribbon: by the clock of the contract's zone, also on the days on which that changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.gateway.views.scorecard import Ribbon, ribbons

LABELS = {"available": "Available", "on_call": "On call"}
SARAJEVO, NEW_YORK, CAIRO = ZoneInfo("Europe/Sarajevo"), ZoneInfo("America/New_York"), ZoneInfo("Africa/Cairo")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
USUAL = [("0:00", 0.0), ("6:00", 25.0), ("12:00", 50.0), ("18:00", 75.0), ("24:00", 100.0)]


def state(since: str, until: str, name: str = "available") -> dict[str, Any]:
    return {"since": since, "until": until, "state": name}


def of_day(day: str, zone: ZoneInfo) -> Ribbon:
    """The ribbon of an hour of that day: from 15:00 until 16:00 by the clock."""
    begin = datetime.combine(date.fromisoformat(day), time(15), zone).astimezone(UTC)
    (found,) = ribbons([state(begin.isoformat(), (begin + timedelta(hours=1)).isoformat())], zone, LABELS)
    assert found.day == day
    return found


def ticks(ribbon: Ribbon) -> list[tuple[str, float]]:
    return [(tick.label, tick.left) for tick in ribbon.ticks]


def part(hours: float, of: float) -> float:
    return round(100 * hours / of, 3)


@pytest.mark.parametrize(
    ("day", "zone", "length", "six"),
    [
        ("2026-03-29", SARAJEVO, 23, 5),  # 2:00 is 3:00
        ("2026-10-25", SARAJEVO, 25, 7),  # 3:00 is 2:00
        ("2026-03-08", NEW_YORK, 23, 5),
        ("2026-11-01", NEW_YORK, 25, 7),
        ("2026-10-04", LORD_HOWE, 23.5, 5.5),  # 2:00 is 2:30
        ("2026-04-05", LORD_HOWE, 24.5, 6.5),  # 2:00 is 1:30
    ],
)
def test_hours_stand_where_the_clock_shows_them(day: str, zone: ZoneInfo, length: float, six: float) -> None:
    found = of_day(day, zone)
    shown = [("6:00", six), ("12:00", six + 6), ("18:00", six + 12)]
    assert ticks(found) == [("0:00", 0.0), *((text, part(at, length)) for text, at in shown), ("24:00", 100.0)]
    assert found.stays[0].left == part(six + 9, length)
    assert found.summary == f"Available 1:00:00 · a day of {length} hours"


def test_where_clocks_change_at_midnight_a_day_begins_at_one_and_another_has_the_last_hour_twice() -> None:
    shorter, longer = of_day("2026-04-24", CAIRO), of_day("2026-10-29", CAIRO)
    assert ticks(shorter)[:2] == [("1:00", 0.0), ("6:00", part(5, 23))]
    assert ticks(longer) == [("0:00", 0.0), ("6:00", 24.0), ("12:00", 48.0), ("18:00", 72.0), ("24:00", 100.0)]


def test_days_beside_a_change_have_their_usual_hours() -> None:
    for day in ("2026-03-28", "2026-03-30", "2026-10-24", "2026-10-26"):
        assert ticks(of_day(day, SARAJEVO)) == USUAL


def test_a_stay_over_midnight_is_cut_at_it_by_that_clock() -> None:
    found = ribbons([state("2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z")], SARAJEVO, LABELS)
    assert [(one.day, one.stays[0].left, one.stays[0].width) for one in found] == [
        ("2026-03-28", part(23, 24), part(1, 24)),
        ("2026-03-29", 0.0, part(2, 23)),
    ]
