"""Need against cover: each half hour has what is needed and who is there, as a line and as numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.views.cover import HALF_HOUR, cover

MONDAY = date(2026, 3, 2)
ZONE = "Europe/Zagreb"
MIDNIGHT = datetime.combine(MONDAY, time(), ZoneInfo(ZONE)).astimezone(UTC)


def test_languages_add_up_and_shifts_are_there_for_their_half_hours() -> None:
    shifts = [(MIDNIGHT + timedelta(hours=8), MIDNIGHT + timedelta(hours=16))] * 2
    found = cover(MONDAY, 1, ZONE, {"hr": [0] * 16 + [1], "de": [0] * 16 + [2, 5]}, shifts)
    rows = dict(found.rows)
    cells = {clock: rows[clock][0] for clock in ("07:30", "08:00", "08:30", "15:30", "16:00")}
    assert {clock: (cell.need, cell.there) for clock, cell in cells.items() if cell} == {
        "07:30": (0, 0),
        "08:00": (3, 2),
        "08:30": (5, 2),
        "15:30": (0, 2),
        "16:00": (0, 0),
    }
    assert (found.top, len(found.days), len(found.rows)) == (6, 7, 48)
    assert "Needed at once: 5 at most; there at once: 2 at most." in found.summary
    assert "2 half hours have fewer" in found.summary


@pytest.mark.parametrize(("first", "gone"), [(date(2026, 3, 23), "02:30"), (date(2026, 10, 19), None)])
def test_a_day_on_which_the_clock_is_set_has_the_hours_that_it_has(first: date, gone: str | None) -> None:
    found = dict(cover(first, 1, ZONE, {}, []).rows)
    assert [clock for clock, cells in found.items() if None in cells] == (["02:00", gone] if gone else [])


@given(
    st.lists(st.integers(0, 20), max_size=336),
    st.lists(st.tuples(st.integers(-40, 400), st.integers(1, 24)), max_size=12),
)
def test_the_numbers_are_those_of_the_shifts_and_the_line_stays_in_its_frame(
    need: list[int], worked: list[tuple[int, int]]
) -> None:
    shifts = [(MIDNIGHT + HALF_HOUR * begin, MIDNIGHT + HALF_HOUR * (begin + length)) for begin, length in worked]
    found = cover(MONDAY, 1, ZONE, {"hr": need}, shifts)
    cells = [cell for _, row in found.rows for cell in row if cell]
    assert len(cells) == 336
    assert sum(cell.need for cell in cells) == sum(need)
    assert sum(cell.there for cell in cells) == sum(
        max(0, min(336, begin + length) - max(0, begin)) for begin, length in worked
    )
    for path in (found.need, found.there):
        assert all(0 <= float(height) <= 100 for height in re.findall(r"[V,]([\d.]+)", path))
        assert path.endswith("H600")
