"""A company of agents whose true skill is known: what the methods of coaching are measured on.

Each agent's true rate is the product of its campaign's rate at its partner, what it has learnt so far, its own skill,
a slump or a streak that comes and goes over weeks, and what a week does to all who sell for the campaign. A tenth has
a skill truly below the others'; of those, half get better once they are coached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from services.training.measuring.counts import Agent, Count, Group, monday_of, tenure_of

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FIRST_WEEK = 2912
"""In October 2025."""


@dataclass(frozen=True)
class Company:
    """How many and how different. `weeks` before coaching and `after` it; the other numbers are standard deviations of
    logarithms, or shares."""

    agents: int = 2000
    weeks: int = 13
    after: int = 13
    agents_of_group: int = 40
    contacts_a_week: float = 110.0
    low: float = 0.1
    least: float = 0.45
    most: float = 0.75
    skill: float = 0.12
    slump: float = 0.08
    lasting: float = 0.6
    shock: float = 0.08
    away: float = 0.08
    gain: tuple[float, float] = (1.2, 1.6)


@dataclass(frozen=True)
class World:
    """What is true: who is low, by what factor coaching would change each agent's rate, and each week's true rate
    without it."""

    company: Company
    low: Bools
    gain: Floats
    rates: Floats
    contacts: NDArray[np.int64]
    names: tuple[tuple[Agent, str, int], ...]
    seed: int

    @property
    def agents(self) -> tuple[Agent, ...]:
        """In the order of all columns."""
        return tuple(agent for agent, _, _ in self.names)

    def counts(self, coached: Collection[Agent]) -> Iterator[Count]:
        """What is counted when these are coached from the first week after on; the weeks before are always the same."""
        company = self.company
        helped = np.array([agent in coached for agent in self.agents])
        rates = np.minimum(self.rates, 0.95)
        before, after = np.split(self.contacts, [company.weeks], axis=1)
        changed = np.minimum(rates[:, company.weeks :] * np.where(helped, self.gain, 1.0)[:, None], 0.95)
        sales = np.hstack(
            [
                np.random.default_rng([self.seed, 1]).binomial(before, rates[:, : company.weeks]),
                np.random.default_rng([self.seed, 2]).binomial(after, changed),
            ]
        )
        for place, (agent, campaign, first) in enumerate(self.names):
            for week in range(company.weeks + company.after):
                contacts = int(self.contacts[place, week])
                if contacts:
                    monday = monday_of(FIRST_WEEK + week)
                    tenure = tenure_of(monday_of(FIRST_WEEK) - timedelta(days=first), monday)
                    group = Group(agent.partner, campaign, "outbound", tenure)
                    yield Count(agent, group, FIRST_WEEK + week, contacts, int(sales[place, week]))


def world(company: Company, seed: int) -> World:
    """The company of a seed."""
    dice = np.random.default_rng(seed)
    n, span = company.agents, company.weeks + company.after
    groups = max(1, round(n / company.agents_of_group))
    group = np.arange(n) % groups
    base = np.exp(dice.normal(np.log(0.09), 0.35, groups))
    tenure = np.where(dice.random(n) < 0.35, dice.integers(0, 150, n), dice.integers(150, 900, n))
    days = tenure[:, None] + 7 * np.arange(span)[None, :]
    learnt = 1 - 0.25 * np.exp(-days / 40)
    low = np.zeros(n, dtype=bool)
    low[dice.choice(n, round(company.low * n), replace=False)] = True
    skill = np.exp(dice.normal(0, company.skill, n))
    skill *= np.where(low, dice.uniform(company.least, company.most, n), 1.0)
    swing = _swings(dice, company, n, span)
    shock = np.exp(dice.normal(0, company.shock, (groups, span)))[group]
    gain = np.ones(n)
    better = dice.choice(np.flatnonzero(low), round(low.sum() / 2), replace=False)
    gain[better] = dice.uniform(*company.gain, len(better))
    busy = dice.gamma(8, company.contacts_a_week / 8, n)[:, None] * np.ones(span)
    contacts = np.where(dice.random((n, span)) < company.away, 0, dice.poisson(busy))
    names = tuple(
        (Agent(f"partner-{group[place] // 2:03}", f"a{place:05}"), f"campaign-{group[place] % 2}", int(tenure[place]))
        for place in range(n)
    )
    rates = base[group][:, None] * learnt * skill[:, None] * swing * shock
    return World(company, low, gain, rates, contacts, names, seed)


def _swings(dice: np.random.Generator, company: Company, n: int, span: int) -> Floats:
    """A walk from week to week that comes back to nothing, with the deviation `slump` throughout."""
    found = np.zeros((n, span))
    found[:, 0] = dice.normal(0, company.slump, n)
    step = company.slump * np.sqrt(1 - company.lasting**2)
    for week in range(1, span):
        found[:, week] = company.lasting * found[:, week - 1] + dice.normal(0, step, n)
    return np.exp(found)
