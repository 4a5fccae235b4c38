"""The sums of a month: groups add up to the difference, and nothing is unexplained once every group has its owner."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from services.reconciliation.api.months import seen_by
from services.reconciliation.domain.month_commands import MonthCommand
from services.reconciliation.events.months import StateTotal
from services.reconciliation.views.months import KnownMonth, fold
from services.reconciliation.views.sums import is_open, sums
from shared.contracts.reconciliation import Party
from shared.security import Principal
from tests.unit.reconciliation.monthly import after, agree, attribute, found, record, submit, take

PARTIES: st.SearchStrategy[Party] = st.sampled_from(["partner", "own", "explainable", "undetermined"])


def told(*commands: MonthCommand) -> KnownMonth:
    doc: KnownMonth | None = None
    for event in after(*commands):
        doc = fold(doc, event, 1)
    assert doc is not None
    return doc


def compared(tolerated: int, groups: list[tuple[Party, int]]) -> MonthCommand:
    """A comparison whose groups move so much."""
    ours, moved = 5000, sum(amount for _, amount in groups)
    totals = (
        StateTotal(state="agreed", units=9, theirs_minor=ours + tolerated, ours_minor=ours),
        StateTotal(state="undetermined", units=2, theirs_minor=moved, ours_minor=0),
    )
    mismatches = [found(f"E{place}", party, amount) for place, (party, amount) in enumerate(groups)]
    theirs = ours + tolerated + moved
    return record(*mismatches, totals=totals, theirs_minor=theirs, ours_minor=ours)


@given(st.integers(-3, 3), st.lists(st.tuples(PARTIES, st.integers(-900, 900)), max_size=5), st.data())
def test_groups_add_up_to_the_difference_whoever_decides_what(
    tolerated: int, groups: list[tuple[Party, int]], data: st.DataObject
) -> None:
    way: list[MonthCommand] = [submit(), compared(tolerated, groups)]
    for place in range(len(groups)):
        party = data.draw(st.none() | PARTIES)
        if party is not None:
            way.append(attribute(f"E{place}", party))
    doc = told(*way)
    found_ = sums(doc)
    assert found_ is not None
    moved = sum(amount for _, amount in groups)
    assert found_.difference == found_.theirs - found_.ours == tolerated + moved
    assert found_.difference == found_.tolerated + found_.explained + found_.unexplained
    open_ = [one for one in doc.mismatches.values() if is_open(one)]
    assert (found_.open, found_.unexplained) == (len(open_), sum(one.found.moved.minor for one in open_))
    assert found_.at_stake == sum(abs(amount) for _, amount in groups)


def test_before_a_comparison_there_is_nothing_to_add_up() -> None:
    assert sums(told(submit())) is None


def test_a_partner_reads_whose_it_is_and_not_what_was_noted() -> None:
    way = (submit(), record(found("E1", "undetermined"), found("E2", "own")), attribute("E1", "explainable"))
    doc = told(*way, take("E2", 10), agree())
    lead = Principal("lead", "partner", frozenset({"adria"}))
    shown = seen_by(lead, doc)
    attributed, taken = shown.mismatches["E1"].attributed, shown.mismatches["E2"].taken
    assert attributed is not None
    assert taken is not None
    assert (attributed.party, attributed.reason, attributed.by) == ("explainable", "", "")
    assert (taken.amount.minor, taken.reason, taken.by) == (10, "", "")
    assert [step.what for step in shown.history] == ["report", "compared", "agreed"]
    assert seen_by(Principal("rea", "reconciler"), doc) is doc
    assert doc.mismatches["E1"].attributed is not attributed, "what others see is as it was"
