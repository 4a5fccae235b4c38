"""Who was there when they were to be: shifts against the states that telephony told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.training.events.rotas import RotaShift
from shared.contracts.codes import agent_state

Stay = tuple[datetime, datetime, str]
"""From when until when, in which state."""


@dataclass(frozen=True)
class Kept:
    """Of one shift, seconds of it up to the moment that was asked for: `scheduled`; `there`: in any state but offline;
    `productive`: on calls or ready for one, `paused`: away from work; `late`: until the agent was first seen, all of it
    where they never were."""

    shift: RotaShift
    scheduled_s: int
    there_s: int
    productive_s: int
    paused_s: int
    late_s: int

    @property
    def adherence(self) -> float | None:
        """Seconds there by those scheduled; None where nothing was yet."""
        return self.there_s / self.scheduled_s if self.scheduled_s else None


def kept(shift: RotaShift, stays: Iterable[Stay], until: datetime) -> Kept:
    """One shift against an agent's stays, which do not overlap."""
    ends = min(shift.ends, until)
    scheduled = max(timedelta(), ends - shift.starts)
    inside = sorted((max(since, shift.starts), min(to, ends), state) for since, to, state in stays)
    inside = [one for one in inside if one[0] < one[1]]
    late = inside[0][0] - shift.starts if inside else scheduled
    return Kept(
        shift,
        _seconds(scheduled),
        _sum(inside),
        _sum([one for one in inside if agent_state(one[2]).productive]),
        _sum([one for one in inside if agent_state(one[2]).paused]),
        _seconds(late),
    )


def worked(stays: Iterable[Stay], since: datetime, until: datetime) -> int:
    """Seconds there between two moments, by rota or not: what conformance divides by the scheduled ones."""
    return _sum(
        [(max(one[0], since), min(one[1], until), one[2]) for one in stays if one[0] < until and since < one[1]]
    )


def _sum(stays: Sequence[Stay]) -> int:
    return sum(_seconds(until - since) for since, until, _ in stays)


def _seconds(span: timedelta) -> int:
    return round(span / timedelta(seconds=1))
