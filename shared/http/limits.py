"""How often somebody may ask: a bucket of tokens for each, which fills steadily and is emptied by requests."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

from shared import metrics
from shared.http.problems import Problem

MOST_KEPT = 10_000
"""Buckets that are remembered. The ones that were not used for longest are forgotten first: they are full again."""


class Rate(NamedTuple):
    """`per_second` in the long run, `burst` at once."""

    per_second: float
    burst: int


class Limits:
    """One bucket for everybody who asks, in this process. `what` names the limit in the metric."""

    def __init__(self, what: str, rate: Rate, now: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._rate = rate
        self._now = now
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        metrics.LIMITED.labels(what)

    def take(self, who: Hashable) -> float:
        """Take a token: 0.0 when there was one, else the seconds until there is one. A refusal takes nothing."""
        now = self._now()
        level, at = self._buckets.get(who, (float(self._rate.burst), now))
        level = min(float(self._rate.burst), level + (now - at) * self._rate.per_second)
        allowed = level >= 1.0
        self._buckets[who] = (level - 1.0 if allowed else level, now)
        self._buckets.move_to_end(who)
        if len(self._buckets) > MOST_KEPT:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - level) / self._rate.per_second

    def check(self, who: Hashable) -> None:
        """429 with the time to wait when they ask too often."""
        if wait := self.take(who):
            metrics.LIMITED.labels(self._what).inc()
            raise too_often(wait)


def too_often(wait_s: float) -> Problem:
    """429: to be tried again in so many seconds."""
    seconds = max(1, math.ceil(wait_s))
    detail = f"Too many requests; try again in {seconds} s."
    return Problem(429, "too_many_requests", detail, headers={"retry-after": str(seconds)})
