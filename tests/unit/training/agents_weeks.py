"""Weeks of agents for the tests of measuring: groups whose members sell alike, but for those who do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.training.measuring.counts import Agent, Count, Group

WEEKS = range(2912, 2925)
GROUP = Group("adria", "serum", "outbound", "181+")


def agent(number: int, partner: str = "adria") -> Agent:
    return Agent(partner, f"a{number:03}")


def weeks(
    sales: Mapping[int, Sequence[int]], contacts: int = 100, group: Group = GROUP, since: int = WEEKS[0]
) -> list[Count]:
    """Of each agent, by its number, the sales of one week after another, of as many contacts each."""
    return [
        Count(agent(number, group.partner), group, since + place, contacts, sold)
        for number, row in sales.items()
        for place, sold in enumerate(row)
    ]


def steady(members: int = 20, sold: int = 10, long: int = len(WEEKS)) -> dict[int, list[int]]:
    """Agents who all sell about the same, a little more or less in turn."""
    return {number: [sold + (number * 7 + week * 3) % 5 - 2 for week in range(long)] for number in range(members)}
