"""Where each line and each call of the month ends: in exactly one state, with the money of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from services.reconciliation.matching.evidence import Evidence

STATES = ("agreed", "agreed_by_explanation", "own_defect", "corrected_by_partner", "undetermined")
"""From the lightest to the heaviest; what has several findings is in the heaviest state of them."""

OF_PARTY = {"explainable": 1, "own": 2, "partner": 3, "undetermined": 4}
"""How heavy what a party's findings put a unit in is: the place in `STATES`."""


def terminal(seen: Evidence, findings: pl.DataFrame) -> pl.DataFrame:
    """One row for each pair, each line alone and each call of the month alone: `row`, `call`, `state`, and the money
    that either side counts for it, `theirs` and `ours` (minor units)."""
    index = pl.get_index_type()
    pairs = seen.matched.select("row", "call")
    lines = seen.lines.select("row").join(pairs, on="row", how="anti")
    calls = seen.calls.filter("in_period").select("call").join(pairs, on="call", how="anti")
    units = pl.concat(
        [
            pairs,
            lines.select("row", pl.lit(None, dtype=index).alias("call")),
            calls.select(pl.lit(None, dtype=index).alias("row"), "call"),
        ]
    )
    counts = seen.calls.filter("in_period").select("call", our_counted().alias("ours"))
    counted = (
        units.join(
            seen.lines.select("row", their_counted().alias("theirs")), on="row", how="left", maintain_order="left"
        )
        .join(counts, on="call", how="left", maintain_order="left")
        .with_columns(pl.col("theirs", "ours").fill_null(0))
    )
    return stated(counted, findings)


def stated(units: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The units (`row`, `call`, `theirs`, `ours`) with the state that their findings' parties put them in."""
    weight = findings.with_columns(pl.col("party").replace_strict(OF_PARTY, return_dtype=pl.Int64).alias("weight"))
    of_row = weight.drop_nulls("row").group_by("row").agg(pl.col("weight").max().alias("of_row"))
    of_call = weight.filter(pl.col("row").is_null()).group_by("call").agg(pl.col("weight").max().alias("of_call"))
    return (
        units.join(of_row, on="row", how="left", maintain_order="left")
        .join(of_call, on="call", how="left", maintain_order="left")
        .select(
            "row",
            "call",
            pl.max_horizontal("of_row", "of_call")
            .fill_null(0)
            .replace_strict(dict(enumerate(STATES)), return_dtype=pl.String)
            .alias("state"),
            "theirs",
            "ours",
        )
    )


def their_counted() -> pl.Expr:
    """What a line claims in sales, minor units."""
    return pl.when(pl.col("disposition") == "sale").then(pl.col("amount_minor").fill_null(0)).otherwise(0)


def our_counted() -> pl.Expr:
    """What is shown of a call in sales that stand, minor units."""
    stands = pl.col("shown_sale_status").ne_missing("cancelled")
    return pl.when(stands).then(pl.col("shown_sale_minor").fill_null(0)).otherwise(0)


def totals(states: pl.DataFrame) -> pl.DataFrame:
    """Units and money by state, in the order of the states."""
    summed = states.group_by("state").agg(pl.len().alias("units"), pl.col("theirs", "ours").sum())
    order = pl.DataFrame({"state": STATES})
    return order.join(summed, on="state", how="left", maintain_order="left").fill_null(0)
