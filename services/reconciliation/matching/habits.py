"""What is believed of a partner's habits while lines are paired: its clock, how it rounds, which agent a code is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from services.reconciliation.matching.clock import Clock


@dataclass(frozen=True)
class Rounding:
    """Durations are multiples of `step` seconds: the next one up (`up`), the nearest, or the next one down; of lines
    from `since` on, where that is given."""

    way: str
    step: int
    since: date | None = None

    def low(self) -> float:
        """The least that rounding adds, seconds."""
        return {"up": 0.0, "nearest": -self.step / 2, "down": -float(self.step)}[self.way]

    def fits(self) -> pl.Expr:
        """Whether `duration_s` may come from `talk_s` by this rule, when the two sides measure two seconds apart."""
        fine = pl.col("duration_resolution_s") / 2 + 1e-6
        multiple = (pl.col("duration_s") / self.step).round() * self.step
        longer = pl.col("duration_s") - pl.col("talk_s")
        near = longer.is_between(self.low() - 2 - fine, self.low() + self.step + 2 + fine)
        return ((pl.col("duration_s") - multiple).abs() <= fine) & near

    def applies(self) -> pl.Expr:
        """Whether a line is of the time in which the rule holds."""
        return pl.lit(True) if self.since is None else pl.col("day") >= self.since


@dataclass(frozen=True)
class Habits:
    """`roster` is our agent of a code as agreed; `renamed` as it is from `renamed_since` on. Before anything was
    learned codes are not `trusted`: they say little."""

    clock: Clock
    roster: dict[str, str]
    rounding: Rounding | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    renamed_since: date | None = None
    trusted: bool = True

    def agreed_agent(self) -> pl.Expr:
        """Our agent of a line's code, as agreed."""
        return pl.col("agent").replace_strict(self.roster, default=None, return_dtype=pl.String)

    def agent(self) -> pl.Expr:
        """Our agent of a line's code, as far as we know by now."""
        agreed = self.agreed_agent()
        if self.renamed_since is None:
            return agreed
        now = pl.col("agent").replace_strict(self.roster | self.renamed, default=None, return_dtype=pl.String)
        return pl.when(pl.col("day") >= self.renamed_since).then(now).otherwise(agreed)
