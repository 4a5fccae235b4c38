"""Counts from the views, proposals and effects as of a day: what the routes and the worker do with what is there."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.training.domain.coaching import MeasureCoaching
from services.training.following.choosing import chosen, standing, window_of
from services.training.following.counting import counted
from services.training.following.due import ACTOR, WAITS, Due
from services.training.measuring.counts import Agent, kept_back, monday_of, week_of
from services.training.views.coachings import KnownCoaching
from shared.contracts.training import CoachingStarted
from shared.kernel import Rejected
from tests.unit.training.shelf import Shelf

TODAY = date(2026, 7, 8)
BEGINS, UNTIL = monday_of(week_of(date(2026, 4, 6))), date(2026, 7, 6)
SINCE = BEGINS - timedelta(weeks=13)


def plan(shelf: Shelf, name: str, agent: str, **more: Any) -> CoachingStarted:
    said: dict[str, Any] = {
        "partner_id": "adria",
        "plan": name,
        "agent": agent,
        "metric": "conversion",
        "problem": "objections",
        "approach": "role_play",
        "baseline": "5",
        "goal": "9",
        "chosen_since": SINCE,
        "chosen_until": BEGINS,
        "begins": BEGINS,
        "measured_on": UNTIL,
        "at": datetime(2026, 4, 6, tzinfo=UTC),
        "by": "iva",
    }
    started = CoachingStarted(**said | more)
    shelf.docs["coachings"][f"adria:{name}"] = KnownCoaching(partner_id="adria", plan=name, started=started)
    return started


class Ear:
    """Hears commands, and refuses those of a stream."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.heard: list[tuple[str, MeasureCoaching, str, str]] = []

    async def handle(self, decider: Any, stream_id: str, command: Any, *, command_id: str, actor: str) -> Any:
        if stream_id == self.refuses:
            raise Rejected("withdrawn", "The agent is coached no more.")
        self.heard.append((stream_id, command, command_id, actor))


def company(low_until: date = date(2027, 1, 1)) -> Shelf:
    """Forty agents at 10 of 100 a week, and one at 4, who sells as the others do from a day on; all are old hands."""
    shelf = Shelf()
    for number in range(41):
        shelf.did(f"a{number}", date(2025, 1, 15), 5, 0)
        monday = SINCE
        while monday < UNTIL:
            wobble = (number * 7 + week_of(monday) * 3) % 5 - 2
            low = number == 40 and monday < low_until
            shelf.did(f"a{number}", monday, 100, (4 if low else 10) + (0 if low else wobble))
            monday += timedelta(weeks=1)
    return shelf


def test_weeks_and_tenure_are_those_of_the_days() -> None:
    shelf = Shelf()
    shelf.did("new", date(2026, 4, 1), 10, 1)
    shelf.did("new", date(2026, 4, 13), 20, 2)
    shelf.did("new", date(2026, 6, 1), 30, 3)
    shelf.did("old", date(2025, 3, 20), 1, 0)
    shelf.did("old", date(2026, 4, 14), 40, 4)
    first, last = week_of(date(2026, 4, 13)), week_of(date(2026, 6, 8))
    found = asyncio.run(counted(shelf, None, first, last))
    rows = sorted((one.agent.agent, one.group.tenure, one.week, one.contacts, one.sales) for one in found)
    assert rows == [
        ("new", "0-30", first, 20, 2),
        ("new", "31-90", week_of(date(2026, 6, 1)), 30, 3),
        ("old", "181+", first, 40, 4),
    ]
    assert asyncio.run(counted(shelf, {"other"}, first, last)) == []


def test_the_window_is_of_whole_weeks_before_the_day() -> None:
    window = window_of(TODAY)
    assert (window.since, window.until) == (date(2026, 4, 6), date(2026, 7, 6))


def test_the_low_agent_is_chosen_by_weeks_that_are_not_kept_back() -> None:
    window = window_of(BEGINS)
    found = asyncio.run(chosen(company(), None, window, 0.1, 100))
    assert [one.agent for one in found.proposals] == [Agent("adria", "a40")]
    weeks = [week for week in range(*window.weeks) if not kept_back(week)]
    assert found.proposals[0].contacts == 100 * len(weeks)
    how = asyncio.run(standing(company(), window, Agent("adria", "a40")))
    assert (how.converts, how.contacts) == (0.04, 100 * len(weeks))
    assert how.peers_convert == pytest.approx(0.1, abs=0.01)
    assert asyncio.run(standing(company(), window, Agent("adria", "nobody"))).converts is None


def step(shelf: Shelf, day: date, refuses: str = "") -> list[tuple[str, MeasureCoaching, str, str]]:
    ear = Ear(refuses)
    due = Due(shelf, ear, lambda: datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    asyncio.run(due.step())
    return ear.heard


def test_an_effect_is_looked_at_once_its_day_and_the_late_facts_have_come() -> None:
    shelf = company(low_until=BEGINS)
    plan(shelf, "p-1", "a40")
    assert step(shelf, UNTIL + WAITS - timedelta(days=1)) == []
    ((stream, command, ident, actor),) = step(shelf, UNTIL + WAITS)
    assert (stream, ident, actor) == ("adria:p-1", f"{ACTOR}:adria:p-1", ACTOR)
    assert command.verdict == "improved"
    assert float(command.low) > 0
    assert float(command.low) < float(command.effect) < float(command.high)
    assert command.evidence.startswith("improved: converted 4.0 % of ")
    assert command.figures is not None
    assert (command.figures.converted_before, command.figures.controls) == ("4.0", 40)
    assert f"of {command.figures.contacts_before} contacts before" in command.evidence.replace(",", "")


def test_no_effect_is_said_to_be_none_and_no_contacts_to_be_too_few() -> None:
    shelf = company()
    plan(shelf, "p-1", "a40")
    plan(shelf, "p-2", "gone")
    told = {stream: command.verdict for stream, command, _, _ in step(shelf, UNTIL + WAITS)}
    assert told == {"adria:p-1": "no_effect_seen", "adria:p-2": "too_few"}


def test_a_plan_that_was_withdrawn_meanwhile_does_not_stop_the_others() -> None:
    shelf = company()
    plan(shelf, "p-1", "a40")
    plan(shelf, "p-2", "a39")
    assert [stream for stream, _, _, _ in step(shelf, UNTIL + WAITS, "adria:p-1")] == ["adria:p-2"]


def test_who_is_coached_at_the_same_time_is_nobodys_control() -> None:
    shelf = company(low_until=BEGINS)
    for number in range(25):
        plan(shelf, f"p-{number}", f"a{number}", measured_on=date(2026, 12, 7))
    plan(shelf, "p-x", "a40")
    ((_, command, _, _),) = step(shelf, UNTIL + WAITS)
    assert (command.verdict, command.effect) == ("too_few", ""), "15 are left, too few to compare with"
    assert "15 agents" in command.evidence
    assert command.figures is not None
    assert (command.figures.controls, command.figures.was) == (15, "")
