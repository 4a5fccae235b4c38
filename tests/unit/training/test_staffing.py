"""How a partner is staffed: what is said, what came, what that needs, what was promised and what was there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from services.training.domain.capacity import CommitCapacity, capacity
from services.training.domain.staffing import SetStaffing, staffing
from services.training.events.capacity import CapacityCommitted, Committed
from services.training.events.staffing import StaffingLine, StaffingSet
from services.training.staffing.delivery import Delivered, committed_on, delivered
from services.training.staffing.forecast import Expected
from services.training.staffing.goals import Goal
from services.training.staffing.need import Needed, Work, needed, patience_s
from services.training.views.arrivals import Arrivals, arrivals
from services.training.views.capacity import known_capacity
from services.training.views.presence import Stay, presence
from services.training.views.speakers import speakers
from services.training.views.staffing import known_staffing
from shared.contracts.calls import AgentStateChanged, CallAnswered, CallDispositioned, CallEnded, CallStarted
from shared.contracts.partners import AgentRegistered
from shared.kernel import Event, Recorded
from tests.spec import given, published, seen

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHO: dict[str, Any] = {"partner_id": "adria", "at": AT, "by": "iva"}
QUARTER = datetime(2026, 3, 2, 8, 45, tzinfo=UTC)
CALL: dict[str, Any] = {
    "call": "s1:c1",
    "source": "s1",
    "partner": "adria",
    "direction": "inbound",
    "at": QUARTER,
    "interval": QUARTER,
    "day": "2026-03-02",
    "campaign": "lamps",
    "queue": "sales",
}
NEXT: dict[str, Any] = CALL | {"interval": QUARTER + timedelta(minutes=15)}

STARTED = CallStarted(**CALL, phase="queued", offered=True, dialed=False)
ANSWERED = CallAnswered(**CALL, answered_by="human", first=True, offered=True, dialed=False, wait_ms=9000)
LEG = CallEnded(**NEXT, scope="leg", reason="completed", ended_by="agent", talk_ms=180_000, hold_ms=20_000)
WRAP = CallDispositioned(**NEXT, native="SOLD", canonical="sale", wrap_ms=40_000)
GONE = CallEnded(
    **CALL, scope="call", reason="gone", ended_by="customer", outcome="abandoned", offered=True, wait_ms=30_000
)


def line(language: str, **more: Any) -> StaffingLine:
    return StaffingLine(language=language, **more)


def said(*lines: StaffingLine, **more: Any) -> dict[str, Any]:
    return WHO | {"time_zone": "Europe/Zagreb", "lines": lines, "holidays": (date(2026, 12, 25),)} | more


def test_staffing_is_said_as_a_whole() -> None:
    lines = line("hr", queues=("sales",)), line("de")
    given(staffing).when(SetStaffing(**said(*lines))).then(StaffingSet(**said(*lines)))
    other = StaffingSet(**said(line("hr")))
    given(staffing, other).when(SetStaffing(**said(*lines))).then(StaffingSet(**said(*lines)))
    given(staffing, other).when(SetStaffing(**said(line("hr"), by="nik"))).then()
    doc = seen(known_staffing, other, StaffingSet(**said(*lines)))["adria"]
    assert (doc.staffing.lines, doc.changes) == (lines, 2)


@pytest.mark.parametrize(
    ("lines", "more", "code"),
    [
        ((line("hr"), line("de")), {}, "claimed_twice"),
        ((line("hr", queues=("a",)), line("hr", queues=("b",))), {}, "claimed_twice"),
        ((line("hr", queues=("a",)), line("de", queues=("a",))), {}, "claimed_twice"),
        ((line("hr", share_percent=None, occupancy_percent=None),), {}, "nothing_asked"),
        ((line("hr"),), {"time_zone": "Europe/Agram"}, "unknown_zone"),
    ],
)
def test_what_can_not_be_staffed(lines: tuple[StaffingLine, ...], more: dict[str, Any], code: str) -> None:
    given(staffing).when(SetStaffing(**said(*lines, **more))).then_rejected(code)


def test_calls_count_where_they_came_and_work_where_it_ended() -> None:
    other = [CallStarted(**CALL | {"counts": "test"}, phase="queued", offered=True, dialed=False)]
    other += [CallStarted(**CALL | {"direction": "outbound"}, phase="dialing", offered=False, dialed=True)]
    doc = seen(arrivals, STARTED, ANSWERED, LEG, WRAP, STARTED, GONE, *other)["adria:2026-03-02"]
    assert doc.cells == {
        "2026-03-02T08:45:00+00:00|sales|lamps": Arrivals(offered=2, answered=1, abandoned=1, waited_ms=39_000),
        "2026-03-02T09:00:00+00:00|sales|lamps": Arrivals(handled=1, busy_ms=240_000),
    }
    places = [(where.at, where.queue, where.campaign) for where, _ in doc.places()]
    assert places[0] == (QUARTER, "sales", "lamps")


FACTS: list[Event] = [STARTED, ANSWERED, LEG, WRAP, GONE]


@hypothesis_given(st.permutations(FACTS), st.sets(st.sampled_from(range(5))))
def test_facts_count_in_any_order_and_what_is_taken_back_never_was(order: list[Event], back: set[int]) -> None:
    told: list[Recorded[Any]] = [published(event, number) for number, event in enumerate(order)]
    told += [published(order[one], 10 + one, reverses=told[one]) for one in sorted(back)]
    left = [event for number, event in enumerate(order) if number not in back]
    plain = seen(arrivals, *left).get("adria:2026-03-02")
    assert seen(arrivals, *told)["adria:2026-03-02"].cells == (plain.cells if plain else {})


@hypothesis_given(st.integers(0, 5))
def test_shards_of_a_day_add_up(cut: int) -> None:
    whole = seen(arrivals, *FACTS)["adria:2026-03-02"]
    parts = [seen(arrivals, *part).get("adria:2026-03-02") for part in (FACTS[:cut], FACTS[cut:])]
    shards = [part for part in parts if part is not None]
    merged = shards[0] if len(shards) == 1 else arrivals.merge(*shards)
    assert merged.cells == whole.cells


def state(name: str, since: datetime, until: datetime, **more: Any) -> AgentStateChanged:
    fields: dict[str, Any] = {"partner": "adria", "source": "s1", "agent": "a7", "native": name, "day_zone": "UTC"}
    return AgentStateChanged(**fields | more, state=name, since=since, until=until)


def test_presence_is_cut_at_midnight_and_without_those_who_are_not_there() -> None:
    night = datetime(2026, 3, 2, 22, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    found = seen(presence, state("on_call", *night), state("offline", *night), state("break", *night, counts="test"))
    assert {key: doc.stays for key, doc in found.items()} == {
        "adria:a7:2026-03-02": [Stay(night[0], midnight, "on_call")],
        "adria:a7:2026-03-03": [Stay(midnight, night[1], "on_call")],
    }


def test_a_state_that_is_taken_back_never_was() -> None:
    long, short = state("on_call", AT, AT + timedelta(hours=2)), state("on_call", AT, AT + timedelta(hours=1))
    told = published(long, 1)
    doc = seen(presence, told, published(long, 2, reverses=told), published(short, 3))["adria:a7:2026-03-02"]
    assert doc.stays == [Stay(AT, AT + timedelta(hours=1), "on_call")]


def test_the_need_follows_from_calls_and_goal() -> None:
    """The published example: 100 calls in half an hour, three minutes each, 80 % in 20 s: 14 agents; 20 people."""
    work = Work(180, None, Goal(share=0.8, within_s=20), 0.3, least=2)
    half_hours = [Expected(AT, AT.date(), 100.0, 80, 120), Expected(AT, AT.date(), 0.0, 0, 0)]
    assert needed(half_hours, work) == [Needed(AT, 100.0, 14, 20), Needed(AT, 0.0, 0, 2)]
    (high, _) = needed(half_hours, Work(180, None, Goal(share=0.8, within_s=20), 0.3, "high"))
    assert (high.calls, high.agents) == (120.0, 16)


def test_patience_is_measured_from_waits_of_all() -> None:
    assert patience_s(3_000.0, 40) == 75.0
    assert patience_s(3_000.0, 0) is None


SPOKEN = {"a1": frozenset({"de"}), "a2": frozenset({"de", "hr"}), "a3": frozenset({"hr"})}
DAYTIME = Committed(language="de", days=("mon",), opens="08:00", closes="09:00", people=2)
CROATIAN = Committed(language="hr", days=("mon", "tue"), opens="08:00", closes="08:30", people=1)


def commitment(*committed: Committed, starts: date = date(2026, 3, 1), **more: Any) -> CapacityCommitted:
    return CapacityCommitted(**WHO | more, starts=starts, committed=committed)


def test_a_commitment_holds_from_its_day_on() -> None:
    first, later = commitment(DAYTIME), commitment(CROATIAN, starts=date(2026, 4, 1))
    command = CommitCapacity(**WHO, starts=date(2026, 4, 1), committed=(CROATIAN,))
    given(capacity, first).when(command).then(later)
    given(capacity, first, later).when(command).then()
    night = Committed(language="de", days=("mon",), opens="22:00", closes="06:00", people=1)
    given(capacity).when(CommitCapacity(**WHO, starts=date(2026, 4, 1), committed=(night,))).then_rejected(
        "closes_before"
    )
    doc = seen(known_capacity, later, first)["adria"]
    assert doc.said == [first, later]
    assert committed_on(doc.said, date(2026, 3, 2), 8 * 60) == {"de": 2}
    assert committed_on(doc.said, date(2026, 3, 2), 9 * 60) == {}
    assert committed_on(doc.said, date(2026, 4, 6), 8 * 60) == {"hr": 1}
    assert committed_on(doc.said, date(2026, 2, 23), 8 * 60) == {}


def test_what_was_there_against_what_was_committed() -> None:
    eight = datetime(2026, 3, 2, 7, tzinfo=UTC)
    half = timedelta(minutes=30)
    stays = {
        "a1": [(eight, eight + 2 * half, "on_call")],
        "a2": [(eight, eight + half / 2, "available"), (eight + half, eight + 1.4 * half, "break")],
        "a3": [],
    }
    found = delivered([commitment(DAYTIME, CROATIAN)], [date(2026, 3, 2)], "Europe/Zagreb", stays, SPOKEN)
    assert [(one.at, one.language, one.committed, one.speaking) for one in found] == [
        (eight, "de", 2, 2),
        (eight, "hr", 1, 1),
        (eight + half, "de", 2, 1),
    ]
    assert sum(one.short for one in found if one.at == eight) == 1, "who speaks both fills one place"
    assert found[2] == Delivered(eight + half, "de", 2, 1, 1)


def test_an_agent_speaks_what_was_last_registered() -> None:
    first = AgentRegistered(partner_id="adria", agent="a7")
    found = seen(speakers, first, AgentRegistered(partner_id="adria", agent="a7", languages=("hr", "de")))
    assert found["adria:a7"].languages == ("hr", "de")
