"""Who should be coached: agents that are persistently below comparable peers, by more than luck explains.

Each agent gets a chance: how often an agent of the bulk would do as badly as this one. It is one where the agent was
not below its peers in each third of the weeks: what is over, or came only lately, is not persistent. That makes chances
greater, never smaller, so they stay valid: no agent of the bulk falls below a level more often than it says. Among all
agents with enough contacts, Benjamini and Hochberg's procedure (JRSS B 57, 1995) then holds the share of false
proposals at the rate.

Peers are counted twice: the first time all, the second time without those whom the first found, since a group with
several low agents would hide them behind each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from services.training.measuring.beta_binomial import parameters
from services.training.measuring.bulk import BEGIN, Bulk, fitted
from services.training.measuring.counts import Agent, Counts
from services.training.measuring.discoveries import false_shares
from services.training.measuring.peers import Compared, Expected, compared, expected
from services.training.measuring.words import number, odds, percent

if TYPE_CHECKING:
    from services.training.measuring.counts import Bools, Floats

RATE = 0.1
"""The share of proposals that may be false, where nobody says another."""
FEWEST_CONTACTS = 100
"""With fewer contacts nobody is judged."""
THIRDS = 3


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """An agent to be coached. Shares are parts of one.

    `converts` and `peers_convert`: sales over contacts, of the agent and of its peers for the same mix; `chance`: of a
    gap this large by luck; `adjusted`: the smallest rate of false proposals at which this one would still be made.
    `likely`, `low`, `high`: the agent's own rate once luck is taken out, with the interval that holds it in 95 of 100
    cases; `missed`: the sales that the peers would have made more of the same contacts, by that rate.
    """

    agent: Agent
    contacts: int
    sales: int
    converts: float
    peers: int
    peer_contacts: int
    peers_convert: float
    chance: float
    adjusted: float
    weeks: int
    weeks_below: int
    likely: float
    low: float
    high: float
    missed: float
    evidence: str


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: the proposals, the most certain first, and what they rest on. `judged` agents had enough contacts
    and peers, `too_few` had not; `rate` of false proposals; `spread` and `lift` as in `Bulk`."""

    proposals: tuple[Proposal, ...]
    judged: int
    too_few: int
    rate: float
    spread: float
    lift: float


@dataclass(frozen=True)
class Judged:
    """The whole of it, by agent: what is expected, who was judged, the chances, and those adjusted for their number."""

    rows: Compared
    whole: Expected
    judged: Bools
    bulk: Bulk
    chance: Floats
    adjusted: Floats


def proposed(counts: Counts, rate: float = RATE, fewest: int = FEWEST_CONTACTS) -> Looked:
    """Who should be coached, by the weeks of `counts`; ValueError for a rate that is no share."""
    found = judge(counts, rate, fewest)
    chosen = [int(place) for place in (found.adjusted <= rate).nonzero()[0]]
    chosen.sort(key=lambda place: (found.adjusted[place], found.chance[place], place))
    return Looked(
        proposals=tuple(_proposal(found, place) for place in chosen),
        judged=int(found.judged.sum()),
        too_few=int((~found.judged).sum()),
        rate=rate,
        spread=found.bulk.spread,
        lift=found.bulk.lift,
    )


def judge(counts: Counts, rate: float = RATE, fewest: int = FEWEST_CONTACTS) -> Judged:
    """The chances of all agents."""
    import numpy as np

    if not 0 < rate < 1:
        raise ValueError(f"a rate of false proposals lies between 0 and 1, not at {rate}")
    everybody = np.ones(len(counts.agents), dtype=bool)
    first = _judge(counts, everybody, fewest, BEGIN)
    return _judge(counts, first.adjusted > rate, fewest, first.bulk)


def _judge(counts: Counts, peers: Bools, fewest: int, begin: Bulk) -> Judged:
    import numpy as np

    rows = compared(counts, peers)
    whole = expected(rows)
    judged = whole.contacts >= max(fewest, 1)
    bulk = fitted(whole, judged & peers, begin)
    chance = np.ones(len(counts.agents))
    adjusted = np.ones(len(counts.agents))
    if judged.any():
        chance = np.where(_below_in_each_third(rows), bulk.chance(whole), 1.0)
        adjusted[judged] = false_shares(chance[judged])
    return Judged(rows, whole, judged, bulk, chance, adjusted)


def _below_in_each_third(rows: Compared) -> Bools:
    """Whether an agent made fewer sales than its peers would have in each third of the weeks; a third without any
    contacts of the agent's says nothing."""
    import numpy as np

    counts = rows.counts
    weeks = np.unique(counts.week)
    third = np.searchsorted(weeks, counts.week) * THIRDS // len(weeks)
    found = np.ones(len(counts.agents), dtype=bool)
    for one in range(THIRDS):
        inside = rows.open & (third == one)
        due, sold = counts.by_agent(np.where(inside, rows.due, 0.0)), counts.by_agent(np.where(inside, counts.sales, 0))
        found &= (sold < due) | (due == 0)
    return found


def _proposal(found: Judged, place: int) -> Proposal:
    from scipy.special import betaincinv

    whole, counts = found.whole, found.rows.counts
    contacts, sales = int(whole.contacts[place]), int(whole.sales[place])
    prior_a, prior_b = parameters(found.bulk.rate(whole)[place], found.bulk.width(whole)[place])
    own_a, own_b = prior_a + sales, prior_b + contacts - sales
    low, high = (float(betaincinv(own_a, own_b, bound)) for bound in (0.025, 0.975))
    peers_convert, likely = float(whole.rate[place]), float(own_a / (own_a + own_b))
    chance = float(found.chance[place])
    mine = (counts.agent == place) & found.rows.open
    weeks = {int(week) for week in counts.week[mine]}
    below = sum(_below(found.rows, mine, week) for week in weeks)
    proposal = Proposal(
        agent=counts.agents[place],
        contacts=contacts,
        sales=sales,
        converts=sales / contacts,
        peers=int(whole.peers[place]),
        peer_contacts=int(whole.peer_contacts[place]),
        peers_convert=peers_convert,
        chance=chance,
        adjusted=float(found.adjusted[place]),
        weeks=len(weeks),
        weeks_below=below,
        likely=likely,
        low=low,
        high=high,
        missed=max(contacts * (peers_convert - likely), 0.0),
        evidence="",
    )
    return msgspec.structs.replace(proposal, evidence=said_of(proposal))


def _below(rows: Compared, mine: Bools, week: int) -> bool:
    those = mine & (rows.counts.week == week)
    return bool(rows.counts.sales[those].sum() < rows.due[those].sum())


def said_of(one: Proposal) -> str:
    """The evidence in plain words."""
    return (
        f"converts {percent(one.converts)} of {number(one.contacts)} contacts; peers {percent(one.peers_convert)}"
        f" ({one.peers} peers, {number(one.peer_contacts)} contacts); chance of a gap this large by luck:"
        f" {odds(one.chance)}; below its peers in {one.weeks_below} of {one.weeks} weeks"
    )
