"""What a coaching brought: the change of an agent beside agents who were as low and were not coached.

Coached agents were chosen because they were low, and whoever is chosen for that looks better afterwards without any
help. Two things keep that out of the effect. The weeks before are not those by which the agent was chosen: every third
week of the calendar is kept back from choosing (`kept_back`), and so are the weeks between choice and beginning; so
bad luck that made somebody be chosen is not in the figure from which the change is counted. And the agents beside
whom it is seen were as low in the weeks of choosing, without being coached: what was a slump passes for them as well.

For each agent, sales are divided by those that its peers would have made of the same contacts in the same weeks (same
partner, campaign, direction, tenure); peers are all who are not coached. The effect is a difference in differences of
logarithms: that of this quotient after and before, less the same of the controls. Its variance is the sum of what luck
gives to the counts (delta method), of the change that agents show from before to after without any coaching, beyond
luck (overdispersion, by moments from all who were not coached), and of both for the controls' mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Literal

import msgspec

from services.training.measuring.counts import Agent, Counts, kept_back
from services.training.measuring.peers import Expected, compared, expected
from services.training.measuring.words import number, percent

if TYPE_CHECKING:
    from collections.abc import Collection

    from services.training.measuring.counts import Bools, Floats, Ints

CONTROLS = 60
"""So many agents, the nearest in how low they were, are the controls."""
FEWEST_CONTROLS = 20
FEWEST_DUE = 5.0
"""Where peers would have made fewer sales than this, before or after, the normal approximation does not hold."""
CONFIDENCE = 0.95
_HALF = 0.5

Verdict = Literal["improved", "no_effect_seen", "worse", "too_few"]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the effect of a coaching. Shares are parts of one.

    `change`: the estimated rate with coaching over that without it, less one; `low` and `high`: its 95 % interval; all
    None where there was too little to say. `logarithm` and `error`: the same on the scale on which effects are pooled.
    `controls`: how many agents it is seen beside; `as_low`: their sales over those of their peers in the weeks of
    choosing, `was`: the agent's. `without`: how much agents change without coaching, a standard deviation.
    """

    agent: Agent
    verdict: Verdict
    contacts_before: int
    converted_before: float
    peers_before: float
    contacts_after: int
    converted_after: float
    peers_after: float
    change: float | None = None
    low: float | None = None
    high: float | None = None
    logarithm: float | None = None
    error: float | None = None
    controls: int = 0
    was: float | None = None
    as_low: float | None = None
    without: float | None = None
    evidence: str = ""


@dataclass(frozen=True)
class Course:
    """The weeks of a coaching: it was proposed by the weeks from `since` until before `chosen`, begins with `begins`,
    and is looked at before `until`. `begins` >= `chosen`."""

    since: int
    chosen: int
    begins: int
    until: int

    def weeks(self, counts: Counts) -> tuple[Bools, Bools, Bools]:
        """The rows of choosing, before, and after."""
        import numpy as np

        week = counts.week
        back = np.array([kept_back(int(one)) for one in week], dtype=bool)
        window = (week >= self.since) & (week < self.chosen)
        before = (window & back) | ((week >= self.chosen) & (week < self.begins))
        return window & ~back, before, (week >= self.begins) & (week < self.until)


@dataclass(frozen=True)
class Changes:
    """By agent: what was expected and done in the weeks of choosing, before and after; the logarithm of how the
    quotient changed, what luck gives to its variance, and who can be compared."""

    counts: Counts
    choosing: Expected
    before: Expected
    after: Expected
    change: Floats
    luck: Floats
    enough: Bools
    controls: Bools
    without: float


def effects(counts: Counts, course: Course, coached: Collection[Agent]) -> dict[Agent, Effect]:
    """The effect on each of the `coached` that is in `counts`. All others count as not coached: whoever is coached in
    these weeks must be among them, or be left out of `counts`."""
    found = changes(counts, course, coached)
    return {agent: _effect(found, place) for place, agent in enumerate(counts.agents) if agent in coached}


def changes(counts: Counts, course: Course, coached: Collection[Agent]) -> Changes:
    """How all agents changed."""
    import numpy as np

    others = np.array([agent not in coached for agent in counts.agents], dtype=bool)
    rows = compared(counts, others)
    choosing, before, after = (expected(rows, which) for which in course.weeks(counts))
    change = _logarithm(after) - _logarithm(before)
    luck = _luck(before) + _luck(after)
    enough = (before.expected >= FEWEST_DUE) & (after.expected >= FEWEST_DUE) & (choosing.expected > 0)
    controls = enough & others
    return Changes(
        counts, choosing, before, after, change, luck, enough, controls, _without(change[controls], luck[controls])
    )


