"""When agents work: shifts in the partner's zone, days off, breaks and meals."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from services.simulate.calls import State
from services.simulate.company import Agent, Partner
from services.simulate.dice import Dice

MINUTE = 60_000
HOUR = 60 * MINUTE

OPENS, CLOSES = 0.25, 23.75
"""Local hours between which shifts lie: such centres work round the clock, for customers in several zones. Calls that
are running at the end are finished, before midnight."""

_STARTS = ((0.25, 5.0), (8.0, 4.0), (9.0, 2.0), (12.5, 2.0), (15.5, 5.0))


@dataclass
class Shift:
    """One agent's working day, in epoch milliseconds. `pauses`: (due, length, state), taken between two calls."""

    agent: Agent
    login: int
    logout: int
    pauses: deque[tuple[int, int, State]] = field(default_factory=deque)


def local(partner: Partner, day: date, hour: float) -> int:
    """Epoch milliseconds of a local hour of the partner's day."""
    wall = datetime(day.year, day.month, day.day, int(hour), round(hour % 1 * 60), tzinfo=partner.zone)
    return round(wall.astimezone(UTC).timestamp()) * 1000


def shifts(dice: Dice, partner: Partner, day: date) -> list[Shift]:
    """Who works on a day: five days of seven, fewer at weekends, now and then somebody ill; never nobody."""
    staff = [agent for agent in partner.agents if _on_duty(dice, agent, day)]
    for line in {campaign.line for campaign in partner.campaigns}:
        if not any(agent.line == line for agent in staff):
            staff += [agent for agent in partner.agents if agent.line == line][:1]
    return [_shift(dice, partner, agent, day) for agent in sorted(staff, key=lambda agent: agent.number)]


def _on_duty(dice: Dice, agent: Agent, day: date) -> bool:
    off = (day.toordinal() + agent.number) % 7 >= 5
    absent = 0.1 if day.weekday() >= 5 else 0.05
    return dice.unit() >= absent and not off


def _shift(dice: Dice, partner: Partner, agent: Agent, day: date) -> Shift:
    start = dice.weighted(_STARTS)
    hours = 5 if dice.chance(0.2) else 8
    login = local(partner, day, start) + dice.between(-6 * MINUTE, 4 * MINUTE)
    logout = login + hours * HOUR + dice.between(0, 5 * MINUTE)
    marks: Sequence[tuple[float, float, State]] = ((0.5, 15, "break"),)
    if hours == 8:
        marks = ((0.24, 15, "break"), (0.5, 40, "meal"), (0.77, 15, "break"))
    pauses = [
        (
            login + int((logout - login) * share) + dice.between(-20 * MINUTE, 20 * MINUTE),
            dice.around(length, 0.1),
            state,
        )
        for share, length, state in marks
    ]
    if dice.chance(0.06):
        pauses.append((login + 30 * MINUTE, 45, "training"))
    ordered = sorted((due, minutes * MINUTE, state) for due, minutes, state in pauses)
    return Shift(agent, login, logout, deque(ordered))


def present(on: Sequence[Shift], at: int) -> int:
    """How many are logged in at a time."""
    return sum(shift.login <= at < shift.logout for shift in on)
