"""When a callback is due: the time that was said by somebody's clock, and the list on which it waits."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.api.callbacks import _instant, list_name
from services.calls.domain.lead_list import ListId
from shared.http import Problem

ZONES = ["Europe/Zagreb", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
MINUTES = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0))  # noqa: DTZ001


@given(MINUTES, st.sampled_from(ZONES))
def test_the_clock_of_the_zone_shows_what_was_said(said: datetime, zone: str) -> None:
    local, where = f"{said:%Y-%m-%dT%H:%M}", ZoneInfo(zone)
    shown = said.replace(tzinfo=where).astimezone(UTC).astimezone(where)
    if shown.replace(tzinfo=None) != said:  # the clocks leave it out
        with pytest.raises(Problem):
            _instant(local, zone)
        return
    due = _instant(local, zone)
    assert due.tzinfo is UTC
    assert due.astimezone(where).replace(tzinfo=None) == said


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    assert _instant("2026-10-25T02:30", "Europe/Zagreb") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "zone"),
    [
        ("2026-03-29T02:30", "Europe/Zagreb"),
        ("2026-02-30T10:00", "UTC"),
        ("2026-03-02T10:00", "Mars/Base"),
        ("9999-12-31T23:59", "America/New_York"),
        ("0001-01-01T00:00", "Asia/Kolkata"),
    ],
)
def test_a_time_that_is_none_is_refused(local: str, zone: str) -> None:
    with pytest.raises(Problem) as refused:
        _instant(local, zone)
    assert refused.value.status == 422


@given(st.one_of(st.none(), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True)))
def test_every_campaign_has_a_list_of_its_own_whatever_its_id(campaign: str | None) -> None:
    name = list_name(campaign)
    pattern = get_args(ListId)[1].pattern
    assert re.fullmatch(pattern.strip("^$"), f"adria:{name}")
    assert name == list_name(campaign)
    assert (name == "callbacks") == (campaign is None)
