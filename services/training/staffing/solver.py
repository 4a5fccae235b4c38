"""The one place that asks the solver: HiGHS, through scipy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

NODES = 300
"""Branches that are looked into at most; what is decided at all mostly is in the first. A count, not a time: so the
answer is the same on every machine."""
INFEASIBLE = 2
"""What scipy says of a programme that nothing fulfils."""


class Undecided(Exception):
    """The solver looked into as many branches as it may, and neither found an answer nor that there is none."""


@dataclass
class Constraints:
    """Rows of a programme as they are added: sums of columns between bounds."""

    values: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)

    def add(self, terms: Iterable[tuple[int, float]], lower: float, upper: float) -> None:
        """Columns with their factors; the sum lies between `lower` and `upper`."""
        for column, value in terms:
            self.rows.append(len(self.lower))
            self.columns.append(column)
            self.values.append(value)
        self.lower.append(lower)
        self.upper.append(upper)


def least(
    costs: Sequence[float], constraints: Constraints, upper: Sequence[float], within: float
) -> tuple[list[int], float] | None:
    """Whole numbers from 0 to `upper` in each column, at the least cost but for the share `within`, and what no answer
    can cost less than. None where nothing fulfils the constraints. Undecided."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array

    if not costs:
        fulfilled = all(low <= 0 <= high for low, high in zip(constraints.lower, constraints.upper, strict=True))
        return ([], 0.0) if fulfilled else None
    shape = (len(constraints.lower), len(costs))
    matrix = coo_array((constraints.values, (constraints.rows, constraints.columns)), shape=shape).tocsr()
    answer = milp(
        np.array(costs),
        integrality=np.ones(len(costs)),
        bounds=Bounds(np.zeros(len(costs)), np.array(upper, dtype=float)),
        constraints=LinearConstraint(matrix, np.array(constraints.lower), np.array(constraints.upper)),
        options={"node_limit": NODES, "mip_rel_gap": within},
    )
    if answer.status == INFEASIBLE:
        return None
    if answer.x is None:
        raise Undecided(str(answer.message))
    return [round(value) for value in answer.x.tolist()], float(answer.mip_dual_bound)
