"""A share before and after a change: how much it moved, within which limits, and whether that is anything.

It says what happened, not why: whatever else changed on the same day is in it too.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import msgspec

from services.training.events.ideas import Share
from shared.contracts.training import EffectVerdict

LEAST = 100
"""With fewer on either side nothing is said."""
_Z = NormalDist().inv_cdf(0.975)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """In percentage points, with the limits of the 95 % interval; empty where there was too little to say."""

    verdict: EffectVerdict
    effect: str = ""
    low: str = ""
    high: str = ""


def change(before: Share, after: Share, more_is_better: bool) -> Change:
    """The difference of two shares with Newcombe's hybrid score interval (Interval estimation for the difference
    between independent proportions, 1998, method 10). An interval that holds zero shows no effect."""
    if min(before.total, after.total) < LEAST:
        return Change(verdict="too_few")
    low, high = limits(before, after)
    effect = after.count / after.total - before.count / before.total
    if low <= 0 <= high:
        verdict: EffectVerdict = "no_effect_seen"
    else:
        verdict = "improved" if (low > 0) == more_is_better else "worse"
    return Change(verdict=verdict, effect=_points(effect), low=_points(low), high=_points(high))


def limits(before: Share, after: Share) -> tuple[float, float]:
    """Of the difference after - before, between -1 and 1."""
    p1, p2 = after.count / after.total, before.count / before.total
    low1, high1 = wilson(after)
    low2, high2 = wilson(before)
    difference = p1 - p2
    return (
        difference - sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2),
        difference + sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2),
    )


def wilson(share: Share) -> tuple[float, float]:
    """Wilson's score interval of a share (1927), at 95 %."""
    n, p = share.total, share.count / share.total
    middle, reach = p + _Z * _Z / (2 * n), _Z * sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))
    size = 1 + _Z * _Z / n
    return max(0.0, (middle - reach) / size), min(1.0, (middle + reach) / size)


def _points(share: float) -> str:
    return f"{100 * share:+.2f}"
