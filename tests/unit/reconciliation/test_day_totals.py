"""The second level of the self-audit: facts added up by day, by rules of our own, against what the dashboards show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.calls.figures import kpis
from services.calls.views.measures import measures
from services.calls.views.tally import Tally
from services.reconciliation.matching.day_totals import (
    KPIS,
    ShownElsewhere,
    Totals,
    added,
    differences,
    shown_totals,
)
from services.reconciliation.views.month_calls import Fact
from shared.contracts.calls import CallStarted, PublicCallEvent
from tests.unit.calls.views.events import NOON, events, fact


def dashboard(facts: Sequence[PublicCallEvent]) -> list[dict[str, Any]]:
    """The rows of the performance by day, from its own sums."""
    tallies: dict[str, Tally] = {}
    for one in facts:
        for cell, _, _, changes in measures(one):
            tally = tallies.setdefault(cell.day, Tally())
            for field, entry, amount in changes:
                tally.apply(field, entry, amount)
    return [
        {"day": day, "figures": {kpi: kpis.figure(kpis.kpi(kpi), tally) for kpi in KPIS}}
        for day, tally in tallies.items()
    ]


def replayed(facts: Sequence[PublicCallEvent]) -> Totals:
    found: Totals = {}
    added(found, [one for one in facts if isinstance(one, Fact)])
    return found


@given(st.lists(events(), max_size=30))
def test_both_count_the_same(facts: list[PublicCallEvent]) -> None:
    assert differences(replayed(facts), shown_totals(dashboard(facts)), "2026-03") == []


def start(day: str = "2026-03-02", **more: Any) -> Any:
    return fact(CallStarted, NOON, phase="queued", offered=True, dialed=False, day=day, **more)


def test_what_a_broken_view_shows_is_told_by_day_and_measure() -> None:
    facts = [start(), start(call="s1:c2"), start("2026-03-03", call="s1:c3")]
    rows = dashboard(facts)
    rows[0]["figures"]["offered"]["numerator"] = 1
    assert differences(replayed(facts), shown_totals(rows), "2026-03") == [
        ShownElsewhere(day="2026-03-02", measure="offered", replayed=2, shown=1)
    ]
    assert differences(replayed(facts), {}, "2026-03") == [
        ShownElsewhere(day="2026-03-02", measure="offered", replayed=2, shown=0),
        ShownElsewhere(day="2026-03-03", measure="offered", replayed=1, shown=0),
    ]


def test_days_of_other_months_are_not_compared() -> None:
    facts = [start("2026-02-28"), start("2026-04-01", call="s1:c2")]
    assert differences(replayed(facts), {}, "2026-03") == []
