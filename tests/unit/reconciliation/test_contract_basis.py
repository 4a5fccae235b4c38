"""The basis of a month is what its contract says: zone and instants, tolerances, increments, the day of cut-off."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.matching.basis import Basis, Clause, Tolerance
from services.reconciliation.matching.contract_basis import contract_basis, held_in
from shared.contracts.agreements import Agreement
from shared.contracts.rating import days_of, held_on
from shared.kernel import Rejected
from tests.unit.terms.sheets import sheet, version

MINUTES = {"name": "talk", "tiers": [{"rate": "10"}], "first_seconds": 60, "next_seconds": 6}
SALES = {"per_sale": [{"name": "sale", "tiers": [{"rate": "500"}]}]}


def basis(pricing: dict[str, Any] | None = None, of: str = "2026-03", **more: Any) -> Basis:
    terms = sheet(pricing or SALES, **more)
    return contract_basis(
        "adria", of, terms, partner_tz=None, country="HR", company_tz="Europe/Sarajevo", rates={"BAM": 1.95583}
    )


def test_the_month_is_the_contracts_zones_also_where_its_clock_changes() -> None:
    march = basis()
    assert (march.start, march.end) == (datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC))
    assert (march.partner_tz, march.company_tz, march.country, march.currency) == (
        "Europe/Zagreb",
        "Europe/Sarajevo",
        "HR",
        "EUR",
    )
    assert march.rates == {"BAM": 1.95583}
    assert march.month == 3
    abroad = basis(schedule={"time_zone": "America/New_York", "always": True}, of="2026-12")
    assert (abroad.start, abroad.end) == (datetime(2026, 12, 1, 5, tzinfo=UTC), datetime(2027, 1, 1, 5, tzinfo=UTC))


def test_what_a_contract_does_not_say_has_a_default() -> None:
    plain = basis()
    assert plain.time_s == Tolerance(below=120, above=120)
    assert plain.duration_s == Tolerance(below=2, above=2)
    assert plain.amount_minor == Tolerance(below=0.5, above=0.5)
    assert plain.clause is None


def test_tolerances_are_the_contracts_each_side_apart() -> None:
    said = basis(
        month={
            "tolerances": [
                {"name": "talk", "below": 5, "above": 1},
                {"name": "amount", "below": 0, "above": 100, "above_percent": "3"},
                {"name": "calls", "below": 50, "above": 50},
            ]
        }
    )
    assert said.duration_s == Tolerance(below=5, above=2), "never below what two clocks differ by"
    assert said.amount_minor == Tolerance(below=0.5, above=100)


def test_durations_are_counted_by_the_increment_of_what_is_paid_by_the_minute() -> None:
    wrap = MINUTES | {"name": "all", "counts": "talk_hold_wrap", "first_seconds": 1, "next_seconds": 1}
    assert basis({"per_minute": [MINUTES]}).clause == Clause(first_seconds=60, next_seconds=6)
    assert basis({"per_minute": [MINUTES, wrap]}).clause == Clause(first_seconds=60, next_seconds=6)
    assert basis({"per_minute": [wrap]}).clause is None
    other = MINUTES | {"name": "other", "first_seconds": 1, "next_seconds": 1}
    assert basis({"per_minute": [MINUTES, other]}).clause is None, "two increments say nothing of a call"


@pytest.mark.parametrize(("due", "cutoff"), [(1, 5), (5, 5), (20, 20)])
def test_a_cancellation_takes_a_sale_away_until_the_report_is_due(due: int, cutoff: int) -> None:
    assert basis(month={"report_due_day": due}).cutoff == datetime(2026, 4, cutoff, 22, tzinfo=UTC)


def agreement(*spans: tuple[date, date | None]) -> Agreement:
    terms = sheet(SALES)
    return Agreement(versions=tuple(version(terms, n, starts, ends) for n, (starts, ends) in enumerate(spans, 1)))


def test_the_version_is_the_one_that_held_last_in_the_month() -> None:
    contracts = {"adria:main": agreement((date(2026, 1, 1), None), (date(2026, 3, 10), None), (date(2026, 4, 1), None))}
    assert {month: held_in(contracts, month)[1].number for month in ("2026-02", "2026-03", "2026-04")} == {
        "2026-02": 1,
        "2026-03": 2,
        "2026-04": 3,
    }


def test_without_terms_in_the_month_there_is_no_basis() -> None:
    ended = agreement((date(2026, 1, 1), date(2026, 2, 28)))
    unsigned = Agreement()
    for contracts in ({}, {"adria:main": ended}, {"adria:main": unsigned}):
        with pytest.raises(Rejected) as refused:
            held_in(contracts, "2026-03")
        assert refused.value.code == "no_terms"
    assert held_in({"adria:old": ended, "adria:new": agreement((date(2026, 3, 5), None))}, "2026-03")[0] == "adria:new"


def test_terms_that_a_later_version_ended_do_not_come_back() -> None:
    contracts = {"adria:main": agreement((date(2026, 1, 1), None), (date(2026, 2, 1), date(2026, 2, 20)))}
    with pytest.raises(Rejected, match="no_terms"):
        held_in(contracts, "2026-03")


def test_two_contracts_in_a_month_are_not_one_basis() -> None:
    both = {name: agreement((date(2026, 1, 1), None)) for name in ("adria:a", "adria:b")}
    with pytest.raises(Rejected, match=r"several_contracts: .*adria:a, adria:b"):
        held_in(both, "2026-03")


DAYS = st.dates(date(2025, 11, 1), date(2026, 7, 31))


@given(st.lists(st.tuples(DAYS, st.none() | DAYS), max_size=4, unique_by=lambda one: one[0]))
def test_a_month_has_a_basis_if_terms_hold_on_one_of_its_days(spans: list[tuple[date, date | None]]) -> None:
    known = agreement(*((starts, ends and max(starts, ends)) for starts, ends in sorted(spans, key=lambda one: one[0])))
    first, last = days_of("2026-03")
    held = [
        one
        for day in range(first.toordinal(), last.toordinal() + 1)
        if (one := held_on(known.versions, date.fromordinal(day))) is not None
    ]
    if held:
        assert held_in({"adria:main": known}, "2026-03") == ("adria:main", held[-1])
    else:
        with pytest.raises(Rejected, match="no_terms"):
            held_in({"adria:main": known}, "2026-03")
