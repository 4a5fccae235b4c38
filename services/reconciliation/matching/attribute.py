"""Who has to act on a difference: `partner`, `own`, `explainable` (agree and go on) or `undetermined`.

Our events decide. Where our log has a hole nobody is accused, and what a clause allows is no fault.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal


def attributed(proposals: list[Proposal], seen: Evidence) -> pl.DataFrame:
    """The findings: `row`, `call`, `kind`, `cause`, `party` and `proposal` (its place in the list)."""
    parts = [
        one.hits.with_columns(
            pl.lit(one.kind).alias("kind"),
            pl.lit(one.cause).alias("cause"),
            pl.lit(party_of(one, seen)).alias("party"),
            pl.lit(place, dtype=pl.Int64).alias("proposal"),
        )
        for place, one in enumerate(proposals)
    ]
    if not parts:
        return pl.DataFrame(
            schema={"row": pl.get_index_type(), "call": pl.get_index_type()}
            | dict.fromkeys(("kind", "cause", "party"), pl.String)
            | {"proposal": pl.Int64}
        )
    unknown = pl.col("touched").fill_null(False) & pl.col("party").is_in(["partner", "own"])
    return (
        pl.concat(parts)
        .join(_unproven(seen), on="row", how="left", maintain_order="left")
        .join(seen.calls.select("call", "touched"), on="call", how="left", maintain_order="left")
        .with_columns(
            pl.when(unknown | (pl.col("call").is_null() & pl.col("unproven").fill_null(False)))
            .then(pl.lit("undetermined"))
            .otherwise("party")
            .alias("party")
        )
        .drop("touched", "unproven")
    )


def party_of(one: Proposal, seen: Evidence) -> str:
    """Whose a cause is by the contract."""
    clause = seen.basis.clause
    if one.kind == "duration_rounding" and clause is not None:
        step = int(one.cause.rpartition(":")[2])
        allowed = one.cause.startswith("round_up") and step == clause.next_seconds
        return "explainable" if allowed else "partner"
    return one.party


def _unproven(seen: Evidence) -> pl.DataFrame:
    """Lines at times at which our log is not known to be complete, within a quarter of an hour."""
    quarter = pl.duration(minutes=15)
    offset = pl.duration(seconds=seen.habits.clock.of_line())
    within = pl.any_horizontal(
        pl.lit(not seen.known),
        *(pl.col("at").is_between(pl.lit(low) - quarter, pl.lit(high) + quarter) for low, high in seen.holes),
    )
    return seen.lines.select("row", (pl.col("local") - offset).alias("at")).select("row", within.alias("unproven"))
