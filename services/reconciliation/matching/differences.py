"""The fields of paired lines beside ours, and which of them differ by more than is allowed.

Compared is with what is shown, for that is what both sides see; what our events say stands beside it (`talk_s`,
`outcome`, `order_minor`), because causes are found in what happened.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.basis import Basis, Tolerance
from services.reconciliation.matching.habits import Habits


def beyond(reported: pl.Expr, ours: pl.Expr, allowed: Tolerance, fine: pl.Expr | float = 0.0) -> pl.Expr:
    """Whether a value is further from ours than is allowed, given how finely it can be written at all."""
    low, high = pl.lit(allowed.below), pl.lit(allowed.above)
    if allowed.below_share is not None:
        low = pl.min_horizontal(low, ours.abs() * allowed.below_share)
    if allowed.above_share is not None:
        high = pl.min_horizontal(high, ours.abs() * allowed.above_share)
    more, slack = reported - ours, fine + 1e-6
    return ((more > high + slack) | (more < -low - slack)).fill_null(False)


def other_number() -> pl.Expr:
    """Whether a line's whole number is not the call's, also without their calling codes; null if it has none."""
    theirs, ours = (pl.col(name).str.strip_prefix("+") for name in ("phone", "our_phone"))
    return (theirs.str.ends_with(ours) | ours.str.ends_with(theirs)).not_()


def matched(
    pairs: pl.DataFrame, lines: pl.DataFrame, calls: pl.DataFrame, habits: Habits, basis: Basis
) -> pl.DataFrame:
    """One row a pair: the line's columns, ours (`our_…` where the names are the same), and `odd_…` for each field that
    differs. `odd_day` tells the days on which causes are fitted from those on which they are tested."""
    shared = {"ref", "phone", "agent", "campaign", "local"}
    ours = calls.rename({name: f"our_{name}" for name in shared})
    fine = pl.col("duration_resolution_s") / 2
    sold = (pl.col("disposition") == "sale") & pl.col("order_minor").is_not_null()
    return (
        pairs.join(lines.drop("copy_of"), on="row")
        .join(ours, on="call")
        .with_columns(habits.agreed_agent().alias("agreed_agent"))
        .with_columns(
            beyond(pl.col("apart"), pl.lit(0.0), basis.time_s, pl.col("local_resolution_s")).alias("odd_time"),
            beyond(pl.col("duration_s"), pl.col("shown_duration_s"), basis.duration_s, fine).alias("odd_duration"),
            beyond(pl.col("duration_s"), pl.col("talk_s"), basis.duration_s, fine).alias("odd_talk"),
            (sold & beyond(pl.col("amount_minor"), pl.col("order_minor"), basis.amount_minor)).alias("odd_amount"),
            (pl.col("agent").is_not_null() & pl.col("agreed_agent").ne_missing(pl.col("our_agent"))).alias("odd_agent"),
            (pl.col("phone_damage").is_null() & other_number()).fill_null(False).alias("odd_phone"),
            (pl.col("our_local").dt.day() % 2 == 1).alias("odd_day"),
        )
        .sort("row")
    )
