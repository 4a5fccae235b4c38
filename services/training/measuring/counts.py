"""Contacts and sales of agents by peer group and week, in columns: what every method here starts from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

_MONDAY = date(1970, 1, 5).toordinal()
NEW, SETTLING, SETTLED, OLD = "0-30", "31-90", "91-180", "181+"
BANDS = ((30, NEW), (90, SETTLING), (180, SETTLED))
"""Bands of tenure: the last day of each since the agent's first, which is day 0; after that `OLD`."""
KEPT_EVERY = 3
"""Every third week of the calendar is kept back: nobody is chosen by it, so that an effect can be measured from it."""


class Agent(msgspec.Struct, frozen=True, order=True):
    """An agent of a partner, by the vendor's id."""

    partner: str
    agent: str


class Group(msgspec.Struct, frozen=True, order=True):
    """Who is comparable: the same partner, campaign, direction and band of tenure."""

    partner: str
    campaign: str
    direction: str
    tenure: str


class Count(msgspec.Struct, frozen=True):
    """What an agent did in a week within one group. `week`: see `week_of`."""

    agent: Agent
    group: Group
    week: int
    contacts: int
    sales: int


@dataclass(frozen=True)
class Counts:
    """Counts in columns. `agent` and `group` are places in `agents` and `groups`.

    `sales` are at most `contacts`: a contact that brings several sales converts once, and a share cannot exceed one.
    """

    agents: tuple[Agent, ...]
    groups: tuple[Group, ...]
    agent: Ints
    group: Ints
    week: Ints
    contacts: Ints
    sales: Ints

    def only(self, rows: Bools) -> Counts:
        """Some of the rows; the agents and groups, and their places, stay."""
        return Counts(
            self.agents,
            self.groups,
            self.agent[rows],
            self.group[rows],
            self.week[rows],
            self.contacts[rows],
            self.sales[rows],
        )

    def by_agent(self, values: Ints | Floats) -> Floats:
        """The sums of a column's values, in the order of `agents`."""
        import numpy as np

        found: Floats = np.bincount(self.agent, weights=values, minlength=len(self.agents)).astype(np.float64)
        return found


def counts_of(counts: Iterable[Count]) -> Counts:
    """The columns, one row for each agent, group and week, in their order: the order of what comes in says nothing."""
    import numpy as np

    sums: dict[tuple[Agent, Group, int], tuple[int, int]] = {}
    for one in counts:
        contacts, sales = sums.get((one.agent, one.group, one.week), (0, 0))
        sums[one.agent, one.group, one.week] = contacts + one.contacts, sales + one.sales
    rows = [(*key, contacts, min(sales, contacts)) for key, (contacts, sales) in sorted(sums.items()) if contacts > 0]
    agents = tuple(sorted({row[0] for row in rows}))
    groups = tuple(sorted({row[1] for row in rows}))
    agent_at, group_at = _places(agents), _places(groups)
    return Counts(
        agents,
        groups,
        np.array([agent_at[row[0]] for row in rows], dtype=np.int64),
        np.array([group_at[row[1]] for row in rows], dtype=np.int64),
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.int64),
        np.array([row[4] for row in rows], dtype=np.int64),
    )


def _places(things: tuple[object, ...]) -> dict[object, int]:
    return {thing: place for place, thing in enumerate(things)}


def week_of(day: date) -> int:
    """The number of a day's week, from Monday on; weeks are numbered without a break through the years."""
    return (day.toordinal() - _MONDAY) // 7


def monday_of(week: int) -> date:
    """The first day of a week."""
    return date.fromordinal(_MONDAY + 7 * week)


def kept_back(week: int) -> bool:
    """Whether nobody is chosen by this week. It rests on the calendar alone, so that no window ever chooses by it."""
    return week % KEPT_EVERY == 0


def tenure_of(first: date, day: date) -> str:
    """The band of tenure on a day of an agent whose first day with a contact was `first`."""
    days = (day - first).days
    return next((band for last, band in BANDS if days <= last), OLD)
