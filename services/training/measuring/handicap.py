"""Contests with a fair handicap: everybody is held against what they usually sell, so that anybody may win.

What an agent usually sells, over what its peers would, is its quotient of the weeks before, with luck taken out: the
mean of what its own rate may be given the bulk (`bulk`). In the contest, its peers' rate of the same weeks, times that,
says what is due; so neither a good campaign nor a good season wins, nor being good already. The score is sales over
sales due, both with `HEAD_START` sales more: a lucky first day does not lead a table for weeks.

With luck taken out of the weeks before, nobody's past figures say who will win. Somebody who is truly better than its
past could show keeps a little of that.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from services.training.measuring.beta_binomial import parameters
from services.training.measuring.bulk import fitted
from services.training.measuring.counts import Agent, Counts
from services.training.measuring.peers import compared, expected

HEAD_START = 5.0
FEWEST_PEERS = 3
FEWEST_CONTACTS = 30
"""With fewer contacts in the contest nobody has a place yet."""


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody does. `usual`: its usual sales over those of its peers; `due`: sales that would be as usual;
    `place`: from 1, shared by equal scores, None with too few contacts that can be compared; `reached`: the goal."""

    agent: Agent
    contacts: int
    sales: int
    usual: float
    due: float
    score: float
    reached: bool
    place: int | None = None


def standings(counts: Counts, joined: Collection[Agent], starts: int, goal: float) -> tuple[Stand, ...]:
    """Those who take part, the best score first; without contacts last. `goal`: the score that reaches it. Weeks before
    `starts` say what is usual, the others are the contest."""
    import numpy as np

    everybody = np.ones(len(counts.agents), dtype=bool)
    rows = compared(counts, everybody, FEWEST_PEERS)
    before, during = expected(rows, counts.week < starts), expected(rows, counts.week >= starts)
    bulk = fitted(before, before.contacts >= FEWEST_CONTACTS)
    a, b = parameters(bulk.rate(before), bulk.width(before))
    own = (a + before.sales) / (a + b + before.contacts)
    usual = np.where(before.contacts > 0, own / before.rate, 1.0)
    found = []
    for agent in sorted(joined):
        if agent not in counts.agents:
            found.append(Stand(agent=agent, contacts=0, sales=0, usual=1.0, due=0.0, score=1.0, reached=False))
            continue
        at = counts.agents.index(agent)
        contacts, sales = int(during.contacts[at]), int(during.sales[at])
        due = float(during.expected[at] * usual[at])
        score = (sales + HEAD_START) / (due + HEAD_START)
        reached = contacts >= FEWEST_CONTACTS and score >= goal
        found.append(
            Stand(
                agent=agent,
                contacts=contacts,
                sales=sales,
                usual=float(usual[at]),
                due=due,
                score=score,
                reached=reached,
            )
        )
    return _placed(found)


def _placed(found: list[Stand]) -> tuple[Stand, ...]:
    ordered = sorted(found, key=lambda one: (one.contacts < FEWEST_CONTACTS, -one.score, one.agent))
    scores = [one.score for one in ordered if one.contacts >= FEWEST_CONTACTS]
    return tuple(
        msgspec.structs.replace(one, place=scores.index(one.score) + 1) if one.contacts >= FEWEST_CONTACTS else one
        for one in ordered
    )