def _logarithm(one: Expected) -> Floats:
    """Of sales over expected sales. Half a sale on both sides keeps it finite, and nearly without bias."""
    import numpy as np

    found: Floats = np.log((one.sales + _HALF) / (one.expected + _HALF))
    return found


def _luck(one: Expected) -> Floats:
    found: Floats = (1 - one.rate) / (one.sales + _HALF) + one.luck
    return found


def _without(change: Floats, luck: Floats) -> float:
    """The variance of changes without coaching beyond luck, by moments: that of the changes less that of luck, each
    agent weighing as much as luck leaves it. Nothing where luck explains all."""
    if len(change) < FEWEST_CONTROLS:
        return 0.0
    weight = 1 / luck
    mean = (weight * change).sum() / weight.sum()
    # DerSimonian and Laird, Controlled Clinical Trials 7, 1986, equation 8.
    spread = (weight * (change - mean) ** 2).sum() - (len(change) - 1)
    return float(max(spread / (weight.sum() - (weight**2).sum() / weight.sum()), 0.0))


def _effect(found: Changes, place: int) -> Effect:
    import numpy as np
    from scipy.stats import t

    effect = _plain(found, place)
    near = _nearest(found, place)
    if not found.enough[place] or len(near) < FEWEST_CONTROLS:
        return msgspec.structs.replace(effect, controls=len(near), evidence=_too_few(effect, len(near)))
    weight = 1 / (found.luck[near] + found.without)
    theirs = float((weight * found.change[near]).sum() / weight.sum())
    logarithm = float(found.change[place]) - theirs
    error = float(np.sqrt(found.luck[place] + found.without + 1 / weight.sum()))
    reach = float(t.ppf((1 + CONFIDENCE) / 2, len(near) - 1)) * error
    low, high = exp(logarithm - reach) - 1, exp(logarithm + reach) - 1
    told = msgspec.structs.replace(
        effect,
        verdict="improved" if low > 0 else "worse" if high < 0 else "no_effect_seen",
        change=exp(logarithm) - 1,
        low=low,
        high=high,
        logarithm=logarithm,
        error=error,
        controls=len(near),
        was=float(found.choosing.sales[place] / found.choosing.expected[place]),
        as_low=float(found.choosing.sales[near].sum() / found.choosing.expected[near].sum()),
        without=float(np.sqrt(found.without)),
    )
    return msgspec.structs.replace(told, evidence=said_of(told))


def _nearest(found: Changes, place: int) -> Ints:
    """The controls whose quotient in the weeks of choosing is nearest to the agent's; of equally near ones, by ids."""
    import numpy as np

    low = _logarithm(found.choosing)
    those = np.flatnonzero(found.controls)
    those = those[those != place]
    order = np.argsort(np.abs(low[those] - low[place]), kind="stable")
    near: Ints = those[order[:CONTROLS]]
    return near


def _plain(found: Changes, place: int) -> Effect:
    before, after = found.before, found.after
    return Effect(
        agent=found.counts.agents[place],
        verdict="too_few",
        contacts_before=int(before.contacts[place]),
        converted_before=_share(before, place),
        peers_before=_peers(before, place),
        contacts_after=int(after.contacts[place]),
        converted_after=_share(after, place),
        peers_after=_peers(after, place),
    )


def _share(one: Expected, place: int) -> float:
    return float(one.sales[place] / one.contacts[place]) if one.contacts[place] else 0.0


def _peers(one: Expected, place: int) -> float:
    return float(one.expected[place] / one.contacts[place]) if one.contacts[place] else 0.0


def _too_few(one: Effect, controls: int) -> str:
    return (
        f"too little to tell: {number(one.contacts_before)} contacts before and {number(one.contacts_after)} after that"
        f" have peers, and {controls} agents who were not coached to compare with"
    )


def said_of(one: Effect) -> str:
    """The effect in plain words."""
    figures = one.change, one.low, one.high, one.was, one.as_low
    change, low, high, was, as_low = (figure or 0.0 for figure in figures)
    verdict = {"improved": "improved", "worse": "got worse"}.get(one.verdict, "no effect seen")
    return (
        f"{verdict}: converted {percent(one.converted_before)} of {number(one.contacts_before)} contacts before"
        f" (peers {percent(one.peers_before)}) and {percent(one.converted_after)} of {number(one.contacts_after)} after"
        f" (peers {percent(one.peers_after)}); beside {one.controls} agents who were not coached"
        f" (then at {percent(as_low)} of their peers' sales, this one at {percent(was)})"
        f" {percent(change, signed=True)}, between {percent(low, signed=True)} and {percent(high, signed=True)}"
        f" in 95 of 100 cases"
    )
