"""Who struggles where: agents whose share of visits to a step that go wrong is larger than luck and the usual
differences between their peers explain.

For each step and measure the peers' shares are taken to follow a beta distribution, and each agent's count is then
beta-binomial: agents differ anyhow, and only what is beyond that is told. Its two parameters are found by maximum
likelihood; agents who stand out beyond doubt (false-discovery rate of 1 %) are set aside and it is found again, so that
they do not hide others. The chance of a count as large or larger is exact, and over all agents, steps and measures
together the expected share of false findings is held at `FALSE_SHARE` (Benjamini and Hochberg, 1995). All of that is
cautious: it rather passes over somebody than names somebody wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, log
from statistics import median
from typing import Any, Literal

import msgspec

from services.training.measuring.discoveries import false_shares
from services.training.measuring.usage import SECONDS, StepCount, UsageDay, summed

Measure = Literal["failed", "slow", "back", "abandoned"]
MEASURES: tuple[Measure, ...] = ("failed", "slow", "back", "abandoned")
LEAST_VISITS = 30
"""An agent with fewer visits to a step is neither judged there nor a peer."""
LEAST_AGENTS = 20
"""With fewer agents the usual differences between them are not known."""
FALSE_SHARE, BEYOND_DOUBT = 0.05, 0.01
SLOW_SHARE = 0.9
"""A visit is slow that is longer than this share of all agents' visits to the step, by the bounds of times."""
_SET_ASIDE_AT_MOST = 0.3
_ROUNDS = 3
_SMALLEST = 1e-6

_WORDS: Mapping[Measure, str] = {
    "failed": "makes a mistake at",
    "slow": "takes long for",
    "back": "comes back to",
    "abandoned": "leaves unfinished",
}


class Struggle(msgspec.Struct, frozen=True, kw_only=True):
    """An agent, a step and a measure that stands out. `count` of `visits` went wrong on `days` with any use; `percent`
    and `peers_percent` are the shares of the agent and of its peers' middle one; `a_day` and `peers_a_day` are counts
    by day likewise. `chance`: of a count as large by luck and the usual differences; `adjusted`: the smallest share of
    false findings at which it would be told. `asked`: how often the agent asked for help. `words`: the same in words.
    """

    agent: str
    page: str
    step: str
    measure: Measure
    visits: int
    count: int
    days: int
    percent: str
    peers_percent: str
    a_day: str
    peers_a_day: str
    chance: float
    adjusted: float
    asked: int
    words: str


class StepFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A step over all agents: what goes wrong for everybody is the step's fault. Shares in per cent of visits;
    `judged`: agents with enough visits to be compared. `slow_above_s`: above it a visit counts as slow; None: none
    does."""

    page: str
    step: str
    agents: int
    judged: int
    visits: int
    failed_percent: str
    back_percent: str
    abandoned_percent: str
    mean_s: str
    slow_above_s: int | None


class Struggles(msgspec.Struct, frozen=True, kw_only=True):
    """What stands out, the clearest first. `tested`: how many comparisons were made, over all of which the share of
    false findings is held at `false_share`."""

    findings: list[Struggle]
    steps: list[StepFigures]
    tested: int
    false_share: float = FALSE_SHARE
    least_visits: int = LEAST_VISITS
    least_agents: int = LEAST_AGENTS


class _Case(msgspec.Struct, frozen=True):
    """One comparison: an agent at a step by a measure, among its peers there."""

    place: str
    measure: Measure
    agent: str
    chance: float
    peers: tuple[str, ...]


def struggles(days: Sequence[UsageDay], asked: Mapping[str, int]) -> Struggles:
    """Compare the agents of these days with each other. `asked`: how often each asked for help."""
    import numpy as np  # which no process needs to start

    by_agent: dict[str, list[UsageDay]] = {}
    for doc in days:
        by_agent.setdefault(doc.agent, []).append(doc)
    places = sorted({place for doc in days for place in doc.steps})
    counts = {
        place: {
            agent: summed(doc.steps[place] for doc in docs if place in doc.steps)
            for agent, docs in sorted(by_agent.items())
            if any(place in doc.steps for doc in docs)
        }
        for place in places
    }
    bounds = {place: _slow_from(summed(counts[place].values())) for place in places}
    cases = [
        case
        for place in places
        for measure in MEASURES
        for case in _cases(place, measure, counts[place], bounds[place])
    ]
    levels = [float(one) for one in false_shares(np.array([case.chance for case in cases]))]
    worked = {agent: len({doc.day for doc in docs if doc.steps}) for agent, docs in by_agent.items()}
    findings = [
        _told(case, level, counts[case.place], bounds[case.place], worked, asked)
        for case, level in zip(cases, levels, strict=True)
        if level <= FALSE_SHARE
    ]
    findings.sort(key=lambda one: (one.adjusted, one.chance, one.agent, one.step, one.measure))
    return Struggles(
        findings=findings, steps=[_figures(place, counts[place], bounds[place]) for place in places], tested=len(cases)
    )


def _cases(place: str, measure: Measure, counts: Mapping[str, StepCount], slow_from: int) -> list[_Case]:
    judged = {agent: one for agent, one in counts.items() if one.visits >= LEAST_VISITS}
    if len(judged) < LEAST_AGENTS:
        return []
    often = [_count(one, measure, slow_from) for one in judged.values()]
    if not any(often):
        return []
    visits = [one.visits for one in judged.values()]
    return [
        _Case(place, measure, agent, chance, tuple(other for other in judged if other != agent))
        for agent, chance in zip(judged, chances(often, visits), strict=True)
    ]


def chances(often: Sequence[int], visits: Sequence[int]) -> list[float]:
    """For each agent the chance of a count as large or larger, were it one of its peers."""
    import numpy as np
    from scipy.stats import betabinom

    x, n = np.asarray(often), np.asarray(visits)
    kept = np.ones(len(x), dtype=bool)
    found: Any = np.ones(len(x))
    for _ in range(_ROUNDS):
        a, b = _fitted(x[kept], n[kept])
        found = np.clip(betabinom.sf(x - 1, n, a, b), 0.0, 1.0)
        ordinary = false_shares(found) > BEYOND_DOUBT
        if (ordinary == kept).all() or ordinary.sum() < len(x) * (1 - _SET_ASIDE_AT_MOST):
            break
        kept = ordinary
    return [float(one) for one in found]


def _fitted(x: Any, n: Any) -> tuple[float, float]:
    """The beta distribution of the shares, by maximum likelihood over its mean and its intraclass correlation, both on
    the logistic scale."""
    from scipy.optimize import minimize
    from scipy.special import betaln

    share = min(max(float(x.sum() / n.sum()), _SMALLEST), 1 - _SMALLEST)

    def beta(place: Any) -> tuple[float, float]:
        mean, alike = (min(max(1 / (1 + exp(-float(one))), _SMALLEST), 1 - _SMALLEST) for one in place)
        size = (1 - alike) / alike
        return mean * size, (1 - mean) * size

    def unlikely(place: Any) -> float:
        a, b = beta(place)
        return -float((betaln(x + a, n - x + b) - betaln(a, b)).sum())

    start = [log(share / (1 - share)), -4.0]
    found = minimize(
        unlikely, start, method="Nelder-Mead", options={"xatol": 1e-2, "fatol": 1e-2, "maxiter": 200},
        bounds=[(-14.0, 14.0), (-14.0, 0.0)],
    )  # fmt: skip
    return beta(found.x)


def _count(one: StepCount, measure: Measure, slow_from: int) -> int:
    match measure:
        case "failed":
            return one.failed
        case "slow":
            return sum(one.times[slow_from:])
        case "back":
            return one.back
        case "abandoned":
            return one.abandoned


def _slow_from(total: StepCount) -> int:
    """The first place of `times` above which less than a tenth of the visits lie."""
    seen = 0
    for place, often in enumerate(total.times):
        seen += often
        if seen >= SLOW_SHARE * total.visits:
            return place + 1
    return len(total.times)


def _told(
    case: _Case,
    adjusted: float,
    counts: Mapping[str, StepCount],
    slow_from: int,
    worked: Mapping[str, int],
    asked: Mapping[str, int],
) -> Struggle:
    def share(agent: str) -> float:
        return 100 * _count(counts[agent], case.measure, slow_from) / counts[agent].visits

    def a_day(agent: str) -> float:
        return _count(counts[agent], case.measure, slow_from) / worked[agent]

    page, _, step = case.place.partition("/")
    mine, theirs = share(case.agent), median(share(one) for one in case.peers)
    daily, theirs_daily = a_day(case.agent), median(a_day(one) for one in case.peers)
    helped = asked.get(case.agent, 0)
    often = "never" if helped == 0 else "once" if helped == 1 else f"{helped} times"
    words = (
        f"Asked for help {often}, and {_WORDS[case.measure]} the step {step.replace('_', ' ')} {daily:.1f} times a day "
        f"({mine:.1f} % of {counts[case.agent].visits} visits); the peers' middle one {theirs_daily:.1f} times "
        f"({theirs:.1f} %). Chance of so much by luck and the usual differences: {_one_in(case.chance)}."
    )
    return Struggle(
        agent=case.agent,
        page=page,
        step=step,
        measure=case.measure,
        visits=counts[case.agent].visits,
        count=_count(counts[case.agent], case.measure, slow_from),
        days=worked[case.agent],
        percent=f"{mine:.2f}",
        peers_percent=f"{theirs:.2f}",
        a_day=f"{daily:.2f}",
        peers_a_day=f"{theirs_daily:.2f}",
        chance=case.chance,
        adjusted=adjusted,
        asked=helped,
        words=words,
    )


def _one_in(chance: float) -> str:
    return f"1 in {round(1 / chance):,}" if chance > 1e-6 else "less than 1 in 1,000,000"


def _figures(place: str, counts: Mapping[str, StepCount], slow_from: int) -> StepFigures:
    page, _, step = place.partition("/")
    total = summed(counts.values())
    return StepFigures(
        page=page,
        step=step,
        agents=len(counts),
        judged=sum(one.visits >= LEAST_VISITS for one in counts.values()),
        visits=total.visits,
        failed_percent=f"{100 * total.failed / total.visits:.2f}",
        back_percent=f"{100 * total.back / total.visits:.2f}",
        abandoned_percent=f"{100 * total.abandoned / total.visits:.2f}",
        mean_s=f"{total.seconds / total.visits:.1f}",
        slow_above_s=SECONDS[slow_from - 1] if slow_from - 1 < len(SECONDS) else None,
    )
