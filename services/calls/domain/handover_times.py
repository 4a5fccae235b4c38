"""How fast hot leads are taken over: percentiles of the waits, the share in time, and the misses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

PERCENTILES = (50, 90, 100)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How a hand-over went so far. `waited_ms` None: nobody has taken the customer; `missed`: the deadline was."""

    handover: str
    agent: str
    asked_at: datetime
    due_at: datetime
    missed: bool
    waited_ms: int | None = None
    taken_by: str | None = None


NEAREST_RANK = "nearest rank: the value at place ceil(p / 100 * n) of the n waits in ascending order"


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The measure of some hand-overs.

    `asked` = `in_time` + `missed` + `open`; `taken_late` are those of the missed that somebody took all the same.
    `share`: in time of all that are decided, per cent with two decimals rounded half up, as text; None: none is
    decided. `percentiles`: by number, of the waits of all that were taken, in milliseconds, by `formula`.
    """

    asked: int
    in_time: int
    missed: int
    taken_late: int
    open: int
    share: str | None
    percentiles: dict[str, int | None]
    misses: tuple[Run, ...]
    formula: str = NEAREST_RANK


def nearest_rank(waits: Sequence[int], percent: int) -> int | None:
    """The percentile by the nearest-rank method: the smallest value that at least `percent` per cent of the values do
    not exceed, at place ceil(percent / 100 * n), counted from 1. None of no values."""
    if not waits:
        return None
    place = -(-percent * len(waits) // 100)
    return sorted(waits)[max(place, 1) - 1]


def times_of(runs: Sequence[Run]) -> Times:
    """All of it; the misses in the order in which they were asked for."""
    missed = [run for run in runs if run.missed]
    in_time = sum(1 for run in runs if not run.missed and run.waited_ms is not None)
    waits = [run.waited_ms for run in runs if run.waited_ms is not None]
    decided = in_time + len(missed)
    return Times(
        asked=len(runs),
        in_time=in_time,
        missed=len(missed),
        taken_late=sum(1 for run in missed if run.waited_ms is not None),
        open=len(runs) - decided,
        share=_percent(in_time, decided) if decided else None,
        percentiles={str(percent): nearest_rank(waits, percent) for percent in PERCENTILES},
        misses=tuple(sorted(missed, key=lambda run: (run.asked_at, run.handover))),
    )


def _percent(part: int, whole: int) -> str:
    hundredths = (part * 20_000 + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02}"
