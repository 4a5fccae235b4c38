"""A whole day that the report leaves out.

Proven by how unlikely it is that every call of a day is left out singly, when of the other days as good as none is.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import ground

LEAST = 3
_PROVEN = 7.0


def propose(seen: Evidence, gone: pl.DataFrame) -> list[Proposal]:
    """One proposal a day. `gone` are the calls without a line that nothing has explained yet."""
    at = pl.col("local")
    written = at + pl.duration(seconds=seen.habits.clock.of_call() + (seen.habits.clock.base or 0))
    by_zone, by_file = _days(seen, gone, at), _days(seen, gone, written)
    found = by_file if sum(len(p.hits) for p in by_file) > sum(len(p.hits) for p in by_zone) else by_zone
    return [one for one in found if len(one.hits) * seen.entry > one.bits]


def _days(seen: Evidence, gone: pl.DataFrame, at: pl.Expr) -> list[Proposal]:
    dated = seen.calls.filter("in_period").with_columns(at.dt.date().alias("date"))
    lost = dated.join(gone.select("call"), on="call")
    held = dated.join(seen.matched.select("call"), on="call")
    second = at.dt.hour().cast(pl.Int64) * 3600 + at.dt.minute().cast(pl.Int64) * 60 + at.dt.second()
    inner = held.filter(second.is_between(120, 86400 - 120))
    counts = (
        lost.group_by("date")
        .len("lost")
        .join(inner.group_by("date").len("held"), on="date", how="left")
        .with_columns(pl.col("held").fill_null(0))
        .sort("date")
    )
    of_month = pl.col("date").dt.month() == seen.basis.month
    whole = counts.filter(of_month & (pl.col("held") == 0) & (pl.col("lost") >= LEAST))
    days = set(whole["date"])
    elsewhere = len(lost.filter(pl.col("date").is_in(list(days)).not_()))
    rate = (elsewhere + 1) / (elsewhere + len(held) + 2)
    found = []
    for day, n, _ in whole.iter_rows():
        expected = n * (1 - rate)
        if rate**n * 31 > 0.001:
            continue
        why = (ground("day_missing", n=n, share=f"{100 * rate:.1f}", expected=f"{expected:.1f}"),)
        part = lost.filter(pl.col("date") == day)
        sure = expected >= _PROVEN
        found.append(
            Proposal("missing_day", f"day:{day}", "partner", hits(part), why, 0, 8.0, True, sure, decided=sure)
        )
    return found
