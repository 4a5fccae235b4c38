"""Lines that stand in the report more than once: pasted blocks, and single lines.

A block is proven by its form: at least four copies in a row, each equally far from its original. By chance that does
not happen.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import ground

LEAST = 4


def propose(seen: Evidence) -> list[Proposal]:
    """One proposal a block, one for the single copies, and one for lines that tell of a call once more in other
    words."""
    taken = seen.matched.select("row", "call")
    originals = taken.rename({"row": "copy_of"})
    copies = (
        seen.lines.filter(pl.col("copy_of").is_not_null())
        .join(taken.select("row"), on="row", how="anti")
        .join(originals, on="copy_of", how="left", maintain_order="left")
        .with_columns((pl.col("row").cast(pl.Int64) - pl.col("copy_of").cast(pl.Int64)).alias("distance"))
    )
    step = (pl.col("row").cast(pl.Int64).diff() != 1) | (pl.col("distance").diff() != 0)
    runs = copies.with_columns(step.fill_null(True).cum_sum().alias("run"))
    runs = runs.with_columns(pl.len().over("run").alias("length"))
    found = []
    for _, block in runs.filter(pl.col("length") >= LEAST).group_by("run", maintain_order=True):
        n = len(block)
        why = (ground("block_copied", n=n, before=block["distance"][0]),)
        found.append(
            Proposal("duplicate_block", f"block:{n}", "partner", hits(block), why, 0, 12.0, True, decided=True)
        )
    single = runs.filter(pl.col("length") < LEAST)
    if len(single):
        why = (ground("line_copied"),)
        found.append(Proposal("duplicate_line", "reported_twice", "partner", hits(single), why, decided=True))
    again = _again(seen)
    if len(again):
        why = (ground("told_again"),)
        found.append(Proposal("duplicate_line", "reported_twice", "partner", hits(again), why, sure=False))
    return found


def _again(seen: Evidence) -> pl.DataFrame:
    """Lines without a call that say of a call what another line says already, in a field or two otherwise."""
    alone = seen.lone_lines().select("row", "phone", "local", "agent", "duration_s")
    first = seen.matched.select("call", "phone", "agent", other="local", talked="duration_s")
    near = (pl.col("local") - pl.col("other")).dt.total_seconds().abs() <= 60
    same = (pl.col("duration_s") - pl.col("talked")).abs() <= 1
    both = alone.drop_nulls("phone").join(first, on=["phone", "agent"]).filter(near & same)
    return both.unique("row", keep="first", maintain_order=True)
