"""Agents or partners compared fairly: as if all had the same mix of work, with intervals, and places that are ranges.

A plain rate compares whoever got the good leads in the good hours with whoever did not. Here sales among contacts
follow a logistic model: what each level of the mix (campaign, hour, language, lead age, whatever is known) is worth,
what the partner is worth, and what the agent is worth, each of them drawn toward nothing by as much as their kind
varies (random effects, fitted by penalised quasi-likelihood: Breslow and Clayton, JASA 88, 1993; variances by EM
steps). Where a partner alone works for a campaign, nothing tells the two apart, and the interval says so by its width.

The fair rate is what somebody would convert of everybody's contacts together. Two are told apart where the difference
of their effects is beyond luck, for all pairs of one with the others at once (Bonferroni); a place is then a range:
from one more than those surely better, to all but those surely worse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from services.training.measuring.words import number, percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from services.training.measuring.counts import Bools, Floats, Ints

    Matrix = NDArray[np.float64]

CONFIDENCE = 0.95
FEWEST_CONTACTS = 50
"""With fewer contacts there is a wide interval, and no place."""
STEPS = 200
CLOSE = 1e-5
PRIOR_DEVIATION = 0.2
"""Kinds of which there are few levels are taken to vary as if one more level were so far from nothing."""

Among = Literal["agents", "partners"]
Verdict = Literal["above", "like_the_others", "below", "too_few"]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Contacts and sales of an agent in one mix: a level of each factor, in their order."""

    partner: str
    agent: str
    mix: tuple[str, ...]
    contacts: int
    sales: int


