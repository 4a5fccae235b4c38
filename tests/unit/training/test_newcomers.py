"""New agents of a partner together: who is new, beside whom, and measured once a day."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.training.domain.learning import MeasureLearning, learning
from services.training.following.learning import of_newcomers
from services.training.following.newcomers import Measuring
from services.training.views.learnings import KnownLearning, later, learnings
from shared.contracts.training import LearningMeasured
from tests.spec import given, seen
from tests.unit.training.shelf import Shelf

BEGAN, UNTIL = date(2026, 5, 4), date(2026, 6, 14)
MEASURED = LearningMeasured(
    partner_id="lumen",
    agents=3,
    began=BEGAN,
    until=UNTIL,
    contacts=1800,
    sales=90,
    earlier=12,
    earlier_contacts=7200,
    expected="180.00",
    verdict="behind",
    share_percent="50.0",
    chance="0.001",
    evidence="behind those before",
    at=datetime(2026, 6, 16, tzinfo=UTC),
    by="training.learning",
)


def company(low: int = 5) -> Shelf:
    """Twelve agents of one partner who sold 10 of 100 in each of their first weeks, and three new ones of another."""
    shelf = Shelf()
    for number in range(12):
        for week in range(8):
            shelf.did(f"a{number}", date(2026, 1, 5) + timedelta(weeks=week), 100, 10 + (number + week) % 3 - 1)
    for number in range(3):
        for week in range(6):
            shelf.did(f"n{number}", BEGAN + timedelta(weeks=week), 100, low, "lumen")
    return shelf


def test_new_agents_are_compared_with_those_of_all_partners_who_began_before() -> None:
    shelf = company()
    shelf.did("later", date(2026, 5, 5), 100, 99, "adria")
    shelf.did("n9", UNTIL + timedelta(days=1), 100, 100, "lumen")
    found = asyncio.run(of_newcomers(shelf, "lumen", UNTIL))
    assert found is not None
    assert (found.agents, found.began) == (3, BEGAN)
    assert (found.curve.contacts, found.curve.sales, found.curve.earlier) == (1800, 90, 12)
    assert found.curve.share == pytest.approx(0.5, abs=0.02)
    assert found.curve.verdict == "behind"


def test_what_comes_after_the_day_does_not_count() -> None:
    found = asyncio.run(of_newcomers(company(), "lumen", BEGAN + timedelta(days=10)))
    assert found is not None
    assert (found.curve.contacts, len(found.curve.points)) == (600, 2)


def test_who_has_been_there_for_half_a_year_is_new_no_more() -> None:
    shelf = company()
    assert asyncio.run(of_newcomers(shelf, "adria", UNTIL)) is not None
    assert asyncio.run(of_newcomers(shelf, "adria", UNTIL + timedelta(weeks=30))) is None
    assert asyncio.run(of_newcomers(shelf, "nobody", UNTIL)) is None


class Ear:
    """Hears commands, and puts what comes of them onto the shelf where it is told to."""

    def __init__(self, shelf: Shelf, shelves: bool) -> None:
        self.shelf = shelf
        self.shelves = shelves
        self.heard: list[tuple[str, MeasureLearning, str]] = []

    async def handle(self, decider: Any, stream_id: str, command: Any, *, command_id: str, actor: str) -> Any:
        self.heard.append((stream_id, command, command_id))
        if self.shelves:
            (event,) = learning.decide(command, learning.initial)
            self.shelf.docs["measured_learning"][stream_id] = KnownLearning(measured=event)


@pytest.mark.parametrize("shelves", [True, False])
def test_each_day_is_measured_once_also_where_the_view_is_behind(shelves: bool) -> None:
    shelf, now = company(), datetime(2026, 6, 16, 1, tzinfo=UTC)
    ear = Ear(shelf, shelves)
    measuring = Measuring(shelf, ear, lambda: now)
    asyncio.run(measuring.step())
    asyncio.run(measuring.step())
    assert [(stream, command.until) for stream, command, _ in ear.heard] == [("adria", UNTIL), ("lumen", UNTIL)]
    told = ear.heard[1][1]
    assert (told.agents, told.contacts, told.sales, told.verdict) == (3, 1800, 90, "behind")
    assert (told.share_percent, told.expected) == ("49.8", "180.60")
    now += timedelta(hours=13)
    asyncio.run(measuring.step())
    assert ear.heard[-1][1].until == UNTIL + timedelta(days=1)


def measure(**more: Any) -> MeasureLearning:
    said = {name: getattr(MEASURED, name) for name in MeasureLearning.__struct_fields__}
    return MeasureLearning(**said | more)


def test_a_day_is_told_once_and_days_in_their_order() -> None:
    given(learning).when(measure()).then(MEASURED)
    given(learning, MEASURED).when(measure(until=UNTIL - timedelta(days=1))).then()
    given(learning, MEASURED).when(measure(sales=99)).then()


def test_the_last_day_stands() -> None:
    last = measure(until=UNTIL + timedelta(days=1), sales=99)
    (event,) = learning.decide(last, learning.initial)
    docs = seen(learnings, MEASURED, event)
    assert docs == {"lumen": KnownLearning(measured=event)}
    assert later(KnownLearning(measured=MEASURED), docs["lumen"]) is docs["lumen"]
    assert later(docs["lumen"], KnownLearning(measured=MEASURED)) is docs["lumen"]
