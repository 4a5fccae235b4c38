"""What worked for which problem: the effects of many coachings together, where one alone seldom shows anything."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Literal

import msgspec

from services.training.measuring.effects import CONFIDENCE
from services.training.measuring.words import percent

Verdict = Literal["works", "no_effect_seen", "makes_worse"]
FEWEST = 2
"""Of one coaching there is nothing to put together."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """An effect that was measured: its `logarithm` and standard `error`, as in `effects.Effect`."""

    logarithm: float
    error: float


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Effects put together. `change`, `low`, `high`: of the mean effect, as in `effects.Effect`; `differ`: the standard
    deviation of true effects around it; all None for fewer than two. `evidence`: the same in words, in English."""

    coachings: int
    verdict: Verdict | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
    differ: float | None = None
    evidence: str = ""


def together(measured: Sequence[Measured]) -> Together:
    """The mean of the effects when true effects differ (random effects; their variance by DerSimonian and Laird,
    Controlled Clinical Trials 7, 1986; the interval by Hartung and Knapp, Statistics in Medicine 20, 2001, which is
    honest for few, never narrower than without their correction)."""
    if len(measured) < FEWEST:
        return Together(coachings=len(measured), evidence="too few coachings to say")
    from scipy.stats import t

    weights = [one.error**-2 for one in measured]
    mean = _mean(measured, weights)
    excess = sum(w * (one.logarithm - mean) ** 2 for w, one in zip(weights, measured, strict=True)) - len(measured) + 1
    between = max(excess / (sum(weights) - sum(w**2 for w in weights) / sum(weights)), 0.0)
    weights = [1 / (one.error**2 + between) for one in measured]
    mean = _mean(measured, weights)
    spread = sum(w * (one.logarithm - mean) ** 2 for w, one in zip(weights, measured, strict=True))
    variance = max(spread / (len(measured) - 1), 1.0) / sum(weights)
    reach = float(t.ppf((1 + CONFIDENCE) / 2, len(measured) - 1)) * variance**0.5
    change, low, high = (exp(point) - 1 for point in (mean, mean - reach, mean + reach))
    verdict = _verdict(low, high)
    return Together(
        coachings=len(measured),
        verdict=verdict,
        change=change,
        low=low,
        high=high,
        differ=between**0.5,
        evidence=f"{verdict.replace('_', ' ')}: {percent(change, signed=True)} over {len(measured)} coachings, between"
        f" {percent(low, signed=True)} and {percent(high, signed=True)} in 95 of 100 cases",
    )


def _mean(measured: Sequence[Measured], weights: Sequence[float]) -> float:
    return sum(w * one.logarithm for w, one in zip(weights, measured, strict=True)) / sum(weights)


def _verdict(low: float, high: float) -> Verdict:
    return "works" if low > 0 else "makes_worse" if high < 0 else "no_effect_seen"
