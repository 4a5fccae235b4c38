"""How the bulk of agents differs: the distribution from which an agent that is no exception comes.

A tenth of the agents may be truly low, and pull the peers' mean down and their spread up. So the bulk is fitted to
those alone who are not low: the likelihood of the counts given that each is at least a threshold (an empirical null,
Efron: Large-Scale Simultaneous Hypothesis Testing, JASA 99, 2004, with counts in the place of z values).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.training.measuring.beta_binomial import at_most, log_chance

if TYPE_CHECKING:
    from services.training.measuring.counts import Bools, Floats, Ints
    from services.training.measuring.peers import Expected

START = 0.15
"""The spread from which the search begins."""
LIFT_SD = 0.05
"""How far the bulk's rate may well be from the peers' mean: a tenth of agents at half the rate pull it by 5 %."""
ROUNDS = 2


@dataclass(frozen=True)
class Bulk:
    """`spread`: between agents of the bulk, see `beta_binomial`. `lift`: their odds over those of the peers' mean."""

    spread: float
    lift: float

    def rate(self, expected: Expected) -> Floats:
        """The rate of an agent of the bulk with this agent's mix."""
        odds = expected.rate / (1 - expected.rate) * self.lift
        found: Floats = odds / (1 + odds)
        return found

    def width(self, expected: Expected) -> Floats:
        """The spread around that rate, with what is not known of the peers' mean."""
        return _width(expected, self.spread)

    def chance(self, expected: Expected) -> Floats:
        """The chance that an agent of the bulk sells as little as this one: small where the agent is below."""
        return at_most(expected.sales, expected.contacts, self.rate(expected), self.width(expected))


def _width(expected: Expected, spread: float) -> Floats:
    """`luck` is of the logarithm of the mean; of its odds it is that over (1 - rate)^2."""
    import numpy as np

    unknown = expected.alike * spread**2 + expected.luck / (1 - expected.rate) ** 2
    found: Floats = np.sqrt(spread**2 + unknown)
    return found


BEGIN = Bulk(START, 1.0)


def fitted(expected: Expected, judged: Bools, begin: Bulk = BEGIN) -> Bulk:
    """The bulk of the judged agents; the search for it begins at `begin`.

    The spread's penalty keeps it from nothing when there are few agents (Chung et al.: A nondegenerate penalized
    likelihood estimator for variance parameters, Psychometrika 78, 2013); the lift's keeps that near one.
    """
    if not judged.any():
        return begin
    import numpy as np
    from scipy.optimize import minimize  # it takes a while to load

    some = expected.only(judged)
    bulk = begin
    for _ in range(ROUNDS):
        low = _threshold(some, bulk)
        above = some.sales >= low
        kept, least = some.only(above), low[above]

        def cost(point: Floats, kept: Expected = kept, least: Ints = least) -> float:
            one = Bulk(float(np.exp(point[0])), float(np.exp(point[1])))
            rate, width = one.rate(kept), one.width(kept)
            told = log_chance(kept.sales, kept.contacts, rate, width)
            seen = np.log1p(-np.minimum(at_most(least - 1, kept.contacts, rate, width), 1 - 1e-12))
            return float(-(told - seen).sum() - point[0] + (point[1] / LIFT_SD) ** 2 / 2)

        point = np.log([bulk.spread, bulk.lift])
        bounds = [(np.log(0.005), np.log(1.5)), (-0.3, 0.3)]
        found = minimize(cost, point, method="L-BFGS-B", bounds=bounds)
        bulk = Bulk(float(np.exp(found.x[0])), float(np.exp(found.x[1])))
    return bulk


def _threshold(expected: Expected, bulk: Bulk) -> Ints:
    """One standard deviation below the mean of the bulk."""
    import numpy as np

    rate, n = bulk.rate(expected), expected.contacts
    deviation = np.sqrt(n * rate * (1 - rate) * (1 + (n - 1) * bulk.width(expected) ** 2 * rate * (1 - rate)))
    found: Ints = np.maximum(np.ceil(n * rate - deviation), 0).astype(np.int64)
    return found
