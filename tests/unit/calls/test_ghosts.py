"""States that nobody takes back end with the last sign of life; calls without an end are open, and never twelve hours
of talk."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.base import Reading, Secrets, Slice
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.sources import Source
from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.ghosts import BEATS, BEATS_LOST, HEARTBEAT, SILENT
from services.calls.tracker.items import Item
from services.calls.tracker.tracker import NO_END_AFTER, Arrival, Context, take
from services.calls.tracking.timers import _items, reading_of_timer
from shared.contracts.calls import AgentStateChanged, CallEnded, PublicCallEvent
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
SETTINGS = SourceSettings(connector="native", partner="acme")
SOURCE = Source("s1", 1, SETTINGS, CONNECTORS["native"], Secrets({}))
CONTEXT = Context(CONNECTORS["amazon-connect"], SETTINGS, "telephony.1/0", 1, 0)
decode = msgspec.json.Decoder(PublicCallEvent).decode


def at(hours: float, day: int = 0) -> datetime:
    return MIDNIGHT + timedelta(days=day, hours=hours)


class Agent:
    """An agent's days, with what is heard of them."""

    def __init__(self) -> None:
        self.days: dict[str, CallDocument] = {}
        self.offset = 0

    def _feed(self, item: Item, reading: Reading) -> None:
        taken = take(self.days.get(item.correlation), Arrival(self.offset, 0, item, reading), CONTEXT)
        self.days[item.correlation] = taken.document
        self.offset += 1

    def hear(self, moment: datetime, state: str | None = None) -> None:
        """A state, or a heartbeat."""
        kind, data = (HEARTBEAT, {}) if state is None else ("AgentStateChanged", {"state": state, "native": state})
        note = Observation(kind=kind, at=moment, agent="a1", data=data)
        key = f"{kind}:{moment.isoformat()}"
        item = Item(
            source="s1", partner="acme", correlation=f"agent:a1:{moment.date().isoformat()}", delivery=key, index=0,
            of=1, received_at=moment, revision=1, digest=key,
        )  # fmt: skip
        self._feed(item, Reading(key=key, verdict="accepted" if state else "ignored", notes=(note,)))

    def end_of_days(self, days: int = 4) -> None:
        """What the timer does, midnight after midnight."""
        for day in range(days):
            name = f"agent:a1:{at(0, day).date().isoformat()}"
            document = self.days.get(name)
            if document is not None and document.deadline is not None:
                for item in _items(SOURCE, document, at(0, days), 1):
                    self._feed(item, reading_of_timer(item))

    def told(self) -> list[tuple[str, datetime, datetime]]:
        facts = [decode(bytes(told.event)) for day in self.days.values() for told in day.told.values()]
        return sorted((f.state, f.since, f.until) for f in facts if isinstance(f, AgentStateChanged))

    def hours(self, state: str) -> float:
        return sum((until - since) / timedelta(hours=1) for said, since, until in self.told() if said == state)


def test_a_log_out_and_the_next_state_end_a_state_at_their_own_time() -> None:
    agent = Agent()
    agent.hear(at(9), "available")
    agent.hear(at(12), "meal")
    agent.hear(at(17), "offline")
    agent.end_of_days()
    assert agent.told()[:2] == [("available", at(9), at(12)), ("meal", at(12), at(17))]


def test_a_night_shift_goes_on_over_midnight() -> None:
    agent = Agent()
    agent.hear(at(20), "available")
    agent.end_of_days(1)
    agent.hear(at(4, 1), "offline")
    agent.end_of_days()
    assert agent.hours("available") == 8


def test_whoever_left_without_a_word_is_not_there_for_days() -> None:
    agent = Agent()
    agent.hear(at(17), "available")
    agent.end_of_days()
    assert agent.hours("available") <= 7, "until midnight, and not one day after the other"
    latest = agent.days[max(agent.days)].agent
    assert latest is not None
    assert (latest.state, latest.reason) == ("offline", "lost")


def test_the_next_morning_s_state_does_not_make_it_a_night_s_work() -> None:
    agent = Agent()
    agent.hear(at(9), "available")
    agent.end_of_days(1)
    agent.hear(at(8, 1), "available")
    agent.hear(at(10, 1), "offline")
    agent.end_of_days()
    assert agent.hours("available") == 2, "the day before ends with its only sign of life; it was 15 hours silent"


def test_heartbeats_that_stop_end_the_state_where_they_stopped() -> None:
    agent = Agent()
    agent.hear(at(9), "available")
    for minute in range(2, 181, 2):
        agent.hear(at(9) + timedelta(minutes=minute))
    agent.end_of_days()
    assert agent.told()[0] == ("available", at(9), at(12))


def test_the_next_state_counts_also_where_heartbeats_were_not_passed_on() -> None:
    agent = Agent()
    agent.hear(at(9), "available")
    for hours in (9.1, 9.2, 9.3):
        agent.hear(at(hours))
    agent.hear(at(17), "offline")
    agent.end_of_days()
    assert agent.hours("available") == 8


def test_a_gap_in_the_heartbeats_ends_nothing_when_they_go_on() -> None:
    agent = Agent()
    agent.hear(at(9), "available")
    for hours in (9.1, 9.2, 11.9, 12.0):
        agent.hear(at(hours))
    agent.hear(at(12.1), "offline")
    assert agent.told() == [("available", at(9), at(12.1))]


