"""Whether a report is that of another month: what its lines say by the contract's zone, the month's edges apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.reconciliation.events.months import OtherMonth
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.other_month import EDGE, SHARE, OfOtherMonth, other_month
from tests.unit.reconciliation.test_contract_basis import basis

MARCH = replace(basis(of="2026-03"), partner_tz="Europe/Zagreb")
ZONE = ZoneInfo(MARCH.partner_tz)
START, END = (at.astimezone(ZONE).replace(tzinfo=None) for at in (MARCH.start, MARCH.end))
"""The contract's month on the partner's wall clock."""
WITHIN = START + timedelta(days=10)


def on(day: str) -> datetime:
    return datetime.fromisoformat(day)


def lines(*local: datetime, offset_min: int | None = None) -> pl.DataFrame:
    offsets = [offset_min] * len(local)
    return pl.DataFrame(
        {"local": local, "offset_min": offsets}, schema={"local": pl.Datetime("us"), "offset_min": pl.Int32}
    )


def said(*local: datetime, of: Basis = MARCH, offset_min: int | None = None) -> OtherMonth | None:
    return other_month(lines(*local, offset_min=offset_min), of)


def test_a_report_of_its_month_says_nothing() -> None:
    assert said(START, WITHIN, END - timedelta(seconds=1)) is None


def test_a_report_without_a_line_says_nothing() -> None:
    assert said() is None


def test_not_one_line_of_the_month_is_refused_and_the_month_is_named() -> None:
    with pytest.raises(OfOtherMonth) as refused:
        said(on("2026-02-03"), on("2026-02-20"), on("2026-01-09"))
    assert refused.value.code == "other_month"
    assert refused.value.elsewhere == OtherMonth(month="2026-02", lines=3)
    assert "2026-02" in refused.value.detail


def test_half_of_another_month_is_said_and_not_refused() -> None:
    assert said(WITHIN, WITHIN, on("2026-04-09"), on("2026-04-30")) == OtherMonth(month="2026-04", lines=2)


def test_the_same_month_of_another_year_is_another_month() -> None:
    with pytest.raises(OfOtherMonth) as refused:
        said(on("2025-03-09"))
    assert refused.value.elsewhere.month == "2025-03"


def test_a_tenth_is_said_and_less_is_slips() -> None:
    stray = on("2026-02-09")
    assert said(stray, *[WITHIN] * 9) == OtherMonth(month="2026-02", lines=1)
    assert said(stray, *[WITHIN] * 10) is None


def test_of_months_with_as_many_lines_the_earlier_is_named() -> None:
    assert said(WITHIN, on("2026-02-09"), on("2026-05-09")) == OtherMonth(month="2026-02", lines=2)


@pytest.mark.parametrize("at", [START - EDGE, END + EDGE - timedelta(seconds=1)])
def test_the_edges_of_the_month_are_the_clocks_matter(at: datetime) -> None:
    assert said(at) is None


@pytest.mark.parametrize("at", [START - EDGE - timedelta(seconds=1), END + EDGE])
def test_beyond_the_edges_no_clock_puts_a_line(at: datetime) -> None:
    with pytest.raises(OfOtherMonth):
        said(at)


def test_a_time_that_names_its_distance_from_utc_is_put_on_the_partners_clock() -> None:
    beyond = START - EDGE - timedelta(hours=1)
    with pytest.raises(OfOtherMonth):
        said(beyond)
    assert said(beyond, offset_min=-4 * 60) is None  # five hours later in Zagreb


@given(
    st.lists(st.integers(-200 * 24, 200 * 24), max_size=60),
    st.sampled_from(["Europe/Zagreb", "Pacific/Auckland", "America/Bogota", "Asia/Kolkata"]),
)
def test_what_is_said_is_the_share_beyond_the_edges_in_any_zone(hours: list[int], zone: str) -> None:
    of = replace(MARCH, partner_tz=zone)
    low, high = (at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in (of.start, of.end))
    local = [low + timedelta(hours=one) for one in hours]
    outside = [at for at in local if not low - EDGE <= at < high + EDGE]
    try:
        found = said(*local, of=of)
    except OfOtherMonth as refused:
        assert len(outside) == len(local) > 0
        found = refused.elsewhere
    else:
        assert not local or len(outside) < len(local)
    assert (found is not None) == (bool(outside) and len(outside) * 100 >= SHARE * len(local))
    if found is not None:
        assert found.lines == len(outside)
        months = [f"{at:%Y-%m}" for at in outside]
        assert months.count(found.month) == max(map(months.count, months))
        assert found.month != "2026-03"
