"""What is measured of months: lines and money of those that are open, and nothing of those that were agreed since."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.reconciliation.events.months import MonthReconciled, State, StateTotal
from services.reconciliation.measuring import Differences
from services.reconciliation.views.months import KnownMonth
from shared import metrics

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


class Found:
    """A view of months."""

    def __init__(self, **by_stage: list[KnownMonth]) -> None:
        self.by_stage = by_stage

    async def find(self, view: Any, equal: Any, *more: Any) -> list[tuple[str, Any]]:
        return [(month.partner_id, month) for month in self.by_stage.get(equal["stage"], [])]

    async def get(self, view: Any, keys: Any) -> dict[str, Any]:
        raise AssertionError("nobody asks for one month")

    async def as_of(self, view: Any) -> str:
        raise AssertionError("nobody asks how old it is")


def month(partner: str, currency: str, *totals: tuple[State, int, int, int]) -> KnownMonth:
    rows = tuple(StateTotal(state=s, units=n, theirs_minor=t, ours_minor=o) for s, n, t, o in totals)
    told = MonthReconciled(
        partner_id=partner, month="2026-10", report=1, kept="", currency=currency, lines=1, calls=1, totals=rows, at=AT
    )
    return KnownMonth(partner_id=partner, month="2026-10", stage="reconciled", reconciled=told)


def value(gauge: Any, *labels: str) -> float:
    return float(gauge.labels(*labels)._value.get())


async def test_open_months_add_up_by_state_and_currency_and_agreed_ones_are_gone() -> None:
    found = Found(
        reconciled=[month("a", "EUR", ("agreed", 90, 900, 900), ("undetermined", 4, 70, 20))],
        asked=[month("b", "EUR", ("undetermined", 2, 10, 30)), month("c", "GBP", ("own_defect", 1, 0, 5))],
        submitted=[month("d", "EUR", ("undetermined", 99, 99, 0))],
    )
    differences = Differences(found)
    await differences.step()
    assert value(metrics.DIFFERENCES, "agreed") == 90
    assert value(metrics.DIFFERENCES, "undetermined") == 6
    assert value(metrics.DIFFERENCES, "corrected_by_partner") == 0
    assert value(metrics.DIFFERENCE_MINOR, "undetermined", "EUR") == 30
    assert value(metrics.DIFFERENCE_MINOR, "own_defect", "GBP") == -5
    found.by_stage = {"asked": [KnownMonth(partner_id="e", month="2026-10", stage="asked")]}
    await differences.step()
    assert value(metrics.DIFFERENCES, "undetermined") == 0
    assert value(metrics.DIFFERENCE_MINOR, "undetermined", "EUR") == 0
