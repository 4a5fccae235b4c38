"""How far two controllers agree who evaluated the same calls blind: by question, and by score.

Krippendorff's alpha and Cohen's kappa are worked out by their own formulas. Both are 1 where the two always agree, and
0 where they agree as often as by chance; below 0 they agree less than that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Literal

import msgspec

Level = Literal["nominal", "ordinal", "interval"]
LEAST_CALLS = 10
"""Below so many calls nothing is said: one call would move it by more than what is looked for."""
GOOD_ALPHA, TENTATIVE_ALPHA = 0.8, 0.667
"""From which alpha on data may be relied on, and for tentative conclusions (Krippendorff, Content Analysis, 2004)."""
Verdict = Literal["reliable", "tentative", "unreliable", "no_variation", "too_few"]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Of a question. `agreed`: in how many of the `calls` both gave the same answer. None where it can't be said: too
    few calls with a value of both, or no two different answers among them."""

    question: str
    level: Level
    calls: int
    agreed: int
    alpha: float | None
    kappa: float | None
    verdict: Verdict


class ScoreAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """Of scores, in per cent. `lenient_by`: by how much the first side gives more than the second, on average."""

    calls: int
    alpha: float | None
    lenient_by: str
    verdict: Verdict


def of_question(question: str, points: Mapping[str, int], pairs: Sequence[tuple[str, str]], missing: str) -> Agreement:
    """How far the pairs of answers agree. With more than two answers their order by points counts (ordinal), and
    `missing` is no value; with two, `missing` is an answer like the others (nominal). Kappa never looks at order."""
    level: Level = "ordinal" if len(points) > 2 else "nominal"
    codes = dict(points) if level == "ordinal" else {name: code for code, name in enumerate((*sorted(points), missing))}
    values = [(codes.get(one), codes.get(other)) for one, other in pairs]
    alpha = krippendorffs_alpha(values, level)
    return Agreement(
        question=question,
        level=level,
        calls=len(pairs),
        agreed=sum(one == other for one, other in pairs),
        alpha=alpha,
        kappa=cohens_kappa(pairs) if len(pairs) >= LEAST_CALLS else None,
        verdict=_verdict(alpha, len(_whole(values))),
    )


def of_scores(pairs: Sequence[tuple[Fraction, Fraction]]) -> ScoreAgreement:
    """How far the scores of the same calls agree, as numbers whose differences mean something (interval)."""
    alpha = krippendorffs_alpha([(float(one), float(other)) for one, other in pairs], "interval")
    mean = sum((one - other for one, other in pairs), Fraction(0)) / len(pairs) if pairs else Fraction(0)
    return ScoreAgreement(
        calls=len(pairs), alpha=alpha, lenient_by=f"{float(mean):.2f}", verdict=_verdict(alpha, len(pairs))
    )


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """(observed - expected) / (1 - expected): the share of pairs that agree, against what the two raters' own
    frequencies would bring by chance (Cohen, A coefficient of agreement for nominal scales, 1960). None where both
    only ever gave one and the same answer."""
    count = len(pairs)
    if not count:
        return None
    observed = Fraction(sum(one == other for one, other in pairs), count)
    expected = sum(
        (
            Fraction(sum(one == name for one, _ in pairs) * sum(other == name for _, other in pairs), count * count)
            for name in {name for pair in pairs for name in pair}
        ),
        Fraction(0),
    )
    return float((observed - expected) / (1 - expected)) if expected != 1 else None


def krippendorffs_alpha(pairs: Sequence[tuple[float | None, float | None]], level: Level) -> float | None:
    """1 - observed / expected disagreement of the values of two controllers, a pair for each call (Krippendorff,
    Computing Krippendorff's Alpha-Reliability, 2011); None with too few calls, or where all values are the same."""
    whole = _whole(pairs)
    if len(whole) < LEAST_CALLS:
        return None
    if len({value for pair in whole for value in pair}) < 2:
        return None
    counts = Counter(value for pair in whole for value in pair)
    values, total = sorted(counts), counts.total()
    below = dict(zip(values, accumulate(counts[value] for value in values), strict=True))

    def apart(one: float, other: float) -> float:
        """How much two values differ, squared: by the level of what is measured."""
        if level == "nominal":
            return float(one != other)
        if level == "interval":
            return (one - other) ** 2
        low, high = sorted((one, other))
        between = below[high] - below[low] + counts[low]
        return (between - (counts[low] + counts[high]) / 2) ** 2

    observed = sum(2 * apart(one, other) for one, other in whole) / total
    expected = sum(counts[one] * counts[other] * apart(one, other) for one in values for other in values)
    return 1 - observed * total * (total - 1) / expected


def _whole(pairs: Sequence[tuple[float | None, float | None]]) -> list[tuple[float, float]]:
    """Those with two values: a call with one only says nothing about agreement."""
    return [(one, other) for one, other in pairs if one is not None and other is not None]


def _verdict(alpha: float | None, calls: int) -> Verdict:
    if calls < LEAST_CALLS:
        return "too_few"
    if alpha is None:
        return "no_variation"
    return "reliable" if alpha >= GOOD_ALPHA else "tentative" if alpha >= TENTATIVE_ALPHA else "unreliable"
