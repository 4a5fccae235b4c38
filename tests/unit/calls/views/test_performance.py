"""What each event counts for, where, and that everything can be taken back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.views.evidence import evidence
from services.calls.views.measures import measures
from services.calls.views.performance import performance, performance_day
from services.calls.views.performance_month import days_of, performance_month
from services.calls.views.tally import Tally, empty, tally_of, total
from shared.contracts.calls import (
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallHeld,
    CallStarted,
    CallTransferred,
    PublicCallEvent,
    SaleRecorded,
)
from shared.kernel import Money
from tests.unit.calls.views.events import NOON, events, fact, state

VIEWS: list[Any] = [performance, performance_day, performance_month]
Docs = dict[str, Any]


def folded(
    view: Any, some: Sequence[PublicCallEvent], signs: list[int] | None = None, docs: Docs | None = None
) -> Docs:
    """The view's documents by key."""
    docs = {} if docs is None else docs
    for event, sign in zip(some, signs or [1] * len(some), strict=True):
        for key, part in view.route(event):
            docs[key] = view.fold(docs.get(key), part, sign)
    return docs


def tally(*some: PublicCallEvent) -> Tally:
    """All that the events count for."""
    return total(doc.tally for doc in folded(performance_day, list(some)).values())


def counted(*some: PublicCallEvent) -> dict[str, Any]:
    """What is not zero."""
    found: dict[str, Any] = msgspec.to_builtins(tally(*some))
    return found


def test_a_started_call_is_offered_or_dialled_or_neither() -> None:
    assert counted(fact(CallStarted, phase="queued", offered=True, dialed=False)) == {"offered": 1}
    assert counted(fact(CallStarted, phase="dialing", offered=False, dialed=True)) == {"dials": 1}
    assert counted(fact(CallStarted, phase="ringing", offered=False, dialed=False)) == {}


def test_only_the_first_answer_of_an_offered_call_counts_with_its_wait() -> None:
    first = fact(CallAnswered, answered_by="human", first=True, offered=True, dialed=False, wait_ms=20_000)
    second = fact(CallAnswered, answered_by="human", first=False, offered=True, dialed=False)
    found = tally(first, second)
    assert (found.answered, found.contacts, found.answered_wait_ms) == (1, 1, 20_000)
    assert found.answered_waits == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("wait_ms", "bucket"), [(0, 0), (5_000, 0), (5_001, 1), (20_000, 3), (20_001, 4), (300_000, 10), (300_001, 11)]
)
def test_a_wait_of_exactly_a_bound_is_within_it(wait_ms: int, bucket: int) -> None:
    answer = fact(CallAnswered, answered_by="human", first=True, offered=True, dialed=False, wait_ms=wait_ms)
    assert tally(answer).answered_waits[bucket] == 1


def test_on_a_dialled_call_the_wait_is_ring_time() -> None:
    answer = fact(CallAnswered, answered_by="human", first=True, offered=False, dialed=True, wait_ms=9_000)
    assert counted(answer) == {"contacts": 1, "connects": 1, "dial_contacts": 1, "ring_ms": 9_000}


def test_a_machine_makes_a_dial_connected_but_no_contact() -> None:
    answer = fact(CallAnswered, answered_by="machine", first=False, offered=False, dialed=True)
    end = fact(CallEnded, scope="call", reason="completed", ended_by="agent", outcome="machine", dialed=True)
    assert counted(answer, end) == {"connects": 1}


def test_the_end_of_a_leg_counts_what_is_known_of_it() -> None:
    leg: dict[str, Any] = {"scope": "leg", "reason": "completed", "ended_by": "customer"}
    known = fact(CallEnded, **leg, talk_ms=60_000, hold_ms=0)
    unknown = fact(CallEnded, **leg)
    assert counted(known, unknown) == {"handled": 2, "talk_ms": 60_000, "talk_known": 1, "hold_known": 1}


@pytest.mark.parametrize(("wait_ms", "short"), [(5_000, 1), (5_001, 0)])
def test_an_abandoned_call_is_short_up_to_five_seconds(wait_ms: int, short: int) -> None:
    end = fact(
        CallEnded, scope="call", reason="abandoned", ended_by="customer", outcome="abandoned", offered=True,
        wait_ms=wait_ms,
    )  # fmt: skip
    found = tally(end)
    assert (found.abandoned, found.short_abandoned, found.abandoned_wait_ms) == (1, short, wait_ms)


