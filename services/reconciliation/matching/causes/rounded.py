"""Durations that follow a rounding rule, and those that follow none.

Proven when at least 95 % of the lines that it applies to fit, multiples of the step and on its side, while what
happened fits clearly worse: by chance one line in `step` fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from services.reconciliation.matching.assignment import Numbers, Weights
from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from services.reconciliation.matching.explanations import Foretold
from services.reconciliation.matching.habits import Rounding
from shared.contracts.proofs import ground

STEPS = (5, 6, 10, 12, 15, 18, 20, 30, 36, 60, 120, 180, 300)
WAYS = ("up", "nearest", "down")


@dataclass(frozen=True)
class _Groups:
    """The lines by one column: its values in order, and which of them each line has (-1 for none)."""

    column: str
    values: list[Any]
    of: Numbers

    def sums(self, weights: Weights) -> Weights:
        """What each value's lines weigh."""
        some = self.of >= 0
        return np.bincount(self.of[some], weights[some], len(self.values)).astype(float)


def learn(matched: pl.DataFrame, entry: float) -> tuple[Rounding, pl.Expr, float, float] | None:
    """The rule with the shortest description, where it holds, its bits, and what it saves; None if none does."""
    timed = matched.filter((pl.col("talk_s") > 0) & pl.col("duration_s").is_not_null())
    if not timed["odd_talk"].any():
        return None
    raw = timed["odd_talk"].to_numpy().astype(float) * entry
    longer = (timed["duration_s"] - timed["talk_s"]).to_numpy()
    days, *sites = (_grouped(timed, name) for name in ("day", "our_agent", "our_campaign", "day_sheet"))
    best: tuple[float, Rounding, pl.Expr, float] | None = None
    for step, way in product(STEPS, WAYS):
        rule = Rounding(way, step)
        fits = timed.select(rule.fits()).to_series().to_numpy()
        if not (fits & (raw > 0)).any():
            continue
        strict = (longer >= rule.low() - 0.31) & (longer < rule.low() + step + 0.31)
        ruled = np.where(fits, np.where(strict, 0.0, 3.0), entry)
        for scope, since, bits, total in _scopes(raw, ruled, days, sites):
            if best is None or total < best[0] - 1e-9:
                best = (total, Rounding(way, step, since), scope, bits)
    if best is None or best[0] >= raw.sum():
        return None
    return best[1], best[2], best[3], float(raw.sum() - best[0])


def _grouped(timed: pl.DataFrame, column: str) -> _Groups:
    values = timed[column].drop_nulls().unique().sort()
    places = pl.Series(range(len(values)), dtype=pl.Int64)
    of = timed[column].replace_strict(values, places, default=-1, return_dtype=pl.Int64).fill_null(-1)
    return _Groups(column, values.to_list(), of.to_numpy())


def _scopes(
    raw: Weights, ruled: Weights, days: _Groups, sites: list[_Groups]
) -> list[tuple[pl.Expr, date | None, float, float]]:
    """Where a rule may hold: always, from a day on, at some sites; the day, the bits to say so, and all bits."""
    plain = math.log2(len(STEPS) * len(WAYS))
    found: list[tuple[pl.Expr, date | None, float, float]] = [(pl.lit(True), None, plain, plain + float(ruled.sum()))]
    before, after = days.sums(raw), days.sums(ruled)
    totals = np.cumsum(before)[:-1] + after.sum() - np.cumsum(after)[:-1]
    if len(totals):
        at = int(np.argmin(totals))
        day, bits = days.values[at + 1], plain + 2 + math.log2(len(days.values))
        found.append((pl.col("day") >= day, day, bits, bits + float(totals[at])))
    for site in sites:
        if len(site.values) > 1:
            plainly, by_rule = site.sums(raw), site.sums(ruled)
            bits = plain + 3 + len(site.values)
            names = [name for name, ours, rule in zip(site.values, plainly, by_rule, strict=True) if rule < ours]
            where = pl.col(site.column).is_in(names).fill_null(False)
            found.append((where, None, bits, bits + float(np.minimum(plainly, by_rule).sum())))
    return found


def propose(seen: Evidence) -> list[Proposal]:
    """The rule, if one pays for itself, and the durations that stay unexplained."""
    found: list[Proposal] = []
    odd = seen.matched.filter(pl.col("odd_duration"))
    learned = learn(seen.matched, seen.entry)
    if learned is not None:
        rule, scope, bits, saved = learned
        applied = seen.matched.filter(scope & (pl.col("talk_s") > 0) & pl.col("duration_s").is_not_null())
        against = len(applied.filter(rule.fits().not_() & pl.col("odd_talk")))
        longer = pl.col("duration_s") - pl.col("talk_s")
        moved = {"up": longer, "down": -longer, "nearest": longer.abs()}[rule.way] > 1e-6
        part = odd.filter(scope & rule.fits() & moved)
        fit = len(applied) - against
        why = (
            ground("durations_fit", n=fit, of=len(applied), step=rule.step),
            ground("bits_saved", bits=round(saved), differences=len(odd)),
        )
        since = [ground("from_day", day=str(rule.since))] if rule.since else []
        found.append(
            Proposal(
                "duration_rounding",
                f"round_{rule.way}:{rule.step}",
                "explainable",
                hits(part),
                (*why, *since),
                against,
                bits,
                True,
                foretold=_foretold(seen),
            )
        )
        odd = odd.join(part.select("row"), on="row", how="anti").filter(scope.not_() | rule.fits().not_())
    rest = odd.filter("odd_talk")
    if len(rest):
        other = (ground("other_duration"),)
        found.append(Proposal("wrong_duration", "wrong_duration", "partner", hits(rest), other, decided=True))
    return found


def _foretold(seen: Evidence) -> Foretold | None:
    learned = learn(seen.matched.filter("odd_day"), seen.entry)
    if learned is None:
        return None
    rule, scope, _, _ = learned
    tested = seen.matched.filter(
        pl.col("odd_day").not_() & scope & (pl.col("talk_s") > 0) & pl.col("duration_s").is_not_null()
    )
    days = seen.matched.filter("odd_day")["day"].n_unique()
    return Foretold(days, len(tested.filter(rule.fits())), len(tested))
