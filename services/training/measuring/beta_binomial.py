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
TOGETHER = 64


def parameters(rate: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """The parameters a and b of the Beta distribution."""
    import numpy as np

    spread = np.clip(spread, NARROWEST, WIDEST)
    both = 1 / (spread**2 * rate * (1 - rate)) - 1
    return both * rate, both * (1 - rate)


def at_most(sales: Ints, contacts: Ints, rate: Floats, spread: Floats) -> Floats:
    """The chance of so many sales or fewer. Below zero sales: nothing.

    Added up from the top, each chance being that of one sale more times a plain ratio; a few agents of about as many
    sales at a time, so that the terms stay in the processor's cache.
    """
    import numpy as np

    top = np.maximum(sales, 0)
    rest = np.zeros(len(top))
    both = parameters(rate, spread)
    order = np.argsort(top, kind="stable")
    for start in range(0, len(order), TOGETHER):
        those = order[start : start + TOGETHER]
        rest[those] = _below(top[those], contacts[those], both[0][those], both[1][those])
    # What overflows is so far above what is likely that nearly everything lies below it.
    found = np.exp(log_chance(top, contacts, rate, spread) + np.log1p(rest))
    chances: Floats = np.where(sales < 0, 0.0, np.minimum(found, 1.0))
    return chances


def _below(top: Ints, contacts: Ints, a: Floats, b: Floats) -> Floats:
    """The chances of fewer sales than `top`, over that of `top`."""
    import numpy as np

    s = top[:, None] - np.arange(int(top.max()), dtype=np.float64)[None, :]
    n = contacts[:, None]
    # The chance of s - 1 over that of s. What is below zero is left out after the product: one of its factors may have
    # been too large to be multiplied by zero.
    ratio = s * (n - s + b[:, None]) / ((n - s + 1) * np.maximum(s - 1 + a[:, None], 1e-300))
    with np.errstate(over="ignore"):
        found: Floats = np.where(s >= 1, np.cumprod(np.where(s >= 1, ratio, 1.0), axis=1), 0.0).sum(axis=1)
    return found


def log_chance(sales: Ints, contacts: Ints, rate: Floats, spread: Floats) -> Floats:
    """The logarithm of the chance of exactly so many sales."""
    from scipy.special import betaln, gammaln

    a, b = parameters(rate, spread)
    choices = gammaln(contacts + 1) - gammaln(sales + 1) - gammaln(contacts - sales + 1)
    found: Floats = choices + betaln(sales + a, contacts - sales + b) - betaln(a, b)
    return found