def test_an_offered_call_that_ended_otherwise_flowed_out_and_an_unanswered_dial_is_only_a_dial() -> None:
    end: dict[str, Any] = {"scope": "call", "reason": "busy", "ended_by": "system", "outcome": "busy"}
    assert counted(fact(CallEnded, **end, offered=True)) == {"flowed_out": 1}
    assert counted(fact(CallEnded, **end, dialed=True)) == {}
    answered = fact(CallEnded, scope="call", reason="completed", ended_by="agent", outcome="answered", offered=True)
    assert counted(answered) == {}


def test_transfers_are_told_apart_by_their_mode() -> None:
    found = counted(*(fact(CallTransferred, mode=mode) for mode in ("blind", "warm", "warm", "unknown")))
    assert found == {"cold_transfers": 1, "warm_transfers": 2, "unknown_transfers": 1}


def test_a_result_counts_at_its_time_and_its_wrap_up_where_the_leg_ended() -> None:
    late = NOON.replace(hour=23, minute=50) + timedelta(minutes=15)
    result = fact(
        CallDispositioned, late, native="SALE", canonical="sale", wrap_ms=7_000,
        ended_interval=late - timedelta(minutes=20), ended_day="2026-03-02",
    )  # fmt: skip
    by_day = {doc.day: msgspec.to_builtins(doc.tally) for doc in folded(performance_day, [result]).values()}
    assert by_day == {
        "2026-03-03": {"dispositions": {"sale": 1}, "decision_contacts": 1},
        "2026-03-02": {"wrap_ms": 7_000, "wrap_known": 1},
    }


def test_a_code_that_nobody_knows_is_counted_as_other() -> None:
    assert counted(fact(CallDispositioned, native="ZZ", canonical="zz")) == {"dispositions": {"other": 1}}


def test_revenue_is_never_added_across_currencies() -> None:
    sales = [fact(SaleRecorded, amount=Money(1_990, "EUR"), quantity=2), fact(SaleRecorded, amount=Money(3_900, "BAM"))]
    found = tally(*sales, fact(SaleRecorded))
    assert (found.sales_reported, found.units) == (3, 4)
    assert found.revenue == {"BAM": 3_900, "EUR": 1_990}
    assert found.orders == {"BAM": 1, "EUR": 1}