class Fair(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody among others. Rates are parts of one; `agent` is None for a partner.

    `converts`: the plain rate; `fair`, `low`, `high`: with everybody's mix, and its 95 % interval; `best_place` and
    `worst_place`: the places that it may have among the `of` that have one, None with too few contacts.
    """

    partner: str
    agent: str | None
    contacts: int
    sales: int
    converts: float
    fair: float
    low: float
    high: float
    verdict: Verdict
    best_place: int | None = None
    worst_place: int | None = None
    of: int = 0
    evidence: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, by name: an order by rate would be a ranking. `factors`: what was adjusted for, each with the
    standard deviation of the logarithm of odds between its levels, and the same of `partners` and `agents`."""

    items: tuple[Fair, ...]
    mean: float
    factors: dict[str, float]


@dataclass(frozen=True)
class _Columns:
    """Rows by number. `levels`: by kind (intercept, factors, partners), the column of each row's level in `width`
    columns; `kinds`: by kind, its columns; agents stand apart."""

    agents: tuple[tuple[str, str], ...]
    partners: tuple[str, ...]
    agent: Ints
    contacts: Floats
    sales: Floats
    levels: tuple[Ints, ...]
    kinds: tuple[slice, ...]
    width: int


@dataclass(frozen=True)
class _Fit:
    """Effects of the columns and of agents, variances by kind (agents last), and what the covariance is made of: with
    D the agents' diagonal of the Hessian, B its border, `inverse` is that of the rest once agents are eliminated."""

    columns: _Columns
    rest: Floats
    agents: Floats
    variances: Floats
    diagonal: Floats
    border: Matrix
    inverse: Matrix


def compare(works: Iterable[Work], factors: Sequence[str], among: Among) -> Comparison:
    """`factors` name the levels of each `mix`. ValueError where a mix has another number of levels."""
    import numpy as np

    columns = _columns(list(works), len(factors))
    if columns is None:
        return Comparison(items=(), mean=0.0, factors=dict.fromkeys(factors, 0.0))
    fit = _fitted(columns)
    effect, error, pair = _agents(fit) if among == "agents" else _partners(fit)
    names: list[tuple[str, str | None]] = [(partner, None) for partner in columns.partners]
    if among == "agents":
        names = [(partner, agent) for partner, agent in columns.agents]
    place = columns.agent if among == "agents" else columns.levels[-1] - columns.kinds[-1].start
    contacts = np.bincount(place, weights=columns.contacts, minlength=len(names))
    sales = np.bincount(place, weights=columns.sales, minlength=len(names))
    reach = _normal((1 + CONFIDENCE) / 2)
    middle = float((effect * contacts).sum() / contacts.sum())
    rates = [_standard(fit, points) for points in (effect, effect - reach * error, effect + reach * error)]
    places = _places(effect, pair, contacts >= FEWEST_CONTACTS)
    mean = float(_standard(fit, np.array([middle]))[0])
    items = [
        _fair(name, int(contacts[at]), int(sales[at]), [float(rate[at]) for rate in rates], mean, places[at])
        for at, name in enumerate(names)
    ]
    deviations = np.sqrt(fit.variances)
    named = dict(zip((*factors, "partners", "agents"), (float(one) for one in deviations), strict=True))
    return Comparison(items=tuple(items), mean=mean, factors=named)


def _columns(works: Sequence[Work], factors: int) -> _Columns | None:
    import numpy as np

    sums: dict[tuple[str, str, tuple[str, ...]], list[int]] = defaultdict(lambda: [0, 0])
    for one in works:
        if len(one.mix) != factors:
            raise ValueError(f"a mix of {len(one.mix)} levels where there are {factors} factors")
        both = sums[one.partner, one.agent, one.mix]
        both[0] += one.contacts
        both[1] += one.sales
    rows = [(*key, contacts, min(sales, contacts)) for key, (contacts, sales) in sorted(sums.items()) if contacts > 0]
    if not rows:
        return None
    agents = tuple(sorted({(row[0], row[1]) for row in rows}))
    partners = tuple(sorted({row[0] for row in rows}))
    at = {agent: place for place, agent in enumerate(agents)}
    levels, kinds, width = [np.zeros(len(rows), dtype=np.int64)], [slice(0, 1)], 1
    for values in (*([row[2][factor] for row in rows] for factor in range(factors)), [row[0] for row in rows]):
        known = {value: width + place for place, value in enumerate(sorted(set(values)))}
        levels.append(np.array([known[value] for value in values], dtype=np.int64))
        kinds.append(slice(width, width + len(known)))
        width += len(known)
    return _Columns(
        agents,
        partners,
        np.array([at[row[0], row[1]] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=np.float64),
        np.array([row[4] for row in rows], dtype=np.float64),
        tuple(levels),
        tuple(kinds),
        width,
    )


def _fitted(columns: _Columns) -> _Fit:
    """Newton steps for the effects, each followed by an EM step for the variances, until neither moves."""
    import numpy as np

    rest, agents = np.zeros(columns.width), np.zeros(len(columns.agents))
    start = columns.sales.sum() + 0.5, (columns.contacts - columns.sales).sum() + 0.5
    rest[0] = np.log(start[0] / start[1])
    variances = np.full(len(columns.kinds), PRIOR_DEVIATION**2)  # of the factors, the partners, the agents
    for _ in range(STEPS):
        fit = _step(columns, rest, agents, variances)
        moved = max(np.abs(fit.rest - rest).max(), np.abs(fit.agents - agents).max())
        moved = max(moved, float(np.abs(np.sqrt(fit.variances) - np.sqrt(variances)).max()))
        rest, agents, variances = fit.rest, fit.agents, fit.variances
        if moved < CLOSE:
            break
    return fit


def _step(columns: _Columns, rest: Floats, agents: Floats, variances: Floats) -> _Fit:
    import numpy as np

    line = agents[columns.agent] + sum(rest[level] for level in columns.levels)
    chance = 1 / (1 + np.exp(-np.clip(line, -30, 30)))
    weight, left = columns.contacts * chance * (1 - chance), columns.sales - columns.contacts * chance
    penalty = np.zeros(columns.width)
    for kind, variance in zip(columns.kinds[1:], variances, strict=False):
        penalty[kind] = 1 / variance
    size = len(columns.agents)
    diagonal = np.bincount(columns.agent, weights=weight, minlength=size) + 1 / variances[-1]
    border, core, slope = np.zeros((size, columns.width)), np.diag(penalty), -penalty * rest
    for one in columns.levels:
        np.add.at(border, (columns.agent, one), weight)
        slope += np.bincount(one, weights=left, minlength=columns.width)
        for other in columns.levels:
            np.add.at(core, (one, other), weight)
    pull = np.bincount(columns.agent, weights=left, minlength=size) - agents / variances[-1]
    inverse = np.linalg.inv(core - border.T @ (border / diagonal[:, None]))
    step = inverse @ (slope - border.T @ (pull / diagonal))
    step = np.clip(step, -1, 1)
    alone = np.clip((pull - border @ step) / diagonal, -1, 1)
    rest, agents = rest + step, agents + alone
    scaled = border / diagonal[:, None]
    own = 1 / diagonal + np.einsum("ij,jk,ik->i", scaled, inverse, scaled)
    found = [_variance(rest[kind], np.diag(inverse)[kind]) for kind in columns.kinds[1:]]
    return _Fit(columns, rest, agents, np.array([*found, _variance(agents, own)]), diagonal, border, inverse)


def _variance(effects: Floats, unsure: Floats) -> float:
    """One EM step, with one level more at `PRIOR_DEVIATION`."""
    return float(((effects**2 + unsure).sum() + PRIOR_DEVIATION**2) / (len(effects) + 1))


def _agents(fit: _Fit) -> tuple[Floats, Floats, Matrix]:
    """Of agents with their partners: effects, standard errors, and those of the differences of all pairs."""
    import numpy as np

    columns = fit.columns
    home = {partner: columns.kinds[-1].start + place for place, partner in enumerate(columns.partners)}
    at = np.array([home[partner] for partner, _ in columns.agents])
    # A row of `lever` is what an agent's sum of effects is made of, once agents are eliminated.
    lever = -fit.border / fit.diagonal[:, None]
    lever[np.arange(len(at)), at] += 1
    return _errors(fit.agents + fit.rest[at], lever @ fit.inverse @ lever.T + np.diag(1 / fit.diagonal))


def _partners(fit: _Fit) -> tuple[Floats, Floats, Matrix]:
    """Of partners with the agents that they have, by their contacts."""
    import numpy as np

    columns = fit.columns
    first = columns.kinds[-1].start
    size = len(columns.partners)
    share = np.zeros((size, len(columns.agents)))
    np.add.at(share, (columns.levels[-1] - first, columns.agent), columns.contacts)
    share /= share.sum(axis=1, keepdims=True)
    lever = -share @ (fit.border / fit.diagonal[:, None])
    lever[np.arange(size), np.arange(first, first + size)] += 1
    effect = fit.rest[columns.kinds[-1]] + share @ fit.agents
    return _errors(effect, lever @ fit.inverse @ lever.T + share @ (share / fit.diagonal).T)


def _errors(effect: Floats, covariance: Matrix) -> tuple[Floats, Floats, Matrix]:
    import numpy as np

    variance = np.diag(covariance)
    apart = np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 1e-12)
    return effect, np.sqrt(variance), np.sqrt(apart)


def _standard(fit: _Fit, effects: Floats) -> Floats:
    """What somebody of these effects would convert of everybody's contacts."""
    import numpy as np

    columns = fit.columns
    mixes = columns.levels[:-1]
    line = np.sum([fit.rest[level] for level in mixes], axis=0)
    lines, place = np.unique(line, return_inverse=True)
    weight = np.bincount(place, weights=columns.contacts)
    chances = 1 / (1 + np.exp(-(lines[None, :] + effects[:, None])))
    found: Floats = (chances * weight).sum(axis=1) / weight.sum()
    return found


def _places(effect: Floats, apart: Matrix, enough: Bools) -> list[tuple[int, int, int] | None]:
    """Best and worst place, and among how many; None for those with too few contacts."""
    import numpy as np

    those = np.flatnonzero(enough)
    sure = _normal(1 - (1 - CONFIDENCE) / 2 / max(len(those) - 1, 1))
    difference = effect[those][:, None] - effect[those][None, :]
    beyond = sure * apart[np.ix_(those, those)]
    worse, better = (difference > beyond).sum(axis=1), (difference < -beyond).sum(axis=1)
    found: list[tuple[int, int, int] | None] = [None] * len(effect)
    for at, one in enumerate(those):
        found[one] = int(better[at]) + 1, len(those) - int(worse[at]), len(those)
    return found


def _normal(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))


def _fair(
    name: tuple[str, str | None],
    contacts: int,
    sales: int,
    rates: Sequence[float],
    mean: float,
    place: tuple[int, int, int] | None,
) -> Fair:
    fair, low, high = rates
    best, worst, of = place or (None, None, 0)
    verdict: Verdict = (
        "too_few" if place is None else "above" if low > mean else "below" if high < mean else "like_the_others"
    )
    where = "too few contacts for a place" if place is None else f"place {best} to {worst} of {of}"
    evidence = (
        f"converts {percent(sales / contacts)} of {number(contacts)} contacts; with everybody's mix {percent(fair)},"
        f" between {percent(low)} and {percent(high)} (mean {percent(mean)}); {where}"
    )
    return Fair(
        partner=name[0],
        agent=name[1],
        contacts=contacts,
        sales=sales,
        converts=sales / contacts,
        fair=fair,
        low=low,
        high=high,
        verdict=verdict,
        best_place=best,
        worst_place=worst,
        of=of,
        evidence=evidence,
    )
