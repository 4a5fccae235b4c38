"""Hot leads: one deadline from the asking, escalated before it breaks, missed at it, taken by one, told once."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.calls.domain.handover import (
    AskHandover,
    CloseHandover,
    Handover,
    PassTime,
    TakeHandover,
    escalation,
    handover,
)
from services.calls.domain.handover_times import Run, nearest_rank, times_of
from services.calls.events.handovers import HandoverClosed, HandoverEscalated, HandoverEvent
from services.calls.views.agreed import agreed_terms, hot_lead_seconds
from services.calls.views.handovers import handovers
from services.calls.watch.stopwatches import Stopwatches
from shared.contracts.partners import ContractSigned
from shared.contracts.selling import HandoverMissed, HandoverTaken, LeadHandedOver
from shared.http import Deps
from shared.kernel import Rejected
from tests.spec import evolved, given, seen
from tests.unit.calls.selling.desk import MemoryDesk
from tests.unit.terms.sheets import sheet

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)
DUE = AT + timedelta(minutes=3)
ESCALATES = AT + timedelta(seconds=108)
ID = "adria:adria-switch:c-1"
OF: dict[str, Any] = {
    "handover": ID,
    "partner": "adria",
    "call": "adria-switch:c-1",
    "agent": "a7",
    "campaign": "vital",
}


def ask(**more: Any) -> AskHandover:
    fields = {name: value for name, value in OF.items() if name != "partner"}
    said = {**fields, "customer_ref": "cus_1", "due_at": DUE, "escalates_at": ESCALATES, "at": AT, "by": "a7"}
    return AskHandover(**{**said, "points": ("ready_to_buy",), **more})


def asked(**more: Any) -> LeadHandedOver:
    said = {**OF, "customer_ref": "cus_1", "due_at": DUE, "escalates_at": ESCALATES, "at": AT, "by": "a7"}
    return LeadHandedOver(**{**said, "points": ("ready_to_buy",), **more})


def taken(seconds: float, by: str = "ana", in_time: bool = True) -> HandoverTaken:
    at = AT + timedelta(seconds=seconds)
    return HandoverTaken(**OF, waited_ms=int(seconds * 1000), in_time=in_time, at=at, by=by)


def take(seconds: float, by: str = "ana") -> TakeHandover:
    return TakeHandover(handover=ID, at=AT + timedelta(seconds=seconds), by=by)


def passes(seconds: float) -> PassTime:
    return PassTime(handover=ID, at=AT + timedelta(seconds=seconds))


MISSED = HandoverMissed(**OF, due_at=DUE, at=DUE)


def escalated(seconds: float = 108) -> HandoverEscalated:
    return HandoverEscalated(**OF, due_at=DUE, at=AT + timedelta(seconds=seconds))


def closed(outcome: str = "done", reason: str | None = None) -> HandoverClosed:
    said: dict[str, Any] = {"outcome": outcome, "reason": reason, "at": DUE, "by": "ana"}
    return HandoverClosed(**OF, **said)


def close(outcome: str = "done", reason: str | None = None, by: str = "ana") -> CloseHandover:
    said: dict[str, Any] = {"outcome": outcome, "reason": reason}
    return CloseHandover(handover=ID, **said, at=DUE, by=by)


def test_it_is_asked_once_with_the_deadline_of_the_first_asking() -> None:
    given(handover).when(ask()).then(asked())
    later = AT + timedelta(minutes=1)
    given(handover, asked()).when(ask(at=later, due_at=later + timedelta(minutes=3))).then()
    given(handover, asked()).when(ask(points=("asks_price",))).then_rejected("handover_exists")
    given(handover, asked()).when(ask(agent="a8")).then_rejected("handover_exists")


def test_who_takes_first_has_the_customer() -> None:
    given(handover, asked()).when(take(61)).then(taken(61))
    given(handover, asked(), taken(61)).when(take(62)).then()
    given(handover, asked(), taken(61)).when(take(62, "ben")).then_rejected("taken")
    given(handover).when(take(1)).then_rejected("unknown_handover")


def test_the_deadline_itself_is_in_time_and_the_moment_after_is_not() -> None:
    given(handover, asked()).when(take(180)).then(taken(180))
    given(handover, asked()).when(take(180.001)).then(MISSED, taken(180.001, in_time=False))
    given(handover, asked(), MISSED).when(take(200)).then(taken(200, in_time=False))
    given(handover, asked()).when(passes(180)).then(escalated(180))
    given(handover, asked(), escalated()).when(passes(180)).then()
    given(handover, asked(), escalated()).when(passes(180.001)).then(MISSED)


def test_what_was_told_as_missed_stays_missed_whatever_the_clock_of_the_one_who_takes() -> None:
    given(handover, asked(), MISSED).when(take(179)).then(taken(179, in_time=False))


def test_it_is_escalated_once_before_the_deadline_breaks() -> None:
    given(handover, asked()).when(passes(107.999)).then()
    given(handover, asked()).when(passes(108)).then(escalated())
    given(handover, asked(), escalated()).when(passes(120)).then()
    given(handover, asked(), taken(60)).when(passes(120)).then()
    given(handover, asked()).when(passes(600)).then(MISSED)
    given(handover, asked(), MISSED).when(passes(700)).then()
    assert escalation(AT, DUE, 60) == ESCALATES
    assert escalation(AT, DUE, 1) > AT
    assert escalation(AT, DUE, 99) < DUE


def test_only_who_has_the_customer_says_what_came_of_it() -> None:
    given(handover, asked()).when(close()).then_rejected("not_taken")
    given(handover, asked(), taken(60)).when(close(by="ben")).then_rejected("taken")
    given(handover, asked(), taken(60)).when(close()).then(closed())
    given(handover, asked(), taken(60)).when(close("lost")).then_rejected("reason_missing")
    given(handover, asked(), taken(60)).when(close("done", "price")).then_rejected("reason_wrong")
    given(handover, asked(), taken(60)).when(close("lost", "price")).then(closed("lost", "price"))
    given(handover, asked(), taken(60), closed()).when(close("lost", "price")).then_rejected("closed")
    given(handover, asked(), taken(60), closed()).when(close()).then()


MOVES = st.one_of(
    st.builds(passes, st.integers(0, 400)),
    st.builds(take, st.integers(0, 400), st.sampled_from(("ana", "ben"))),
    st.builds(close, st.just("done"), st.none(), st.sampled_from(("ana", "ben"))),
)


@whatever(st.lists(MOVES, max_size=12))
def test_whatever_comes_in_whatever_order_each_thing_is_told_once(moves: list[Any]) -> None:
    state, events = evolved(handover, Handover(), [asked()]), list[HandoverEvent]([asked()])
    for command in [*moves, *moves]:
        try:
            more = handover.decide(command, state)
        except Rejected:
            continue
        state = evolved(handover, state, more)
        events += more
    kinds = [type(event) for event in events]
    assert all(kinds.count(kind) <= 1 for kind in kinds)
    takes = [event for event in events if isinstance(event, HandoverTaken)]
    if takes:
        assert takes[0].in_time is (HandoverMissed not in kinds)
    if HandoverEscalated in kinds and HandoverMissed in kinds:
        assert kinds.index(HandoverEscalated) < kinds.index(HandoverMissed)
    for missed in (event for event in events if isinstance(event, HandoverMissed)):
        assert missed.at == missed.due_at == DUE
    (doc,) = seen(handovers, *events).values()
    assert (doc.taken is not None, doc.missed_at is not None) == (bool(takes), HandoverMissed in kinds)
    assert doc.state == ("closed" if HandoverClosed in kinds else "taken" if takes else "open")


# Times


def run(waited: int | None, missed: bool = False, number: int = 0) -> Run:
    at = AT + timedelta(minutes=number)
    return Run(handover=f"adria:s:{number}", agent="a7", asked_at=at, due_at=DUE, missed=missed, waited_ms=waited)


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    waits = [15, 20, 35, 40, 50]
    assert [nearest_rank(waits, p) for p in (5, 30, 40, 50, 90, 100)] == [15, 20, 20, 35, 50, 50]
    assert nearest_rank([], 50) is None
    assert [nearest_rank([7], p) for p in (50, 90, 100)] == [7, 7, 7]


@whatever(st.lists(st.integers(0, 10**6), min_size=1, max_size=60), st.integers(1, 100))
def test_so_many_per_cent_are_at_or_below_a_percentile_and_it_is_the_least(waits: list[int], percent: int) -> None:
    found = nearest_rank(waits, percent)
    assert found in waits
    assert sum(1 for wait in waits if wait <= found) * 100 >= percent * len(waits)
    assert all(sum(1 for one in waits if one <= less) * 100 < percent * len(waits) for less in waits if less < found)


def test_times_tell_in_time_missed_and_open_apart() -> None:
    runs = [run(1000), run(2000, number=1), run(9000, True, 3), run(None, True, 2), run(None, number=4)]
    times = times_of(runs)
    assert (times.asked, times.in_time, times.missed, times.taken_late, times.open) == (5, 2, 2, 1, 1)
    assert times.share == "50.00"
    assert times.percentiles == {"50": 2000, "90": 9000, "100": 9000}
    assert [miss.handover for miss in times.misses] == ["adria:s:2", "adria:s:3"]
    assert times_of([]).share is None
    assert times_of([run(1), run(2), run(None, True)]).share == "66.67"


@whatever(st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 10**6)), st.booleans()), max_size=30))
def test_every_hand_over_is_in_time_missed_or_open(found: list[tuple[int | None, bool]]) -> None:
    times = times_of([run(waited, missed, number) for number, (waited, missed) in enumerate(found)])
    assert times.in_time + times.missed + times.open == times.asked == len(found)
    assert len(times.misses) == times.missed >= times.taken_late


# The contract's time


def signed(contract: str, seconds: int, starts: date) -> ContractSigned:
    terms = sheet({}, measures={"hot_lead_seconds": seconds})
    return ContractSigned(
        contract_id=f"adria:{contract}", partner_id="adria", version=1, effective=starts, terms=terms,
        signed_on=starts, signers=(), documents=(), at=AT, by="ana",
    )  # fmt: skip


def test_the_shortest_time_of_the_contracts_that_hold_counts_and_five_minutes_without_one() -> None:
    docs = seen(
        agreed_terms,
        signed("a", 240, date(2026, 3, 1)),
        signed("b", 200, date(2026, 3, 1)),
        signed("c", 100, date(2026, 4, 1)),
    )
    assert hot_lead_seconds(docs["adria"], AT) == 200
    assert hot_lead_seconds(docs["adria"], AT - timedelta(days=30)) == 300
    assert hot_lead_seconds(docs["adria"], AT + timedelta(days=40)) == 100
    assert hot_lead_seconds(None, AT) == 300
    halves = [seen(agreed_terms, signed(name, 200, date(2026, 3, 1)))["adria"] for name in "ab"]
    assert agreed_terms.merge(*halves).contracts.keys() == {"adria:a", "adria:b"}


# The loop


@pytest.mark.parametrize("behind", [0, 1, 2])
@pytest.mark.parametrize("pause", [1, 30, 500])
def test_every_hand_over_is_escalated_and_missed_once_however_often_the_loop_is_killed(behind: int, pause: int) -> None:
    memory, now = MemoryDesk(), [AT]
    deps = Deps(memory, memory, None, None, lambda: now[0], "")  # type: ignore[arg-type]
    memory.events.append(asked())
    for second in range(0, 600, pause):
        now[0] = AT + timedelta(seconds=second, milliseconds=1)
        for _ in range(2):  # two processes look, each as if it had just been started
            memory.behind = min(behind, len(memory.events) - 1)
            asyncio.run(Stopwatches(deps).step())
    expected = [escalated(108.001 if pause == 1 else 120.001), MISSED] if pause < 500 else [MISSED]
    assert memory.events[1:] == expected


def test_who_was_taken_is_left_alone() -> None:
    memory = MemoryDesk()
    deps = Deps(memory, memory, None, None, lambda: AT + timedelta(hours=1), "")  # type: ignore[arg-type]
    memory.events += [asked(), taken(60)]
    assert asyncio.run(Stopwatches(deps).step()) == 0
    assert len(memory.events) == 2