def test_a_state_is_cut_at_quarters_of_an_hour() -> None:
    since = NOON.replace(hour=21, minute=50)
    docs = folded(performance, [state("break", since, since + timedelta(minutes=60))])
    minutes = [(doc.interval // 60_000 % (24 * 60), doc.tally.agent_ms["break"] // 60_000) for doc in docs.values()]
    assert minutes == [(1305, 10), (1320, 15), (1335, 15), (1350, 15), (1365, 5)]


def test_a_state_is_cut_at_the_partners_midnight() -> None:
    some = [state("break", NOON.replace(hour=22), NOON.replace(hour=23, minute=30), zone="Europe/Sarajevo")]
    days = {doc.day: doc.tally.agent_ms for doc in folded(performance_day, some).values()}
    assert days == {"2026-03-02": {"break": 3_600_000}, "2026-03-03": {"break": 1_800_000}}


def test_offline_is_not_counted_and_hold_events_count_for_nothing() -> None:
    assert measures(state("offline", NOON, NOON + timedelta(hours=9))) == []
    assert measures(fact(CallHeld)) == []


def test_agents_time_belongs_to_no_campaign_and_no_direction() -> None:
    (doc,) = folded(performance, [state("available", NOON, NOON + timedelta(minutes=1))]).values()
    assert (doc.agent, doc.campaign, doc.direction) == ("a1", None, None)


def test_names_with_bars_make_no_two_cells_one() -> None:
    one = fact(CallStarted, phase="queued", offered=True, dialed=False, campaign="a|b", agent="c")
    other = fact(CallStarted, phase="queued", offered=True, dialed=False, campaign="a", agent="b|c")
    assert len(folded(performance, [one, other])) == 2


def test_a_test_source_counts_under_a_scope_of_its_own() -> None:
    started: dict[str, Any] = {"phase": "queued", "offered": True, "dialed": False}
    docs = folded(performance_day, [fact(CallStarted, **started), fact(CallStarted, **started, counts="test")])
    assert sorted(doc.counts for doc in docs.values()) == ["production", "test"]
    assert [performance_day.fields(doc)["counts"] for doc in docs.values()] == ["production", "test"]


SOME = st.lists(events(), max_size=25)


@settings(max_examples=60, deadline=None)
@given(SOME, events())
def test_an_event_and_its_reversal_leave_every_document_as_it_was(some: list[Any], extra: Any) -> None:
    for view in [*VIEWS, evidence]:
        for started_with in (some, [*some, extra]):
            docs = folded(view, started_with)
            before = {key: msgspec.json.encode(doc) for key, doc in docs.items()}
            folded(view, [extra, extra], [1, -1], docs)
            after = {key: docs[key] for key in before}
            if view is evidence:
                assert after == {key: msgspec.json.decode(body, type=view.doc) for key, body in before.items()}
            else:
                assert {key: msgspec.json.encode(doc) for key, doc in after.items()} == before


@settings(max_examples=60, deadline=None)
@given(SOME)
def test_what_is_taken_back_wholly_leaves_nothing(some: list[Any]) -> None:
    for view in VIEWS:
        docs = folded(view, some)
        folded(view, some[::-1], [-1] * len(some), docs)
        assert all(empty(doc.tally) for doc in docs.values())
        assert view is not performance_month or all(doc.days == {} for doc in docs.values())
    docs = folded(evidence, some)
    folded(evidence, some, [-1] * len(some), docs)
    assert all(doc.calls == {} and doc.states == {} for doc in docs.values())


@settings(max_examples=60, deadline=None)
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter_to_the_last_byte(some: list[Any], dice: random.Random) -> None:
    mixed = dice.sample(some, len(some))
    for view in VIEWS:
        one, other = folded(view, some), folded(view, mixed)
        assert {key: msgspec.json.encode(doc) for key, doc in one.items()} == {
            key: msgspec.json.encode(doc) for key, doc in other.items()
        }
    assert folded(evidence, some) == folded(evidence, mixed)


@settings(max_examples=40, deadline=None)
@given(SOME, SOME, SOME)
def test_shards_add_up_in_any_order_and_grouping(one: list[Any], two: list[Any], three: list[Any]) -> None:
    def merged(view: Any, *shards: list[Any]) -> Docs:
        docs: Docs = {}
        for shard in shards:
            for key, doc in folded(view, shard).items():
                docs[key] = view.merge(docs[key], doc) if key in docs else doc
        return docs

    for view in [*VIEWS, evidence]:
        assert merged(view, one, two, three) == merged(view, three, one, two) == folded(view, one + two + three)
        assert merged(view, one + two, three) == merged(view, one, two + three)


@settings(max_examples=60, deadline=None)
@given(SOME, SOME)
def test_a_month_has_the_sums_of_its_days_also_if_it_began_without_them(some: list[Any], more: list[Any]) -> None:
    older = {
        key: msgspec.structs.replace(doc, tally=Tally(), summed=False)
        for key, doc in folded(performance_month, some).items()
    }
    for docs in (folded(performance_month, some), folded(performance_month, more, None, older)):
        for doc in docs.values():
            assert not doc.summed or doc.tally == total(tally_of(counters) for _, counters in days_of(doc))
    assert all(older[key].summed for key in folded(performance_month, more))


@settings(max_examples=60, deadline=None)
@given(SOME)
def test_quarters_days_months_and_evidence_tell_the_same_sums(some: list[Any]) -> None:
    quarters = total(doc.tally for doc in folded(performance, some).values())
    assert quarters == total(doc.tally for doc in folded(performance_day, some).values())
    months = [day for doc in folded(performance_month, some).values() for day in days_of(doc)]
    assert quarters == total(tally_of(counters) for _, counters in months)
    for date in {date for date, _ in months}:
        mine = (doc.tally for doc in folded(performance_day, some).values() if doc.day == date)
        assert total(mine) == total(tally_of(counters) for day, counters in months if day == date)
    behind = folded(evidence, some).values()
    assert quarters == total(tally_of(a) for doc in behind for part in (doc.calls, doc.states) for a in part.values())


def test_documents_survive_the_way_to_the_store_and_back() -> None:
    some = [fact(SaleRecorded, amount=Money(1, "EUR")), fact(CallTransferred, mode="warm")]
    for view in [*VIEWS, evidence]:
        for doc in folded(view, some).values():
            assert msgspec.json.decode(msgspec.json.encode(doc), type=view.doc) == doc
