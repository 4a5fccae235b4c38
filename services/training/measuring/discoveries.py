"""How many of many findings may be false: Benjamini and Hochberg's procedure (JRSS B 57, 1995).

As `scipy.stats` has it, without that: the first question of a process would wait until all of it is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.training.measuring.counts import Floats


def false_shares(chances: Floats) -> Floats:
    """For each chance the smallest share of false findings at which it would still be one."""
    import numpy as np

    order = np.argsort(chances)
    steps = chances[order] * len(chances) / np.arange(1, len(chances) + 1)
    found = np.empty(len(chances))
    found[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return found
