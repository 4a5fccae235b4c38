"""How good the proposals and the effects of coaching are, on agents whose true skill is known."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import exp, log

import numpy as np

from services.bench.figures import Figures, measured, report
from services.bench.skill import FIRST_WEEK, Company, world
from services.training.measuring.counts import Counts, counts_of, kept_back
from services.training.measuring.effects import Course, Effect, effects
from services.training.measuring.pooled import Measured, together
from services.training.measuring.proposals import Looked, proposed


@dataclass
class Tried:
    """What one company came to: proposals, how many of them were truly low, effects with the true gains."""

    low: int
    looked: Looked
    right: int
    effects: list[tuple[Effect, float]] = field(default_factory=list)

    @property
    def false_share(self) -> float:
        """Of the proposals; nothing where there are none."""
        number = len(self.looked.proposals)
        return (number - self.right) / number if number else 0.0

    @property
    def estimated(self) -> list[tuple[float, float, float, float, bool]]:
        """Logarithm, its error, low, true gain, and whether the interval holds it, of all that could be estimated."""
        return [
            (one.logarithm, one.error, one.low, true, one.low <= true <= one.high)
            for one, true in self.effects
            if one.low is not None and one.high is not None and one.logarithm is not None and one.error is not None
        ]


def tried(company: Company, seed: int, rate: float) -> Tried:
    """Three months of counts, who is proposed, all of them coached, and what that brought in the months after."""
    true = world(company, seed)
    start = FIRST_WEEK + company.weeks
    looked = proposed(choosing(counts_of(true.counts(())), start), rate)
    chosen = {one.agent for one in looked.proposals}
    low = {agent for agent, is_low in zip(true.agents, true.low, strict=True) if is_low}
    found = Tried(len(low), looked, len(chosen & low))
    course = Course(FIRST_WEEK, start, start, start + company.after)
    gains = {agent: float(gain) - 1 for agent, gain in zip(true.agents, true.gain, strict=True)}
    for agent, effect in effects(counts_of(true.counts(chosen)), course, chosen).items():
        found.effects.append((effect, gains[agent]))
    return found


def choosing(counts: Counts, before: int) -> Counts:
    """The weeks before `before` by which agents may be chosen."""
    return counts.only((counts.week < before) & ~np.array([kept_back(int(week)) for week in counts.week]))


async def coaching(agents: int, rounds: int, seed: int, rate: float) -> Figures:
    """So many companies, one after the other, from a seed on."""
    company = Company(agents=agents)
    with measured() as spent:
        all_of = [tried(company, seed + one, rate) for one in range(rounds)]
    proposals = sum(len(one.looked.proposals) for one in all_of)
    estimated = [each for one in all_of for each in one.estimated]
    helped = [each for each in estimated if each[3] > 0]
    unhelped = [each for each in estimated if each[3] == 0]
    verdicts = Counter((true > 0, effect.verdict) for one in all_of for effect, true in one.effects)
    return report(
        "coaching",
        {
            "agents": agents,
            "companies": rounds,
            "seed": seed,
            "truly_low": sum(one.low for one in all_of),
            "stated_rate": rate,
            "proposals": proposals,
            "precision": _share(sum(one.right for one in all_of), proposals),
            "recall": _share(sum(one.right for one in all_of), sum(one.low for one in all_of)),
            "false_share": round(sum(one.false_share for one in all_of) / rounds, 4),
            "effects": len(estimated),
            "too_few": sum(effect.verdict == "too_few" for one in all_of for effect, _ in one.effects),
            "coverage": _covered(estimated),
            "coverage_helped": _covered(helped),
            "coverage_not_helped": _covered(unhelped),
            "mean_error": round(sum(each[1] for each in estimated) / len(estimated), 3) if estimated else None,
            "helped_seen": _share(verdicts[True, "improved"], len(helped)),
            "not_helped_seen": _share(verdicts[False, "improved"], len(unhelped)),
            "together_helped": _together(helped),
            "together_not_helped": _together(unhelped),
            "seconds": round(spent.wall_s, 1),
        },
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _covered(estimated: list[tuple[float, float, float, float, bool]]) -> float | None:
    return _share(sum(each[4] for each in estimated), len(estimated))


def _together(estimated: list[tuple[float, float, float, float, bool]]) -> Figures | None:
    """The mean effect, its interval, and the true mean, all of logarithms turned back."""
    if not estimated:
        return None
    found = together([Measured(logarithm=each[0], error=each[1]) for each in estimated])
    true = sum(log(1 + each[3]) for each in estimated) / len(estimated)
    return {"true": round(exp(true) - 1, 3)} | {
        name: None if value is None else round(value, 3)
        for name, value in (("change", found.change), ("low", found.low), ("high", found.high))
    }
