"""What the causes look at, and what they answer with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.explanations import Foretold
from shared.contracts.proofs import Ground

if TYPE_CHECKING:
    from services.reconciliation.matching.habits import Habits


@dataclass(frozen=True)
class Evidence:
    """A month that was paired. `matched` are the pairs with their differences, `cast` the votes on the clock, `known`
    whether we have a log at all, and `holes` where it is incomplete, on the partner's wall clock."""

    basis: Basis
    lines: pl.DataFrame
    calls: pl.DataFrame
    matched: pl.DataFrame
    cast: pl.DataFrame
    habits: Habits
    known: bool
    holes: list[tuple[datetime, datetime]]

    @property
    def entry(self) -> float:
        """The bits that a difference costs which nothing explains: which line, and what is wrong with it."""
        return math.log2(max(len(self.lines), 2)) + 6

    def lone_lines(self) -> pl.DataFrame:
        """Lines without a call that are no copies."""
        alone = self.lines.join(self.matched.select("row"), on="row", how="anti")
        return alone.filter(pl.col("copy_of").is_null())

    def lone_calls(self) -> pl.DataFrame:
        """Calls of the contract's month without a line."""
        return self.calls.filter("in_period").join(self.matched.select("call"), on="call", how="anti")


@dataclass(frozen=True)
class Proposal:
    """One cause with what it explains: `hits` has `row` and `call`, either null. `against` is the number of lines
    that contradict, `bits` what the cause costs to say; `systematic` is one cause behind many lines. `grounds` say the
    statistic; `sure` is False where the lines alone do not decide; `decided` where our events or the form of the lines
    do, however few they are."""

    kind: str
    cause: str
    party: str
    hits: pl.DataFrame
    grounds: tuple[Ground, ...]
    against: int = 0
    bits: float = 0.0
    systematic: bool = False
    sure: bool = True
    decided: bool = False
    foretold: Foretold | None = None


def hits(rows: pl.DataFrame) -> pl.DataFrame:
    """Which lines and calls of a frame: `row` and `call`, null where it has none."""
    index = pl.get_index_type()
    return rows.select(
        pl.col(name).cast(index) if name in rows.columns else pl.lit(None, dtype=index).alias(name)
        for name in ("row", "call")
    )


def wilson(n: int, of: int) -> float:
    """The lower end of the 95 % interval of a share (Wilson)."""
    if not of:
        return 0.0
    z, p = 1.96, n / of
    middle, width = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return (middle - width) / (1 + z * z / of)
