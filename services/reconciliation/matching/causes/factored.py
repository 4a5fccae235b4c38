"""Amounts that are off by one factor, a power of ten or a rate of exchange, and those that are off otherwise.

Proven when at least 95 % of the amounts fit one factor to half a minor unit. A power of ten is a slipped decimal mark,
a rate another currency.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from services.reconciliation.matching.explanations import Foretold
from shared.contracts.proofs import ground


@dataclass(frozen=True)
class Factor:
    """Reported = ours x `value`, of lines from `since` on."""

    value: float
    kind: str
    cause: str
    since: date | None = None

    def fits(self) -> pl.Expr:
        """Whether a reported amount is ours by this factor."""
        return (pl.col("amount_minor") - pl.col("order_minor") * self.value).abs() <= 0.5 + 1e-6 * pl.col(
            "amount_minor"
        ).abs()

    def applies(self) -> pl.Expr:
        """Whether a line is of the time in which it holds."""
        return pl.lit(True) if self.since is None else pl.col("day") >= self.since


def _factors(basis: Basis) -> list[Factor]:
    found = [Factor(10.0**k, "decimal_mixup", f"scale:{10.0**k:g}") for k in (-4, -3, -2, -1, 1, 2, 3, 4)]
    mine = basis.rates.get(basis.currency)
    for name, rate in basis.rates.items():
        if mine and name != basis.currency:
            ratio = rate / mine
            found.append(Factor(ratio, "currency_mixup", f"ratio:{ratio:.5f}"))
    return found


def _sold(matched: pl.DataFrame) -> pl.DataFrame:
    return matched.filter(
        (pl.col("disposition") == "sale") & (pl.col("order_minor") > 0) & pl.col("amount_minor").is_not_null()
    )


def learn(matched: pl.DataFrame, basis: Basis, entry: float) -> tuple[Factor, float] | None:
    """The factor with the shortest description, with its bits; None if single differences are shorter."""
    sold = _sold(matched)
    raw = sold["odd_amount"].to_numpy().astype(float) * entry
    days = sold["day"].to_numpy()
    best: tuple[float, Factor, float] | None = None
    factors = _factors(basis)
    for factor in factors:
        fits = sold.select(factor.fits()).to_series().to_numpy()
        ruled = np.where(fits, 0.0, entry)
        plain = 2 + math.log2(len(factors))
        choices: list[tuple[date | None, float, float]] = [(None, plain, plain + float(ruled.sum()))]
        for first in np.unique(days)[1:]:
            total = plain + 5 + float(np.where(days >= first, ruled, raw).sum())
            choices.append((first.astype("datetime64[D]").item(), plain + 5, total))
        for since, bits, total in choices:
            if best is None or total < best[0] - 1e-9:
                best = (total, Factor(factor.value, factor.kind, factor.cause, since), bits)
    return (best[1], best[2]) if best is not None and best[0] < raw.sum() else None


def propose(seen: Evidence) -> list[Proposal]:
    """The factor, if one pays for itself, and the amounts that stay unexplained."""
    found: list[Proposal] = []
    odd = _sold(seen.matched).filter("odd_amount")
    learned = learn(seen.matched, seen.basis, seen.entry)
    if learned is not None:
        factor, bits = learned
        scope = _sold(seen.matched).filter(factor.applies())
        part = odd.filter(factor.applies() & factor.fits())
        against = len(scope.filter(factor.fits().not_()))
        fit = ground("amounts_by_factor", n=len(scope) - against, of=len(scope), factor=f"{factor.value:g}")
        since = (ground("from_day", day=str(factor.since)),) if factor.since else ()
        found.append(
            Proposal(
                factor.kind,
                factor.cause,
                "partner",
                hits(part),
                (fit, *since),
                against,
                bits,
                True,
                foretold=_foretold(seen),
            )
        )
        odd = odd.join(part.select("row"), on="row", how="anti")
    if len(odd):
        why = (ground("other_amount"),)
        found.append(Proposal("wrong_amount", "wrong_amount", "partner", hits(odd), why, decided=True))
    return found


def _foretold(seen: Evidence) -> Foretold | None:
    learned = learn(seen.matched.filter("odd_day"), seen.basis, seen.entry)
    if learned is None:
        return None
    tested = _sold(seen.matched).filter(pl.col("odd_day").not_() & learned[0].applies())
    days = seen.matched.filter("odd_day")["day"].n_unique()
    return Foretold(days, len(tested.filter(learned[0].fits())), len(tested))