@pytest.mark.parametrize(("silence", "hours"), [(SILENT, 13.0), (SILENT + timedelta(seconds=1), 0.0)])
def test_the_limit_is_the_longest_shift(silence: timedelta, hours: float) -> None:
    agent = Agent()
    agent.hear(at(1), "available")
    agent.hear(at(1) + silence, "offline")
    assert agent.hours("available") == hours


@given(st.lists(st.tuples(st.integers(0, 24 * 60 - 1), st.sampled_from(["available", "meal", "offline", None])),
                min_size=1, max_size=12, unique_by=lambda pair: pair[0]), st.randoms())  # fmt: skip
def test_what_is_told_does_not_depend_on_the_order_and_no_state_outlives_its_signs(
    heard: list[tuple[int, str | None]], dice: random.Random
) -> None:
    def told(order: list[tuple[int, str | None]]) -> list[tuple[str, datetime, datetime]]:
        agent = Agent()
        for minute, state in order:
            agent.hear(MIDNIGHT + timedelta(minutes=minute), state)
        agent.end_of_days()
        return agent.told()

    shuffled = list(heard)
    dice.shuffle(shuffled)
    found = told(sorted(heard, key=lambda pair: pair[0]))
    assert told(shuffled) == found
    limit = BEATS_LOST if sum(state is None for _, state in heard) >= BEATS else SILENT
    signs = [MIDNIGHT + timedelta(minutes=minute) for minute, _ in heard]
    for state, since, until in found:
        if state != "offline" and since >= MIDNIGHT:
            last = max(sign for sign in signs if sign <= until)
            assert until - last <= (limit if until == at(24) else SILENT), (state, since, until)


# Calls without an end


def call(*notes: Observation, overdue: datetime | None = None) -> CallDocument:
    document: CallDocument | None = None
    common: dict[str, Any] = {"source": "s1", "partner": "acme", "correlation": "call:c1", "index": 0, "of": 1}
    for n, note in enumerate(notes):
        item = Item(**common, delivery=f"d{n}", received_at=note.at, revision=1, digest=str(n))
        document = take(document, Arrival(n, 0, item, Reading(key=str(n), notes=(note,))), CONTEXT).document
    assert document is not None
    if overdue is not None:
        assert document.deadline is not None
        assert document.deadline <= overdue
        for item in _items(SOURCE, document, overdue, 1):
            document = take(document, Arrival(99, 0, item, reading_of_timer(item)), CONTEXT).document
    return document


def note(kind: str, moment: datetime, **data: Any) -> Observation:
    agent = "a1" if kind != "CallStarted" else None
    return Observation(kind=kind, at=moment, call="c1", agent=agent, data=data)


RANG = note("CallStarted", at(9), direction="inbound", phase="ringing")
TOOK = note("CallAnswered", at(9.01), answered_by="human")


def test_a_call_without_an_end_is_open_with_a_flag_and_has_no_talk() -> None:
    document = call(RANG, TOOK, overdue=at(9.01) + NO_END_AFTER)
    summary = document.summary
    assert summary is not None
    assert (summary.state, summary.outcome, summary.talk_ms, summary.ended_at) == ("no_end", "answered", None, None)
    assert "no_end" in summary.flags
    assert document.deadline is None
    rang = call(RANG, overdue=at(9) + NO_END_AFTER).summary
    assert rang is not None
    assert (rang.state, rang.outcome, rang.wait_ms) == ("no_end", "open", None)
    assert not [f for f in map(decode, (bytes(t.event) for t in document.told.values())) if isinstance(f, CallEnded)]


def test_before_its_time_a_call_is_in_progress() -> None:
    document = call(RANG, TOOK)
    assert document.summary is not None
    assert document.summary.state == "in_progress"
    assert document.deadline == at(9.01) + NO_END_AFTER


def test_an_end_that_comes_after_all_is_believed_with_its_own_time() -> None:
    document = call(RANG, TOOK, overdue=at(14))
    end = note("CallEnded", at(9.06), scope="call", reason="completed")
    item = Item(
        source="s1", partner="acme", correlation="call:c1", delivery="late", index=0, of=1, received_at=at(22),
        revision=1, digest="late",
    )  # fmt: skip
    document = take(document, Arrival(200, 0, item, Reading(key="late", notes=(end,))), CONTEXT).document
    assert document.summary is not None
    assert (document.summary.state, document.summary.talk_ms) == ("ended", 180_000)


def test_connect_s_heartbeats_are_signs_of_life_and_nothing_else() -> None:
    body = msgspec.json.encode(
        {
            "EventType": "HEART_BEAT", "EventId": "e1", "EventTimestamp": "2026-03-03T09:00:00Z",
            "CurrentAgentSnapshot": {
                "AgentStatus": {"Name": "Available"}, "Configuration": {"Username": "ana"}, "Contacts": [],
            },
        }
    )  # fmt: skip
    reading = CONNECTORS["amazon-connect"].read(Slice(body, "agent:ana:2026-03-03"), SETTINGS, at(9))
    assert (reading.verdict, [(n.kind, n.at, n.agent) for n in reading.notes]) == (
        "ignored",
        [(HEARTBEAT, at(9), "ana")],
    )
    assert CONNECTORS["amazon-connect"].translate(reading.notes, SETTINGS) == []
