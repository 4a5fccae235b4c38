"""A defect of ours from its finding to its end, and what the view tells of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from services.reconciliation.domain.defect import (
    AcknowledgeDefect,
    CloseDefect,
    DefectCommand,
    Identity,
    OwnDefect,
    RecordReplay,
    ReopenDefect,
    SpecifyDefect,
    closes,
    defect,
    identity,
)
from services.reconciliation.events.defects import DefectAcknowledged, DefectClosed, DefectReopened, DefectReplayed
from services.reconciliation.views.defects import KnownDefect, defects, newer
from shared.contracts.reconciliation import DefectSpecified
from shared.kernel import Event, Money, Rejected
from tests.spec import evolved, given, seen

AT = datetime(2026, 4, 3, 8, tzinfo=UTC)
ID = "adria:2026-03-1"
OLD, NEW = "a" * 64, "b" * 64
PLACE: dict[str, Any] = {"defect_id": ID, "partner_id": "adria", "at": AT, "by": "iva"}
FOUND: dict[str, Any] = {
    "month": "2026-03",
    "kind": "sale_missing_own",
    "predicate": "sku is VITAL-2 and from 2026-03-04 09:00:00 UTC on",
    "calls": 41,
    "moved": Money(-200900, "EUR"),
    "fixture": OLD,
}


def specify(**more: Any) -> SpecifyDefect:
    fields: dict[str, Any] = {"defect_id": ID, "at": AT, "by": "iva"}
    return SpecifyDefect(**(fields | FOUND | more))


def specified(**more: Any) -> DefectSpecified:
    return DefectSpecified(**(PLACE | FOUND | more))


def record(differing: int = 0, release: str = "0.2.0", fixture: str = OLD) -> RecordReplay:
    return RecordReplay(defect_id=ID, fixture=fixture, release=release, differing=differing, of=40, at=AT, by="iva")


def replayed(differing: int = 0, release: str = "0.2.0", fixture: str = OLD) -> DefectReplayed:
    return DefectReplayed(**PLACE, fixture=fixture, release=release, differing=differing, of=40)


def close(*months: str) -> CloseDefect:
    return CloseDefect(defect_id=ID, months=months or ("2026-03",), at=AT, by="iva")


CLOSED = DefectClosed(**PLACE, months=("2026-03",), release="0.2.0")
MENDED = (specified(), replayed(20, "0.1.0"), replayed(), CLOSED)


def reopened(reason: str) -> DefectReopened:
    return DefectReopened(**PLACE, reason=reason)


def test_what_was_found_is_specified_once() -> None:
    given(defect).when(specify()).then(specified())
    given(defect, specified()).when(specify()).then()
    given(defect, specified()).when(specify(fixture=NEW, calls=42)).then(specified(fixture=NEW, calls=42))
    april = {"month": "2026-04", "predicate": "from 2026-04-01 07:00:00 UTC on and sku is VITAL-2"}
    given(defect, specified()).when(specify(**april)).then(specified(**april))


@pytest.mark.parametrize("other", [{"kind": "own_amount"}, {"predicate": "sku is VITAL-1"}])
def test_another_defect_has_another_id(other: dict[str, str]) -> None:
    given(defect, specified()).when(specify(**other)).then_rejected("other_defect")


@pytest.mark.parametrize(
    "command",
    [
        AcknowledgeDefect(defect_id=ID, ticket="TL-311", at=AT, by="iva"),
        record(),
        close(),
        ReopenDefect(defect_id=ID, reason="No.", at=AT, by="iva"),
    ],
)
def test_nothing_happens_to_what_was_never_found(command: DefectCommand) -> None:
    given(defect).when(command).then_rejected("unknown_defect")


def test_a_developer_takes_it_on_until_it_is_closed() -> None:
    take = AcknowledgeDefect(defect_id=ID, ticket="TL-311", at=AT, by="iva")
    taken = DefectAcknowledged(**PLACE, ticket="TL-311")
    given(defect, specified()).when(take).then(taken)
    given(defect, specified(), taken).when(take).then()
    given(defect, *MENDED).when(take).then_rejected("closed_already")


def test_a_replay_is_recorded_once_for_each_release_and_outcome() -> None:
    given(defect, specified()).when(record(20, "0.1.0")).then(replayed(20, "0.1.0"))
    given(defect, specified(), replayed(20, "0.1.0")).when(record(20, "0.1.0")).then()
    given(defect, specified(), replayed(20, "0.1.0")).when(record()).then(replayed())
    given(defect, specified(), specified(fixture=NEW)).when(record()).then_rejected("other_fixture")


def test_it_closes_when_its_fixture_passes_and_all_its_months_are_clean() -> None:
    given(defect, specified()).when(close()).then_rejected("not_replayed")
    given(defect, specified(), replayed(3)).when(close()).then_rejected("still_fails")
    given(defect, specified(), replayed()).when(close()).then(CLOSED)
    both = (specified(), specified(month="2026-04"), replayed())
    given(defect, *both).when(close("2026-04")).then_rejected("months_left")
    closed = DefectClosed(**PLACE, months=("2026-03", "2026-04"), release="0.2.0")
    given(defect, *both).when(close("2026-03", "2026-04")).then(closed)


def test_a_pass_of_an_older_fixture_closes_nothing() -> None:
    given(defect, specified(), replayed(), specified(fixture=NEW)).when(close()).then_rejected("not_replayed")


def test_what_fails_again_is_open_again() -> None:
    given(defect, *MENDED).when(record(1, "0.3.0")).then(
        replayed(1, "0.3.0"), reopened("Its fixture fails with release 0.3.0.")
    )
    given(defect, *MENDED).when(record(0, "0.3.0")).then(replayed(0, "0.3.0"))
    given(defect, *MENDED).when(specify()).then(specified(), reopened("It was found again in 2026-03."))
    by_hand = ReopenDefect(defect_id=ID, reason="The dashboards still lack them.", at=AT, by="iva")
    given(defect, *MENDED).when(by_hand).then(reopened("The dashboards still lack them."))
    given(defect, specified()).when(by_hand).then()


def test_found_again_it_has_only_its_new_month_to_be_cleared_of() -> None:
    april = specified(month="2026-04", fixture=NEW)
    again = (*MENDED, april, reopened("It was found again in 2026-04."), replayed(0, "0.4.0", NEW))
    given(defect, *again).when(close("2026-04")).then(DefectClosed(**PLACE, months=("2026-04",), release="0.4.0"))


COMMANDS = st.one_of(
    st.builds(specify, month=st.sampled_from(["2026-03", "2026-04"]), fixture=st.sampled_from([OLD, NEW])),
    st.builds(record, st.sampled_from([0, 0, 7]), st.sampled_from(["0.1.0", "0.2.0"]), st.sampled_from([OLD, NEW])),
    st.just(close("2026-03")),
    st.just(close("2026-03", "2026-04")),
    st.just(ReopenDefect(defect_id=ID, reason="No.", at=AT, by="iva")),
    st.just(AcknowledgeDefect(defect_id=ID, ticket="TL-311", at=AT, by="iva")),
)


@examples(st.lists(COMMANDS, max_size=14))
def test_a_closed_defect_passed_and_the_view_agrees_with_the_aggregate(commands: list[DefectCommand]) -> None:
    state, happened = OwnDefect(), list[Event]()
    for command in commands:
        try:
            events = defect.decide(command, state)
        except Rejected:
            continue
        state = evolved(defect, state, events)
        happened += events
        if any(isinstance(one, DefectClosed) for one in events):
            assert state.replay is not None
            assert state.replay.differing == 0
            assert state.specified is not None
            assert state.replay.fixture == state.specified.fixture
            assert isinstance(command, CloseDefect)
            assert state.months <= set(command.months)
    docs = seen(defects, *happened)
    if not happened:
        assert docs == {}
        return
    doc = docs[ID]
    assert (doc.stage == "closed", doc.months, doc.ticket) == (state.closed, sorted(state.months), state.ticket)
    assert doc.found == state.specified
    assert (doc.replays[-1] if doc.replays else None) == state.replay
    assert (len(doc.history), doc.changes) == (len(happened), len(happened))


def test_the_view_tells_the_story() -> None:
    taken = DefectAcknowledged(**PLACE, ticket="TL-311")
    doc = seen(defects, specified(), replayed(20, "0.1.0"), taken, replayed(), CLOSED)[ID]
    assert (doc.stage, doc.months, doc.ticket, doc.partner_id) == ("closed", ["2026-03"], "TL-311", "adria")
    assert [(one.what, one.says) for one in doc.history] == [
        ("found", "41 calls in 2026-03 where sku is VITAL-2 and from 2026-03-04 09:00:00 UTC on"),
        ("replayed", "release 0.1.0: 20 of 40 calls differ"),
        ("taken on", "TL-311"),
        ("replayed", "release 0.2.0: passes"),
        ("closed", "release 0.2.0; gone from 2026-03"),
    ]
    again = seen(defects, specified(), replayed(), taken, CLOSED, reopened("No."))[ID]
    assert again.stage == "acknowledged"
    later = seen(defects, specified(), replayed(), taken, CLOSED, reopened("No."), replayed(1, "0.3.0"))[ID]
    assert newer(later, again) is newer(again, later) is later
    with pytest.raises(LookupError):
        _ = KnownDefect(defect_id=ID, partner_id="adria").found


def test_an_identity_has_no_dates_no_order_and_no_chance_length() -> None:
    one = identity("own_duration", "talk is 3604 s or more and campaign is nova and from 2026-03-04 09:00:00 UTC on")
    assert one == identity(
        "own_duration", "from 2026-05-01 00:00:09 UTC on and campaign is nova and talk is 61 s or more"
    )
    assert one == Identity("own_duration", frozenset({"talk is long", "campaign is nova"}))
    assert one != identity("own_duration", "campaign is nova")
    assert one != identity("own_duration_ring", "talk is 3604 s or more and campaign is nova")


CONDITIONS = st.frozensets(st.sampled_from(["sku is A", "campaign is B", "agent is C", "talk is long"]), max_size=3)
IDENTITIES = st.builds(Identity, st.sampled_from(["own_amount", "own_duration"]), CONDITIONS)


@examples(IDENTITIES, st.lists(IDENTITIES, max_size=5))
def test_a_defect_is_gone_only_when_neither_it_nor_a_part_nor_a_whole_of_it_is_found(
    one: Identity, now: list[Identity]
) -> None:
    gone = closes(one, now)
    assert gone == all(closes(one, [each]) for each in now)
    assert not closes(one, [*now, one])
    narrower = Identity(one.kind, one.conditions | {"status is confirmed"})
    assert not closes(one, [narrower])
    assert not closes(narrower, [one])
    assert closes(one, [Identity("another_kind", one.conditions)])
