"""How far a number of calls may be off its mean: by chance alone, and by what chance does not explain."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

LEVEL = 0.9
"""The share of cases that lie between low and high."""


@dataclass(frozen=True)
class Spread:
    """`beyond`: the squared coefficient of variation of the rate itself, beyond that of Poisson counts; `worth`: how
    many observations a mean rests on, whose own error widens the whole."""

    beyond: float
    worth: float

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, int]], worth: float) -> Spread:
        """From means and what came, by moments: of a count with a mean m that itself varies by the factor c, the
        variance is m + c² m²."""
        over = squares = 0.0
        for mean, came in pairs:
            over += (came - mean) ** 2 - mean
            squares += mean**2
        return cls(max(0.0, over / squares) if squares else 0.0, max(1.0, worth))

    def between(self, mean: float) -> tuple[int, int]:
        """Low and high around a mean, by the negative binomial distribution of that mean and variance (that of Poisson
        counts whose rate is gamma distributed)."""
        if mean <= 0:
            return 0, 0
        variance = (mean + self.beyond * mean**2) * (1 + 1 / self.worth)
        shape = mean**2 / (variance - mean)
        deviation = math.sqrt(variance)
        number = max(0, math.floor(mean - 10 * deviation))
        chance = math.exp(_log_chance(number, mean, shape))
        summed, low = chance, None
        last = math.ceil(mean + 12 * deviation) + 10
        while True:
            if low is None and summed >= (1 - LEVEL) / 2:
                low = number
            if summed >= (1 + LEVEL) / 2 or number >= last:
                return low if low is not None else number, number
            chance *= (number + shape) / (number + 1) * mean / (mean + shape)
            number += 1
            summed += chance


def _log_chance(number: int, mean: float, shape: float) -> float:
    return (
        math.lgamma(number + shape)
        - math.lgamma(shape)
        - math.lgamma(number + 1)
        + shape * math.log(shape / (mean + shape))
        + number * math.log(mean / (mean + shape))
    )
