"""The beta-binomial distribution, for many agents at once: sales among contacts where agents' own rates differ.

An agent's rate is taken from a Beta distribution with the mean `rate` and the variance (spread * rate * (1 - rate))^2:
`spread` is the standard deviation of the logarithm of the odds between agents, to first order, so that one spread
serves campaigns of different rates. The overdispersion (intraclass correlation) is then spread^2 * rate * (1 - rate),
and a + b = 1 / overdispersion - 1 (Johnson, Kemp, Kotz: Univariate Discrete Distributions, 6.2.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.training.measuring.counts import Floats, Ints

NARROWEST, WIDEST = 1e-4, 1.9
"""Spreads within which the parameters stay finite and positive at every rate."""


def parameters(rate: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """The parameters a and b of the Beta distribution."""
    import numpy as np

    spread = np.clip(spread, NARROWEST, WIDEST)
    both = 1 / (spread**2 * rate * (1 - rate)) - 1
    return both * rate, both * (1 - rate)


def at_most(sales: Ints, contacts: Ints, rate: Floats, spread: Floats) -> Floats:
    """The chance of so many sales or fewer. Below zero sales: nothing."""
    import numpy as np
    from scipy.special import betaln

    a, b = parameters(rate, spread)
    n = contacts[:, None].astype(np.float64)
    k = np.arange(max(int(sales.max(initial=-1)), 0))[None, :]
    # The chance of k + 1 over that of k; where k is beyond the agent's contacts, the logarithm would have no value.
    open_ = k < np.minimum(sales, contacts)[:, None]
    ratio = (n - k) * (k + a[:, None]) / ((k + 1) * np.maximum(n - k - 1 + b[:, None], 1e-300))
    steps = np.log(np.where(open_, ratio, 1.0))
    first = betaln(a, b + contacts) - betaln(a, b)
    logs = first[:, None] + np.cumsum(steps, axis=1)
    rest = np.where(open_, np.exp(logs), 0.0).sum(axis=1)
    found: Floats = np.where(sales < 0, 0.0, np.minimum(np.exp(first) + rest, 1.0))
    return found


def log_chance(sales: Ints, contacts: Ints, rate: Floats, spread: Floats) -> Floats:
    """The logarithm of the chance of exactly so many sales."""
    from scipy.special import betaln, gammaln

    a, b = parameters(rate, spread)
    choices = gammaln(contacts + 1) - gammaln(sales + 1) - gammaln(contacts - sales + 1)
    found: Floats = choices + betaln(sales + a, contacts - sales + b) - betaln(a, b)
    return found
