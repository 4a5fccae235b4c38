"""Figures in plain words: shares, odds of luck, numbers of contacts."""

from __future__ import annotations


def percent(share: float, signed: bool = False) -> str:
    """A share in per cent with one decimal: `6.1 %`."""
    return f"{100 * share:{'+' if signed else ''}.1f} %"


def number(count: float) -> str:
    """A whole number with its thousands apart: `1,204`."""
    return f"{count:,.0f}"


def odds(chance: float) -> str:
    """A chance as `1 in 3,000`, with one figure that means something, or two below a hundred; above a third in per
    cent, and never smaller than one in a million: no model is right to there."""
    if chance > 1 / 3:
        return percent(chance)
    once = 1 / max(chance, 1e-6)
    digits = 1 if once >= 100 else 2
    step = 10 ** max(len(f"{once:.0f}") - digits, 0)
    return f"{'less than ' if chance < 1e-6 else ''}1 in {number(round(once / step) * step)}"
