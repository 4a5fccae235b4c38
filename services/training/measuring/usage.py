"""What the panel tells of its use, and how it is counted: words of a closed list and numbers, so that nothing that an
agent types and nothing about a customer can be in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from services.training.events.struggles import Page, Step

Mistake = Literal["missing", "format", "range", "refused"]
"""What was wrong with an entry: it was not there, was not of the form, was too small or large, was refused by us."""
SECONDS = (5, 10, 20, 30, 60, 120, 300, 600)
"""Bounds of the times on a step: a visit counts at the first that it does not exceed, and else above all."""
MOST_BATCHES = 500
"""Batches of a day that are remembered, so that one that comes twice counts once."""

TOLD = (
    "Which part of the panel was open and for how many seconds; how often an entry was missing, of a wrong form, too "
    "small or too large, or refused; whether the part was gone back to or left with something unfinished. No keys "
    "that are pressed, nothing that is typed, nothing about customers."
)
"""What an agent is told of it."""


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One stay at a step. `mistakes`: how often an entry was wrong; `back`: it was come back to from a later one;
    `abandoned`: it was left for good with something unfinished."""

    step: Step
    seconds: Annotated[int, msgspec.Meta(ge=0, le=86_400)]
    page: Page = "panel"
    mistakes: dict[Mistake, Annotated[int, msgspec.Meta(ge=1, le=1_000)]] = {}
    back: bool = False
    abandoned: bool = False


class StepCount(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Visits of a step, and of them those with a mistake, come back to, and abandoned. `times`: visits by `SECONDS`."""

    visits: int = 0
    failed: int = 0
    back: int = 0
    abandoned: int = 0
    seconds: int = 0
    mistakes: dict[Mistake, int] = {}
    times: list[int] = msgspec.field(default_factory=lambda: [0] * (len(SECONDS) + 1))


class UsageDay(msgspec.Struct, kw_only=True):
    """All that is held of an agent's day (UTC), by page and step. `batches`: the ids of what was counted."""

    partner: str
    agent: str
    day: str
    steps: dict[str, StepCount] = {}
    batches: list[str] = []


def count(doc: UsageDay, batch: str, visits: Iterable[Visit]) -> bool:
    """Count a batch of visits; False where it was counted before."""
    if batch in doc.batches:
        return False
    doc.batches = [*doc.batches, batch][-MOST_BATCHES:]
    for visit in visits:
        here = doc.steps.setdefault(f"{visit.page}/{visit.step}", StepCount())
        here.visits += 1
        here.failed += bool(visit.mistakes)
        here.back += visit.back
        here.abandoned += visit.abandoned
        here.seconds += visit.seconds
        here.times[bucket(visit.seconds)] += 1
        for kind, often in visit.mistakes.items():
            here.mistakes[kind] = here.mistakes.get(kind, 0) + often
    return True


def bucket(seconds: int) -> int:
    """Where a time counts in `times`."""
    return next((place for place, bound in enumerate(SECONDS) if seconds <= bound), len(SECONDS))


def summed(counts: Iterable[StepCount]) -> StepCount:
    """Several counts added up."""
    total = StepCount()
    for one in counts:
        total.visits += one.visits
        total.failed += one.failed
        total.back += one.back
        total.abandoned += one.abandoned
        total.seconds += one.seconds
        total.times = [mine + theirs for mine, theirs in zip(total.times, one.times, strict=True)]
        for kind, often in one.mistakes.items():
            total.mistakes[kind] = total.mistakes.get(kind, 0) + often
    return total
