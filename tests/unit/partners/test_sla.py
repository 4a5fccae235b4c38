"""Clocks of tickets: what runs and what stands add up, in all hours and in those of a calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.sla import POLICY, Turn, due, measured, open_time
from services.partners.domain.ticket_figures import Handled, figures, first_response, resolution
from services.partners.events.support import Calendar, Opening, Promise, Side

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
OFFICE = Calendar(
    time_zone="Europe/Zagreb",
    open=tuple(Opening(weekday=day, from_minute=8 * 60, to_minute=16 * 60) for day in range(5)),
)
PROMISE = Promise(first_response_s=3600, resolution_s=7200)

calendars = st.none() | st.builds(
    Calendar,
    time_zone=st.sampled_from(["UTC", "Europe/Zagreb", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
    open=st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 1430), st.integers(1, 600)).map(
            lambda o: Opening(weekday=o[0], from_minute=o[1], to_minute=min(o[1] + o[2], 1440))
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda opening: opening.weekday,
    ).map(tuple),
)
# Around both changes of the clocks, and with moments that are not in order.
moments = st.integers(-60 * 24 * 60, 60 * 24 * 300).map(lambda minutes: AT + timedelta(minutes=minutes))
SIDES: tuple[Side, ...] = ("us", "partner")
turns = st.lists(st.builds(Turn, st.sampled_from((*SIDES, None)), moments), max_size=6)


@over(turns, moments, calendars)
def test_a_clock_runs_or_stands_and_both_are_all_the_time_there_was(
    given: list[Turn], until: datetime, calendar: Calendar | None
) -> None:
    ours, theirs = (measured(given, side, until, calendar) for side in SIDES)
    assert min(*ours, *theirs) >= timedelta()
    begun = [turn.at for turn in given if turn.at <= until]
    whole = open_time(given[0].at, until, calendar) if begun and given[0].at <= until else timedelta()
    assert ours.running + ours.stopped == theirs.running + theirs.stopped == whole
    assert ours.running + theirs.running <= whole


@over(moments, moments, moments, calendars)
def test_open_time_adds_up_at_any_moment_in_between(
    one: datetime, two: datetime, three: datetime, calendar: Calendar | None
) -> None:
    first, middle, last = sorted((one, two, three))
    parts = open_time(first, middle, calendar) + open_time(middle, last, calendar)
    assert open_time(first, last, calendar) == parts <= last - first


@over(turns, st.integers(1, 200_000), calendars, moments)
def test_a_promise_is_broken_exactly_after_it_was_due(
    given: list[Turn], seconds: int, calendar: Calendar | None, now: datetime
) -> None:
    given = sorted((turn for turn in given if turn.at <= now), key=lambda turn: turn.at)
    reached = due(given, "us", seconds, calendar)
    running = measured(given, "us", now, calendar).running
    assert (running >= timedelta(seconds=seconds)) is (reached is not None and reached <= now)


@over(moments, moments, calendars)
def test_who_waits_for_the_other_side_all_the_time_breaks_nothing(
    opened: datetime, now: datetime, calendar: Calendar | None
) -> None:
    asked = Handled("x", "us", [Turn("us", opened), Turn("partner", opened)], None, PROMISE, calendar)
    (row,) = figures([asked], max(opened, now))
    assert not first_response(asked, max(opened, now)).over
    assert not resolution(asked, max(opened, now)).over
    assert (row.first_response.n, row.resolution.n) == (0, 0)


def test_office_hours_count_only_while_the_office_is_open_also_over_the_change_of_the_clocks() -> None:
    friday = datetime(2026, 3, 27, 14, 0, tzinfo=UTC)  # 15:00 in Zagreb; the clocks change on Sunday
    assert due([Turn("us", friday)], "us", 2 * 3600, OFFICE) == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)
    assert open_time(friday, datetime(2026, 3, 30, 7, 0, tzinfo=UTC), OFFICE) == 2 * HOUR
    assert due([Turn("us", friday)], "us", 2 * 3600, None) == friday + 2 * HOUR


def test_what_is_used_up_before_a_pause_is_missing_after_it() -> None:
    turns = [Turn("us", AT), Turn("partner", AT + HOUR), Turn("us", AT + 5 * HOUR)]
    assert due(turns, "us", 3 * 3600, None) == AT + 7 * HOUR
    assert due(turns[:2], "us", 3 * 3600, None) is None
    assert due(turns, "us", 3600, None) == AT + HOUR


def test_an_hour_that_is_left_out_counts_for_no_two_openings() -> None:
    night = Calendar(
        time_zone="Europe/Zagreb",
        open=(Opening(weekday=6, from_minute=0, to_minute=150), Opening(weekday=6, from_minute=180, to_minute=240)),
    )
    saturday, monday = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
    assert open_time(saturday, monday, night) == 3 * HOUR
    assert due([Turn("us", saturday)], "us", 3 * 3600, night) == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)


def test_what_comes_in_after_hours_begins_to_count_in_the_morning() -> None:
    evening = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    assert due([Turn("us", evening)], "us", 3600, OFFICE) == datetime(2026, 3, 3, 8, 0, tzinfo=UTC)


def test_a_promise_that_no_year_keeps_is_never_due() -> None:
    assert due([Turn("us", AT)], "us", 10**12, None) is None
    short = Calendar(time_zone="UTC", open=(Opening(weekday=0, from_minute=0, to_minute=600),))
    assert due([Turn("us", datetime(9999, 12, 1, tzinfo=UTC))], "us", 10**6, short) is None


def test_figures_say_on_how_many_they_rest() -> None:
    def took(hours: int, *, group: str = "a") -> Handled:
        end = AT + hours * HOUR
        return Handled(group, "us", [Turn("us", AT), Turn(None, end)], end, PROMISE)

    late = Handled("a", "us", [Turn("us", AT)], None, PROMISE)
    fresh = Handled("a", "us", [Turn("us", AT + 99 * HOUR)], None, PROMISE)
    one, two = figures([took(3), took(1), took(2), late, fresh, took(1, group="b")], AT + 99 * HOUR)
    assert (one.group, one.tickets, two.group, two.tickets) == ("a", 5, "b", 1)
    assert (one.resolution.n, one.resolution.within, one.resolution.share_within) == (4, 2, 0.5)
    assert (one.resolution.done, one.resolution.median_s, one.resolution.p90_s) == (3, 7200, 10800)
    assert (one.first_response.within, one.first_response.n) == (1, 4)
    assert (two.first_response.share_within, two.first_response.median_s) == (1.0, 3600)
    assert figures([fresh], AT)[0].resolution.share_within is None


@pytest.mark.parametrize("priority", POLICY)
def test_the_more_urgent_the_sooner(priority: str) -> None:
    ordered = list(POLICY.values())
    assert ordered == sorted(ordered, key=lambda p: (p.first_response_hours, p.resolution_hours))
    assert POLICY[priority].text  # type: ignore[index]
    assert POLICY[priority].first_response_hours <= POLICY[priority].resolution_hours  # type: ignore[index]
