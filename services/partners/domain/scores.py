"""What scores of several people come to: totals, means, and where they disagree. Exact: sums before ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from services.partners.events import Criterion, Score

MOST = 5
"""Points of a criterion at most."""
APART = 2
"""From so many points between two evaluators on they disagree, and should talk."""


class CriterionStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion over all evaluators: points by evaluator (None: does not apply), their sum and number (for the
    mean), the spread between the highest and the lowest, and whether they disagree."""

    id: str
    weight: int
    points: dict[str, int | None]
    total: int
    n: int
    spread: int
    disagree: bool

    @property
    def mean(self) -> Fraction | None:
        """Points on average; None where nobody scored it."""
        return Fraction(self.total, self.n) if self.n else None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `complete` are those who scored every criterion; `below_minimum` criteria whose mean is below the
    least that is asked for; `percent` the weighted score in hundredths of a percent (10,000: the best possible) over
    criteria that apply, None without scores."""

    criteria: list[CriterionStanding]
    complete: list[str]
    below_minimum: list[str]
    percent: int | None


def standing(criteria: Sequence[Criterion], scores: Mapping[str, Mapping[str, Score]]) -> Standing:
    """Scores by evaluator and criterion, weighed and compared."""
    rows = [_row(criterion, scores) for criterion in criteria]
    applying = [(row, mean) for row in rows if (mean := row.mean) is not None]
    weight = sum(row.weight for row, _ in applying)
    share = sum((mean * row.weight for row, mean in applying), Fraction(0))
    least = {criterion.id: criterion.minimum for criterion in criteria if criterion.minimum is not None}
    return Standing(
        criteria=rows,
        complete=sorted(by for by, given in scores.items() if all(criterion.id in given for criterion in criteria)),
        below_minimum=[row.id for row, mean in applying if row.id in least and mean < least[row.id]],
        percent=round(share * 10_000 / (weight * MOST)) if weight else None,
    )


def _row(criterion: Criterion, scores: Mapping[str, Mapping[str, Score]]) -> CriterionStanding:
    points = {by: given[criterion.id].points for by, given in sorted(scores.items()) if criterion.id in given}
    counted = [value for value in points.values() if value is not None]
    spread = max(counted) - min(counted) if counted else 0
    return CriterionStanding(
        id=criterion.id,
        weight=criterion.weight,
        points=points,
        total=sum(counted),
        n=len(counted),
        spread=spread,
        disagree=spread >= APART,
    )
