"""Where our log is incomplete because something that a platform sent could not be read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.reconciliation.matching.own import Span

LETTER_KINDS = frozenset({"delivery", "item", "record"})
"""The dead letters that a call may lack something by; the others only lacked a reader."""
TOLD_WITHIN = timedelta(hours=1)
"""How long after it happened a thing is told at most, where nothing is known of a source."""


def hole_of(received: datetime, lag: timedelta) -> Span:
    """What a letter received then may have told of. `received`: naive UTC; `lag`: how late its source usually tells."""
    return received - max(lag, TOLD_WITHIN), received


def joined(holes: Iterable[Span]) -> tuple[Span, ...]:
    """In order; those that touch are one."""
    found: list[Span] = []
    for low, high in sorted(holes):
        if found and low <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return tuple(found)
