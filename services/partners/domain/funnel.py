"""How long partners stand in a stage, and how many come through: pure sums over their moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from services.partners.domain.lifecycle import FIRST, STAGES
from shared.contracts.partners import Stage


class Stay(msgspec.Struct, frozen=True):
    """A partner was in a stage from `since` (None: from its registration) until `until` (None: it is there still)."""

    stage: Stage
    since: datetime | None
    until: datetime | None

    def days(self, now: datetime) -> float | None:
        """How long, in days; None where the beginning is not known."""
        return None if self.since is None else ((self.until or now) - self.since).total_seconds() / 86_400


class StageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the funnel: partners in it now, how many ever came in and left for which stage, and how long a
    stay lasted that is over (median, in days; None without one)."""

    stage: Stage
    now: int
    entered: int
    left_for: dict[str, int]
    stays: int
    median_days: float | None


def stays(moves: Sequence[tuple[Stage, datetime]]) -> list[Stay]:
    """The stays of one partner, from its moves (target, time) in order."""
    found: list[Stay] = []
    stage, since = FIRST, None
    for target, at in moves:
        found.append(Stay(stage, since, at))
        stage, since = target, at
    return [*found, Stay(stage, since, None)]


def funnel(partners: Iterable[Sequence[tuple[Stage, datetime]]]) -> list[StageRow]:
    """A row a stage, in the order of the stages."""
    now: Counter[Stage] = Counter()
    entered: Counter[Stage] = Counter()
    left: dict[Stage, Counter[str]] = {stage: Counter() for stage in STAGES}
    lasted: dict[Stage, list[float]] = {stage: [] for stage in STAGES}
    for moves in partners:
        been = stays(moves)
        for stay, following in zip(been, [*been[1:], None], strict=True):
            entered[stay.stage] += 1
            if following is None:
                now[stay.stage] += 1
                continue
            left[stay.stage][following.stage] += 1
            if stay.since is not None and stay.until is not None:
                lasted[stay.stage].append((stay.until - stay.since).total_seconds() / 86_400)
    return [
        StageRow(
            stage=stage,
            now=now[stage],
            entered=entered[stage],
            left_for=dict(sorted(left[stage].items())),
            stays=len(lasted[stage]),
            median_days=_median(lasted[stage]),
        )
        for stage in STAGES
    ]


def _median(values: list[float]) -> float | None:
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return round(middle, 2)
