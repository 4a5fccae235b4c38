"""Agents who left without saying so: a state that nobody takes back is over with the last sign of life, and not hours
or days later with the next thing that is heard.

A log-out and the next state close a state at their own time, unless nothing was heard for longer than a shift lasts.
Where neither comes by the end of the day, heartbeats that have stopped close it too.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from services.calls.tracker.call_document import CallDocument
from shared.contracts.calls import AgentStateChanged, PublicCallEvent
from shared.kernel import Observation

HEARTBEAT = "heartbeat"
"""The kind of the notes by which connectors say that a platform has heard from an agent's screen."""
BEATS_LOST = timedelta(minutes=15)
"""Where a platform sends heartbeats. They come every two minutes or so: seven in a row are missing then."""
BEATS = 3
"""So many in a day are a platform's habit; one or two may be all that was passed on."""
SILENT = timedelta(hours=13)
"""Where it sends none, and until the next state that is heard. An agent who takes calls all day may change no state; no
shift is longer, for 11 of 24 hours are rest (Directive 2003/88/EC, article 3)."""
GONE = "lost"
"""As what an agent is carried into the next day who was lost in this one: offline, for this reason."""


@dataclass(frozen=True)
class Signs:
    """When an agent was heard from, in order, and after how long a silence the last state of a day is lost. `carried`:
    when the state begins in this day that comes from the day before, whose last sign is older than that."""

    times: Sequence[datetime]
    limit: timedelta
    carried: datetime | None = None

    def before(self, at: datetime) -> datetime | None:
        """The last sign before that time."""
        place = bisect_left(self.times, at)
        return self.times[place - 1] if place else None


def signs_of(document: CallDocument, states: Iterable[Observation]) -> Signs:
    """What an agent's day holds of them. A state that was carried over midnight is as old as the day before says."""
    beats = [note.at for known in document.known.values() for note in known.notes if note.kind == HEARTBEAT]
    heard, carried, beating = list[datetime](), None, len(beats) >= BEATS
    for o in states:
        if seen := o.data.get("seen"):
            carried, beating = o.at, beating or bool(o.data.get("beats"))
        heard.append(datetime.fromisoformat(seen) if seen else o.at)
    return Signs(sorted([*beats, *heard]), BEATS_LOST if beating else SILENT, carried)


def without_ghosts(
    facts: dict[str, PublicCallEvent], signs: Signs, over: datetime | None
) -> dict[str, PublicCallEvent]:
    """The facts of the day, each state no longer than the agent was there; with `over` the day has ended there, and
    what lasts until then was closed by nothing else. What ends as it did is the same object."""
    found: dict[str, PublicCallEvent] = {}
    for key, fact in facts.items():
        end = _end(fact, signs, over) if isinstance(fact, AgentStateChanged) else None
        if end is None:
            found[key] = fact
        elif isinstance(fact, AgentStateChanged) and end > fact.since:
            found[key] = msgspec.structs.replace(fact, until=end)
    return found


def is_lost(state: str, until: datetime, signs: Signs) -> bool:
    """Whether an agent whose last state of the day this is was lost by its end."""
    last = signs.before(until)
    return state != "offline" and last is not None and until - last > signs.limit


def _end(fact: AgentStateChanged, signs: Signs, over: datetime | None) -> datetime | None:
    """When the state is over, if sooner than it was told to be."""
    limit = signs.limit if fact.until == over else SILENT
    if fact.since != signs.carried and fact.until - fact.since <= limit:  # its beginning is a sign, too
        return None
    last = signs.before(fact.until)
    if fact.state == "offline" or last is None or fact.until - last <= limit:
        return None
    return max(last, fact.since)
