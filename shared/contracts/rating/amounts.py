"""Amounts before rounding, exactly: as numerators over 3600, so that minutes, hours and per cent leave no rest."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from shared.contracts.terms.pricing import RoundingMode
from shared.contracts.terms.values import EXACT, plain

PARTS = Decimal(3600)
"""An amount of n minor units is n x 3600 parts: a second at a rate an hour is a whole part of it, so is one at a rate
a minute."""

_DIVIDING = Context(prec=100)
"""Only where it is rounded to whole minor units right after: a hundred digits can't make a tie of what is none."""
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def parts(quantity: int | Decimal, rate: Decimal, weight: int | Decimal, surcharge: Decimal = Decimal()) -> Decimal:
    """The parts of `quantity` base units at a rate; `weight`: parts of one base unit at the rate of 1. `surcharge`: per
    cent on top."""
    raised = EXACT.multiply(rate, EXACT.add(1, EXACT.scaleb(surcharge, -2)))
    return EXACT.multiply(EXACT.multiply(quantity, raised), weight)


def rounded(amount: Decimal, mode: RoundingMode, divisor: Decimal = PARTS) -> int:
    """Whole minor units. Halves go away from zero, or to the even neighbour."""
    return int(_DIVIDING.divide(amount, divisor).to_integral_value(_MODES[mode]))


def minor_text(amount: Decimal) -> str:
    """Parts as minor units, for reading: at most six digits behind the point."""
    return plain(_DIVIDING.divide(amount, PARTS).quantize(Decimal("0.000001")))
