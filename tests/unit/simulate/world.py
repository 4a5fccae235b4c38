"""The simulated days that several test modules look at, each made once."""

from __future__ import annotations

from datetime import date
from functools import cache

from services.simulate.calls import Call
from services.simulate.company import Company, company
from services.simulate.floor import Shape
from services.simulate.stream import TimedDelivery, history_day, truth

WEDNESDAY = date(2026, 3, 4)
SEED = 11


@cache
def firm() -> Company:
    """Six partners, every kind of platform among them."""
    return company(SEED, partners=6, agents=48)


@cache
def wednesday() -> tuple[TimedDelivery, ...]:
    """All deliveries of one day."""
    return tuple(history_day(firm(), SEED, WEDNESDAY))


@cache
def wednesdays_truth() -> tuple[Call, ...]:
    """What these deliveries tell of."""
    return tuple(truth(firm(), SEED, WEDNESDAY, Shape()))
