"""What the view tells of a month, and that it is always what the rules go by."""

from __future__ import annotations

from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given as examples

from services.reconciliation.domain.month import Month, decide, evolve
from services.reconciliation.domain.month_commands import MonthCommand
from services.reconciliation.events.months import MismatchTaken, MonthEvent
from services.reconciliation.views.months import KnownMonth, Stage, months, newer
from shared.contracts.reconciliation import MonthAgreed, Party
from shared.kernel import Rejected
from tests.spec import seen
from tests.unit.reconciliation.monthly import (
    AT,
    ID,
    OURS,
    THEIRS,
    A,
    B,
    after,
    agree,
    ask,
    attribute,
    deem,
    fail,
    found,
    record,
    reopen,
    state_of,
    submit,
    take,
)


def told(*commands: MonthCommand) -> KnownMonth:
    return seen(months, *after(*commands))[ID]


def stage_of(state: Month) -> Stage:
    """How far the month is, by what the rules go by."""
    if state.agreed is not None:
        return "agreed"
    if state.asked:
        return "asked"
    if state.reconciled is not None:
        return "reconciled"
    return "submitted" if state.failed is None else "unreadable"


def test_a_month_from_its_report_to_its_agreement() -> None:
    theirs, open_ = found("E1", "partner"), found("E2", "undetermined")
    way: list[MonthCommand] = [
        submit(), fail(), submit(B), record(theirs, open_, report=2), take("E2", 120), ask("E1"), agree("M. P."),
        reopen(),
    ]  # fmt: skip
    stages = [told(*way[:length]).stage for length in range(1, len(way) + 1)]
    assert stages == [
        "submitted", "unreadable", "submitted", "reconciled", "reconciled", "asked", "agreed", "reconciled",
    ]  # fmt: skip
    doc = told(*way)
    assert [(step.what, step.says, step.by) for step in doc.history] == [
        ("report", "march.csv", "ana"),
        ("not compared", "header_not_found: No row has titles.", ""),
        ("report", "march.csv", "ana"),
        ("compared", "11 lines with 11 calls", ""),
        ("taken", "E2: No recording.", "ana"),
        ("asked", "1 lines until 2026-04-20", "ana"),
        ("accepted", "E1 by M. P.", "mira"),
        ("agreed", "", "mira"),
        ("reopened", "A call was told late.", "ana"),
    ]
    assert {step.at for step in doc.history} == {AT}
    assert (doc.failed, doc.agreed, doc.changes) == (None, None, 11)


def test_a_mismatch_tells_who_said_whose_it_is_and_who_took_it() -> None:
    doc = told(submit(), record(found("E1", "partner")), attribute("E1", "undetermined"), take("E1", 5))
    one = doc.mismatches["E1"]
    assert one.found.party == "partner"
    assert one.attributed is not None
    assert (one.attributed.party, one.attributed.by) == ("undetermined", "ana")
    assert one.taken is not None
    assert (one.taken.amount.minor, one.taken.by) == (5, "ana")


def test_another_owner_takes_back_what_was_taken() -> None:
    doc = told(submit(), record(found("E1", "undetermined")), take("E1", 5), attribute("E1", "partner"))
    assert doc.mismatches["E1"].taken is None
    assert [step.what for step in doc.history][-2:] == ["taken", "attributed"]


def test_a_run_that_fails_after_one_that_did_not_leaves_its_result() -> None:
    doc = told(submit(), record(found("E1", "partner")), ask("E1"), fail())
    assert (doc.stage, doc.failed is not None, list(doc.mismatches)) == ("asked", True, ["E1"])


def test_an_adjusted_report_and_the_contracts_clause_stand_in_the_history() -> None:
    theirs = found("E1", "partner")
    way: list[MonthCommand] = [submit(), record(theirs), ask("E1"), submit(B), record(theirs, report=2)]
    steps = [(step.what, step.says) for step in told(*way, ask("E1"), deem()).history]
    assert ("adjusted report", "march.csv") in steps
    assert steps[-1] == ("agreed", "by the contract's clause")


def test_a_document_is_found_by_partner_month_and_stage() -> None:
    assert months.fields(told(submit())) == {"partner": "adria", "month": "2026-03", "stage": "submitted"}


