"""Calls that the report leaves out, scattered or with a pattern.

A pattern is proven by Fisher's exact test on two by two tables, with the false discoveries of many tests held down
(Benjamini and Hochberg); it must cover most of what is left out.
"""

from __future__ import annotations

import polars as pl
from scipy.stats import fisher_exact

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import Ground, ground

_RATE = 0.01
_COVERS = 0.8
LEAST = 5
SHARED = ("agent", "campaign", "hour", "sku")
"""What calls that are left out may have in common."""


def propose(seen: Evidence, gone: pl.DataFrame) -> list[Proposal]:
    """What is left out with a pattern, and the rest. `gone` are the calls that nothing has explained yet."""
    if gone.is_empty():
        return []
    pattern = _pattern(seen, gone) if len(gone) >= LEAST else None
    if pattern is None:
        return [Proposal("missing_line", "omitted", "partner", hits(gone), (ground("left_out"),), decided=True)]
    name, value, part, why = pattern
    rest = gone.join(part.select("call"), on="call", how="anti")
    cause = f"omitted:{name}={value}"
    found = [Proposal("missing_line", cause, "partner", hits(part), (why,), 0, 12.0, True, decided=True)]
    return found + propose(seen, rest)


def _pattern(seen: Evidence, gone: pl.DataFrame) -> tuple[str, str, pl.DataFrame, Ground] | None:
    left_out = pl.col("call").is_in(gone["call"].implode())
    hour = pl.col("local").dt.hour().cast(pl.String)
    month = seen.calls.filter("in_period").with_columns(hour.alias("hour"), left_out.alias("lost"))
    tests = []
    for name in SHARED:
        table = month.drop_nulls(name).group_by(name).agg(pl.col("lost").sum(), pl.len().alias("all")).sort(name)
        total, all_lost = len(month), len(gone)
        for value, a, n in table.filter(pl.col("lost") > 0).iter_rows():
            p = float(
                fisher_exact([[a, n - a], [all_lost - a, total - n - all_lost + a]], alternative="greater").pvalue
            )
            tests.append((p, a, name, value))
    tests.sort()
    for rank, (p, a, name, value) in enumerate(tests, 1):
        q = p * len(tests) / rank
        if q < _RATE and a / len(gone) > _COVERS:
            part = month.filter(pl.col("lost") & (pl.col(name) == value))
            why = ground("left_out_together", n=a, of=len(gone), field=name, value=str(value), q=f"{q:.2g}")
            return name, str(value), part, why
    return None
