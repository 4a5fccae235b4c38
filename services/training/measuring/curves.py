"""How somebody new learns, beside those who began earlier: by weeks since the beginning, in the same campaigns.

For each week since its own beginning, what somebody new converts stands beside what earlier ones converted in that week
of theirs, campaign by campaign. Whether it is behind or ahead is asked once, of all weeks so far: the chance that one
of the earlier ones, with the same contacts, would have sold as little, or as much; earlier ones differ, and that is in
the chance (`bulk`, `beta_binomial`).

Several who are new are one curve: the sum of what they sold, beside what earlier ones would have. Their differences
even out, as those of earlier ones drawn at random would (`_together`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from services.training.measuring.beta_binomial import NARROWEST, at_most, parameters
from services.training.measuring.bulk import Bulk, fitted
from services.training.measuring.counts import Agent, Count, Counts, Group, counts_of
from services.training.measuring.peers import Expected, compared, expected
from services.training.measuring.words import number, odds, percent
from shared.contracts.training import LearningVerdict

if TYPE_CHECKING:
    from services.training.measuring.counts import Bools, Floats

FEWEST_EARLIER = 3
FEWEST_CONTACTS = 50
SURE = 0.025
"""On either side."""
BAND = 0.8
"""The share of earlier ones within the band of a week."""


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
    """A learning curve. `earlier`: how many began before and can be compared, and `earlier_contacts` of theirs;
    `expected`: the sales that they would have made of the same contacts in the same weeks; `chance`: of so much of a
    distance by luck, on the side on which it lies; `share`: sales over expected sales, None without any."""

    points: tuple[Point, ...]
    contacts: int
    sales: int
    expected: float
    earlier: int
    earlier_contacts: int
    share: float | None
    chance: float | None
    verdict: LearningVerdict
    evidence: str


def curve(own: Iterable[Aged], earlier: Iterable[Aged]) -> Curve:
    """The curve of one who is new, or of several together, beside those of others, who began earlier."""
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
    weeks = sorted({int(week) for week in counts.week[new[counts.agent]]})
    points = tuple(_point(expected(rows, counts.week == week).only(new), counts, new, week, bulk) for week in weeks)
    me = _together(whole.only(new), bulk)
    if me.contacts < FEWEST_CONTACTS:
        return _told(points, me, None)
    below, above = at_most(
        np.array([me.sales, me.sales - 1]), np.full(2, me.contacts), np.full(2, me.rate), np.full(2, me.width)
    )
    return _told(points, me, (float(below), 1 - float(above)))


class _Sums(NamedTuple):
    """Of all weeks that could be compared. `rate` and `width` are those of the bulk for this mix, as one agent's."""

    contacts: int
    sales: int
    expected: float
    earlier: int
    earlier_contacts: int
    rate: float
    width: float


_NOTHING = _Sums(0, 0, 0.0, 0, 0, 0.5, NARROWEST)


def _together(those: Expected, bulk: Bulk) -> _Sums:
    """Those who are new as one: a beta-binomial with the mean and the variance of the sum of theirs.

    Each differs from the bulk for itself, so these variances add up; what is not known of the earlier ones' mean is the
    same for all of them, so there the standard deviations do. Of one it is the agent's own distribution, exactly.
    """
    import numpy as np

    open_ = those.only(those.contacts > 0)
    if not len(open_.contacts):
        return _NOTHING
    rate, n = bulk.rate(open_), open_.contacts.astype(np.float64)
    luck = n * rate * (1 - rate)
    pairs: Floats = (n - 1) * n * (rate * (1 - rate)) ** 2
    unknown = np.maximum(bulk.width(open_) ** 2 - bulk.spread**2, 0.0)
    variance = float((luck + pairs * bulk.spread**2).sum() + np.sqrt(pairs * unknown).sum() ** 2)
    contacts, mean = int(n.sum()), float((n * rate).sum() / n.sum())
    plain = contacts * mean * (1 - mean)
    over = (variance - plain) / (plain * mean * (1 - mean) * (contacts - 1)) if contacts > 1 else bulk.spread**2
    return _Sums(
        contacts,
        int(open_.sales.sum()),
        float(open_.expected.sum()),
        int(open_.peers.max()),
        int(open_.peer_contacts.max()),
        mean,
        max(over, NARROWEST**2) ** 0.5,
    )


def _count(one: Aged) -> Count:
    return Count(one.who, Group("", one.campaign, one.direction, ""), one.week, one.contacts, one.sales)


def _point(those: Expected, counts: Counts, new: Bools, week: int, bulk: Bulk) -> Point:
    import numpy as np
    from scipy.stats import betabinom

    mine = new[counts.agent] & (counts.week == week)
    contacts, sales = int(counts.contacts[mine].sum()), int(counts.sales[mine].sum())
    point = Point(
        week=week, contacts=contacts, sales=sales, converts=sales / contacts, earlier=None, low=None, high=None
    )
    me = _together(those, bulk)
    if not me.contacts:
        return point
    a, b = parameters(np.array(me.rate), np.array(me.width))
    low, high = betabinom.ppf([(1 - BAND) / 2, (1 + BAND) / 2], me.contacts, a, b) / me.contacts
    rate = me.expected / me.contacts
    return msgspec.structs.replace(point, earlier=rate, low=float(low), high=float(high))


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
        earlier_contacts=sums.earlier_contacts,
        share=share,
        chance=chance,
        verdict=verdict,
        evidence=evidence,
    )
