"""Is it the report of another month? What its lines say, before anybody looks for causes.

A clock may be up to fourteen hours off, and a partner may cut the month by another calendar: both are causes that the
comparison finds. So a line counts as outside only from a day beyond the month's edges on, where no clock puts it.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from services.reconciliation.events.months import OtherMonth
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.lines import wall_clock
from services.reconciliation.matching.own import in_zone
from shared.kernel import Rejected

EDGE = timedelta(days=1)
SHARE = 10
"""Per cent of a report's lines outside its month from which on it is said: fewer are slips, each of which is a
difference of its own."""


class OfOtherMonth(Rejected):
    """Not one line of the report is of the month that it was handed in for: there is nothing to compare, and each line
    and each call would be a difference of its own."""

    def __init__(self, elsewhere: OtherMonth) -> None:
        lines = elsewhere.lines
        said = "Its one line is" if lines == 1 else f"All {lines} lines are"
        super().__init__(
            "other_month",
            f"{said} of another month, most of {elsewhere.month}: please hand in the report of this month, "
            "or this one for its own.",
        )
        self.elsewhere = elsewhere


def other_month(lines: pl.DataFrame, basis: Basis) -> OtherMonth | None:
    """How many of the lines are of other months by the contract's zone, and of which one most of them are. None where
    they are too few to be more than slips. OfOtherMonth where all are."""
    local = lines.select(wall_clock(basis.partner_tz))["local"]
    edges = pl.Series([basis.start, basis.end]).dt.replace_time_zone(None).to_frame("at")
    start, end = edges.select(in_zone(pl.col("at"), basis.partner_tz))["at"]
    outside = local.filter((local < start - EDGE) | (local >= end + EDGE))
    if not len(outside) or len(outside) * 100 < SHARE * len(local):
        return None
    counted = outside.dt.strftime("%Y-%m").value_counts().sort("count", "local", descending=[True, False])
    found = OtherMonth(month=counted["local"][0], lines=len(outside))
    if len(outside) == len(local):
        raise OfOtherMonth(found)
    return found