def test_of_two_shards_the_one_with_more_behind_it_counts() -> None:
    less, more = told(submit()), told(submit(), record())
    assert newer(less, more) is more
    assert newer(more, less) is more


PARTIES: st.SearchStrategy[Party] = st.sampled_from(["partner", "own", "explainable", "undetermined"])
IDS = st.sampled_from(["E1", "E2", "E3", "U1"])
DIGESTS = st.sampled_from([A, B])
NUMBERS = st.integers(1, 3)
FOUND = st.lists(
    st.builds(found, IDS, PARTIES, st.sampled_from([-300, 0, 300])), max_size=4, unique_by=lambda one: one.mismatch_id
)
COMMANDS: st.SearchStrategy[MonthCommand] = st.one_of(
    st.builds(submit, DIGESTS),
    st.builds(lambda found_, *said: record(*found_, report=said[0], kept=said[1]), FOUND, NUMBERS, DIGESTS),
    st.builds(fail, NUMBERS),
    st.builds(attribute, IDS, PARTIES),
    st.builds(take, IDS, st.sampled_from([-300, -5, 0, 5, 300])),
    st.builds(lambda ids, day, digest: ask(*ids, day=day, digest=digest),
              st.lists(IDS, min_size=1, max_size=3, unique=True), st.integers(20, 24), DIGESTS),
    st.builds(agree, st.sampled_from(["", "M. P."]), DIGESTS),
    st.builds(deem, st.integers(19, 26), DIGESTS),
    st.builds(reopen, st.sampled_from(["A call was told late.", "A rate was wrong."])),
)  # fmt: skip
BEGUN = st.tuples(st.builds(submit), st.builds(lambda mismatches: record(*mismatches), FOUND))
"""Most months get this far, so most examples do."""
WAYS = st.builds(lambda begun, rest: [*begun, *rest], st.one_of(st.just(()), BEGUN), st.lists(COMMANDS, max_size=20))


def happened(way: Sequence[MonthCommand]) -> list[MonthEvent]:
    """The events of the commands that the rules let pass. Each is sent twice: the second time leads to nothing."""
    events: list[MonthEvent] = []
    for command in way:
        before = state_of(events)
        try:
            new = decide(command, before)
        except Rejected:
            continue
        events += new
        assert decide(command, state_of(events)) == []
    return events


@examples(WAYS)
def test_the_view_tells_what_the_rules_go_by(way: list[MonthCommand]) -> None:
    events = happened(way)
    if not events:
        return
    state, doc = state_of(events), seen(months, *events)[ID]
    assert doc.stage == stage_of(state)
    assert doc.reports == list(state.reports.values())
    assert (doc.reconciled, doc.failed, doc.agreed) == (state.reconciled, state.failed, state.agreed)
    assert doc.requests == list(state.requests)
    parties = {
        id_: one.found.party if one.attributed is None else one.attributed.party for id_, one in doc.mismatches.items()
    }
    assert parties == {id_: one.party for id_, one in state.mismatches.items()}
    assert {id_: one.taken for id_, one in doc.mismatches.items() if one.taken is not None} == state.taken


@examples(WAYS)
def test_whatever_happens_nothing_open_is_agreed_and_the_money_is_our_count_and_what_was_taken(
    way: list[MonthCommand],
) -> None:
    state = Month()
    for event in happened(way):
        if isinstance(event, MonthAgreed):
            assert state.agreed is None
            assert state.reconciled is not None
            assert state.reconciled.report == state.last == event.report
            assert (state.of("undetermined"), state.of("own")) == ([], [])
            added = sum(one.amount.minor for one in state.taken.values())
            assert (event.theirs.minor, event.ours.minor, event.agreed.minor) == (THEIRS, OURS, OURS + added)
            if event.deemed:
                put = {id_ for one in state.asked for id_ in one.mismatches}
                assert state.asked
                assert set(state.of("partner")) - {"U1"} <= put
        if isinstance(event, MismatchTaken):
            moved = state.mismatches[event.mismatch_id].moved.minor
            assert min(0, moved) <= event.amount.minor <= max(0, moved)
        state = evolve(state, event)
