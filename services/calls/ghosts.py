"""Agents who left without saying so: a state that nobody takes back is over with the last sign of life, and not hours
or days later with the next thing that is heard.

A log-out and the next state close a state at their own time. Only where neither comes within the limit after the last
sign of life is it taken for lost, and ended at that sign.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from services.calls.call_document import CallDocument
from shared.contracts.calls import AgentStateChanged, PublicCallEvent
from shared.kernel import Observation

HEARTBEAT = "heartbeat"
"""The kind of the notes by which connectors say that a platform has heard from an agent's screen."""
BEATS_LOST = timedelta(minutes=15)
"""Where a platform sends heartbeats. They come every two minutes or so: seven in a row are missing then."""
SILENT = timedelta(hours=13)
"""Where it sends none. An agent who takes calls all day may change no state; no shift is longer, for 11 of 24 hours are
rest (Directive 2003/88/EC, article 3)."""
GONE = "lost"
"""As what an agent is carried into the next day who was lost in this one: offline, for this reason."""


@dataclass(frozen=True)
class Signs:
    """When an agent was heard from, in order, and after how long a silence a state is taken for lost."""

    times: Sequence[datetime]
    limit: timedelta

    def before(self, at: datetime) -> datetime | None:
        """The last sign before that time."""
        place = bisect_left(self.times, at)
        return self.times[place - 1] if place else None


def signs_of(document: CallDocument, states: Iterable[Observation]) -> Signs:
    """What an agent's day holds of them. A state that was carried over midnight is as old as the day before says."""
    beats = [note.at for known in document.known.values() for note in known.notes if note.kind == HEARTBEAT]
    heard = [datetime.fromisoformat(o.data["seen"]) if o.data.get("seen") else o.at for o in states]
    beating = bool(beats) or any(o.data.get("beats") for o in states)
    return Signs(sorted([*beats, *heard]), BEATS_LOST if beating else SILENT)


def without_ghosts(facts: dict[str, PublicCallEvent], signs: Signs) -> dict[str, PublicCallEvent]:
    """The facts of the day, each state no longer than the agent was there. What ends as it did is the same object."""
    found: dict[str, PublicCallEvent] = {}
    for key, fact in facts.items():
        end = _end(fact, signs) if isinstance(fact, AgentStateChanged) else None
        if end is None:
            found[key] = fact
        elif isinstance(fact, AgentStateChanged) and end > fact.since:
            found[key] = msgspec.structs.replace(fact, until=end)
    return found


def is_lost(state: str, until: datetime, signs: Signs) -> bool:
    """Whether an agent whose last state this is was lost by that time."""
    last = signs.before(until)
    return state != "offline" and last is not None and until - last > signs.limit


def _end(fact: AgentStateChanged, signs: Signs) -> datetime | None:
    """When the state is over, if sooner than it was told to be."""
    last = signs.before(fact.until)
    if last is None or not is_lost(fact.state, fact.until, signs):
        return None
    return max(last, fact.since)
