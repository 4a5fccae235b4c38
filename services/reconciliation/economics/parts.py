"""Whole numbers that add up: exact parts are rounded so that they come to their rounded sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor
from typing import TypeVar

K = TypeVar("K")
HALF = Fraction(1, 2)


def half_up(number: Fraction) -> int:
    """To the nearest whole number, halves upwards."""
    return floor(number + HALF)


def whole(exact: Sequence[Fraction]) -> list[int]:
    """Each part rounded down or up, so that they come to the rounded sum: those with the largest remainders go up, of
    equal ones the first. What is whole stays as it is."""
    found = [floor(part) for part in exact]
    left = half_up(sum(exact, Fraction())) - sum(found)
    order = sorted(range(len(exact)), key=lambda place: (found[place] - exact[place], place))
    for place in order[:left]:
        found[place] += 1
    return found


def shared(amount: int, weights: Mapping[K, int]) -> dict[K, int]:
    """The amount in proportion to the weights, which are not negative and not all nothing; it adds up."""
    total = sum(weights.values())
    return dict(zip(weights, whole([Fraction(amount * weight, total) for weight in weights.values()]), strict=True))
