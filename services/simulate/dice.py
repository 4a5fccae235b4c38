"""A seeded dice whose throws are the same on every machine and every version of Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Only `random()` and `getrandbits()` of the generator are used: the others may change between versions."""

    __slots__ = ("bits", "unit")

    def __init__(self, *seed: object) -> None:
        generator = Random(":".join(map(str, seed)))
        self.unit = generator.random
        self.bits = generator.getrandbits

    def chance(self, share: float) -> bool:
        """True in `share` of all throws."""
        return self.unit() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.unit() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely."""
        return items[int(self.unit() * len(items))]

    def weighted(self, items: Sequence[tuple[T, float]]) -> T:
        """One of the items by weight; the weights need not add up to one."""
        rest = self.unit() * sum(weight for _, weight in items)
        for item, weight in items:
            rest -= weight
            if rest < 0:
                return item
        return items[-1][0]

    def gap(self, mean: float) -> int:
        """A whole number of an exponential distribution: the time to the next of independent arrivals."""
        return int(-mean * math.log(1.0 - self.unit()))

    def around(self, median: float, spread: float = 0.45) -> int:
        """A whole number round a median, skewed like durations of work, never beyond about five times of it."""
        unit = self.unit
        return int(median * math.exp(spread * 1.732 * (unit() + unit() + unit() + unit() - 2.0)))
