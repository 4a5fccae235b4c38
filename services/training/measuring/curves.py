"""How somebody new learns, beside those who began earlier: by weeks since the beginning, in the same campaigns.

For each week since its own beginning, what somebody new converts stands beside what earlier ones converted in that week
of theirs, campaign by campaign. Whether it is behind or ahead is asked once, of all weeks so far: the chance that one
of the earlier ones, with the same contacts, would have sold as little, or as much; earlier ones differ, and that is in
the chance (`bulk`, `beta_binomial`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from services.training.measuring.beta_binomial import at_most, parameters
from services.training.measuring.bulk import Bulk, fitted
from services.training.measuring.counts import Agent, Count, Counts, Group, counts_of
from services.training.measuring.peers import Expected, compared, expected
from services.training.measuring.words import number, odds, percent

if TYPE_CHECKING:
    from services.training.measuring.counts import Bools

FEWEST_EARLIER = 3
FEWEST_CONTACTS = 50
SURE = 0.025
"""On either side."""
BAND = 0.8
"""The share of earlier ones within the band of a week."""

LearningVerdict = Literal["ahead", "as_the_earlier", "behind", "too_few"]


class Aged(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did in a week of theirs, from 0, for a campaign in a direction. `who`: an agent, or a partner."""

    who: Agent
    campaign: str
    direction: str
    week: int
    contacts: int
    sales: int


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A week since the beginning. Rates are parts of one; None where nothing is there to divide by. `earlier`: what the
    earlier ones converted with the same campaigns; between `low` and `high` are 8 of 10 of them with as many contacts,
    luck and all."""

    week: int
    contacts: int
    sales: int
    converts: float | None
    earlier: float | None
    low: float | None
    high: float | None


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A learning curve. `earlier`: how many began before and can be compared; `expected`: the sales that they would
    have made of the same contacts in the same weeks; `chance`: of so much of a distance by luck, on the side on which
    it lies; `share`: sales over expected sales, None without any."""

    points: tuple[Point, ...]
    contacts: int
    sales: int
    expected: float
    earlier: int
    share: float | None
    chance: float | None
    verdict: LearningVerdict
    evidence: str


def curve(own: Iterable[Aged], earlier: Iterable[Aged]) -> Curve:
    """Somebody's curve beside those of others, who began earlier."""
    import numpy as np

    mine = [_count(one) for one in own]
    counts = counts_of([*mine, *(_count(one) for one in earlier)])
    names = {one.agent for one in mine}
    new = np.array([agent in names for agent in counts.agents], dtype=bool)
    if not new.any():
        return _told((), _NOTHING, None)
    rows = compared(counts, ~new, FEWEST_EARLIER)
    whole = expected(rows)
    bulk = fitted(whole, ~new & (whole.contacts >= FEWEST_CONTACTS))
    me = whole.only(new)
    weeks = sorted({int(week) for week in counts.week[new[counts.agent]]})
    points = tuple(_point(expected(rows, counts.week == week).only(new), counts, new, week, bulk) for week in weeks)
    sums = _Sums(int(me.contacts[0]), int(me.sales[0]), float(me.expected[0]), int(me.peers[0]))
    if sums.contacts < FEWEST_CONTACTS:
        return _told(points, sums, None)
    above = at_most(me.sales - 1, me.contacts, bulk.rate(me), bulk.width(me))
    return _told(points, sums, (float(bulk.chance(me)[0]), 1 - float(above[0])))


class _Sums(NamedTuple):
    """Of all weeks that could be compared."""

    contacts: int
    sales: int
    expected: float
    earlier: int


_NOTHING = _Sums(0, 0, 0.0, 0)


def _count(one: Aged) -> Count:
    return Count(one.who, Group("", one.campaign, one.direction, ""), one.week, one.contacts, one.sales)


def _point(me: Expected, counts: Counts, new: Bools, week: int, bulk: Bulk) -> Point:
    from scipy.stats import betabinom

    mine = new[counts.agent] & (counts.week == week)
    contacts, sales = int(counts.contacts[mine].sum()), int(counts.sales[mine].sum())
    point = Point(
        week=week, contacts=contacts, sales=sales, converts=sales / contacts, earlier=None, low=None, high=None
    )
    if not me.contacts[0]:
        return point
    a, b = parameters(bulk.rate(me)[0], bulk.width(me)[0])
    low, high = betabinom.ppf([(1 - BAND) / 2, (1 + BAND) / 2], me.contacts[0], a, b) / me.contacts[0]
    return msgspec.structs.replace(point, earlier=float(me.rate[0]), low=float(low), high=float(high))


def _told(points: tuple[Point, ...], sums: _Sums, chances: tuple[float, float] | None) -> Curve:
    share = sums.sales / sums.expected if sums.expected else None
    verdict: LearningVerdict = "too_few"
    chance = None
    evidence = (
        f"too little to tell: {number(sums.contacts)} contacts can be compared with {sums.earlier} who began earlier"
    )
    if chances is not None and share is not None:
        chance = min(chances)
        verdict = "as_the_earlier" if chance > SURE else "behind" if chances[0] == chance else "ahead"
        where = {"as_the_earlier": "as", "behind": "behind", "ahead": "ahead of"}[verdict]
        evidence = (
            f"{where} those before: {number(sums.sales)} sales of {number(sums.contacts)} contacts, where"
            f" {sums.earlier} who began earlier would have made {number(sums.expected)} in the same weeks of theirs"
            f" ({percent(share)});"
            f" chance of so much of a distance by luck: {odds(chance)}"
        )
    return Curve(
        points=points,
        contacts=sums.contacts,
        sales=sums.sales,
        expected=sums.expected,
        earlier=sums.earlier,
        share=share,
        chance=chance,
        verdict=verdict,
        evidence=evidence,
    )
