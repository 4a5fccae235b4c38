"""Pairs lines with calls, one to one: exact keys and blocks give candidates, and the most likely choice is taken.

A pair's weight is the sum of its log-likelihood ratios in bits (Fellegi and Sunter): how much more often this is seen
between a call and its own line than between a call and any other line.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from services.reconciliation.matching.assignment import assign
from services.reconciliation.matching.candidates import (
    NAMELESS,
    by_reference,
    call_keys,
    line_keys,
    nameless_keys,
    near,
)
from services.reconciliation.matching.clock import WINDOW, Clock
from services.reconciliation.matching.differences import other_number
from services.reconciliation.matching.habits import Habits

AMBIGUOUS = 3.0
"""Bits by which the second best choice must be worse, for a pair to be sure."""
_MONTH = 31 * 86400


def pair(lines: pl.DataFrame, calls: pl.DataFrame, habits: Habits, reach: int) -> pl.DataFrame:
    """Pair what the clock puts at most `reach` seconds apart. First lines of copies come first; a copy is paired only
    with a call that is left. What the clock leaves alone is looked for under each of its figures once more: a line from
    beyond the month may be of the other site.

    The pairs have `row`, `call`, `apart` (seconds that are left under the clock), `bits`, `instead` (the call of a
    close second, or null) and `offset` (seconds by which the line's clock is off).
    """
    at = pl.col("local").dt.epoch("s")
    written = at + pl.col("local_resolution_s") // 2
    lines = lines.with_columns(
        (written - habits.clock.of_line()).alias("line_at"), written.alias("written"), habits.agent().alias("ours")
    )
    calls = calls.with_columns((at + habits.clock.of_call()).alias("call_at"), at.alias("at"))
    more_of_lines, more_of_calls = nameless_keys(lines, calls, habits.agent())
    keys = (
        pl.concat([line_keys(lines, habits.agent()), more_of_lines]),
        pl.concat([call_keys(calls, lines), more_of_calls]),
    )
    weighed = _weighed(_edges(lines, calls, *keys, reach), lines, calls, habits)
    firsts = lines.filter(pl.col("copy_of").is_null()).select("row")
    chosen = _chosen(weighed.join(firsts, on="row"))
    chosen = chosen.with_columns(habits.clock.of(chosen, lines, calls).alias("offset"))
    for figure in habits.clock.figures if not habits.clock.right else []:
        left = lines.join(firsts, on="row").join(chosen, on="row", how="anti")
        free = calls.join(chosen, on="call", how="anti").with_columns((pl.col("at") + figure).alias("call_at"))
        left = left.with_columns(pl.col("written").alias("line_at"))
        if left.is_empty():
            break
        more = _chosen(_weighed(_edges(left, free, *keys, reach), left, free, habits))
        chosen = pl.concat([chosen, more.with_columns(pl.lit(figure, dtype=pl.Int64).alias("offset"))])
    rest = weighed.join(firsts, on="row", how="anti").join(chosen, on="call", how="anti")
    copies = _chosen(rest)
    copies = copies.with_columns(habits.clock.of(copies, lines, calls).alias("offset"))
    return _by_figure(pl.concat([chosen, copies]).sort("row"), habits.clock)


def _by_figure(pairs: pl.DataFrame, clock: Clock) -> pl.DataFrame:
    """Pairs that a reference put together against the clock, under the figure of it that fits them."""
    whole, fits = pl.col("apart") + pl.col("offset"), pl.col("apart").abs() <= WINDOW
    offset = pl.col("offset")
    for figure in clock.figures:
        offset = pl.when(fits.not_() & ((whole - figure).abs() <= WINDOW)).then(figure).otherwise(offset)
    return pairs.with_columns(offset.cast(pl.Int64).alias("offset"), (whole - offset).cast(pl.Int64).alias("apart"))


def _edges(
    lines: pl.DataFrame, calls: pl.DataFrame, line_key: pl.DataFrame, call_key: pl.DataFrame, reach: int
) -> pl.DataFrame:
    """The pairs that may be, each once, by the key that fewest share."""
    crowd = call_key.group_by("key").agg(
        pl.when(pl.col("key").first().str.starts_with(NAMELESS).not_()).then(pl.len()).alias("crowd")
    )
    edges = near(lines, calls, line_key, call_key, reach).join(crowd, on="key")
    if lines["ref"].null_count() < len(lines):
        referred = by_reference(lines, calls).with_columns(
            pl.lit(None, dtype=pl.String).alias("key"), pl.lit(None, dtype=pl.get_index_type()).alias("crowd")
        )
        edges = pl.concat([edges, referred.select(edges.columns)], how="vertical_relaxed")
    return edges.sort("row", "call", "crowd", nulls_last=True).unique(["row", "call"], keep="first")


def _weighed(edges: pl.DataFrame, lines: pl.DataFrame, calls: pl.DataFrame, habits: Habits) -> pl.DataFrame:
    columns = ("row", "ours", "ref", "phone", "duration_s", "duration_resolution_s", "disposition", "campaign", "day")
    both = edges.join(lines.select(columns), on="row").join(
        calls.select(
            "call", "talk_s", "outcome", our_ref="ref", our_phone="phone", our_agent="agent", our_campaign="campaign"
        ),
        on="call",
    )
    n, agents = max(len(calls), 2), max(calls["agent"].n_unique(), 2)
    clock = habits.clock
    far = (pl.col("apart") - clock.centre) / clock.spread
    time = (0.98 / (2 * clock.spread * (1 + far * far).pow(1.5)) * _MONTH + 0.02).log(2)
    bits = time + _number(n) + _duration(calls, habits) + _told(pl.col("disposition"), pl.col("outcome"), 0.95, 0.25)
    who = _told(pl.col("ours"), pl.col("our_agent"), 0.95, 1 / agents)
    bits += who if habits.trusted else who.clip(-1, 1)
    bits += _told(pl.col("campaign"), pl.col("our_campaign"), 0.98, 0.4)
    bits += _told(pl.col("ref"), pl.col("our_ref"), 0.98, 1 / 2**20)
    worth = bits - math.log2(n) - 3
    return both.select("row", "call", "apart", worth.alias("bits")).filter(pl.col("bits") > 0)


def _number(n: int) -> pl.Expr:
    """What sharing a number says: more, the fewer calls share it. Two whole numbers that differ speak against."""
    shared = (n / pl.col("crowd").cast(pl.Float64)).log(2)
    return pl.when(other_number().fill_null(False)).then(-7.0).otherwise(shared.fill_null(0.0))


def _told(theirs: pl.Expr, ours: pl.Expr, right: float, chance: float) -> pl.Expr:
    """What it says that two fields are the same or not: they are in `right` of true pairs, in `chance` of others."""
    same, other = math.log2(right / chance), math.log2((1 - right) / (1 - chance))
    return pl.when(theirs.is_null() | ours.is_null()).then(0.0).when(theirs == ours).then(same).otherwise(other)


def _duration(calls: pl.DataFrame, habits: Habits) -> pl.Expr:
    silent = float(calls.select((pl.col("talk_s") == 0).mean().fill_null(0.2)).item())
    theirs, ours = pl.col("duration_s"), pl.col("talk_s")
    raw = (theirs - ours).abs() <= 2 + pl.col("duration_resolution_s") / 2
    coarse = pl.lit(False)
    for step in (6, 30, 60):
        multiple = ((theirs / step).round() * step - theirs).abs() <= pl.col("duration_resolution_s") / 2
        coarse |= multiple & (theirs - ours).is_between(-step, step)
    rule = habits.rounding
    ruled = rule.fits() & rule.applies() if rule else pl.lit(False)
    rare = math.log2(0.9 / min(0.9, (rule.step if rule else 60) / 150))
    return (
        pl.when(theirs.is_null() | ours.is_null())
        .then(0.0)
        .when(raw & (ours == 0) & (theirs == 0))
        .then(math.log2(0.97 / max(silent, 0.02)))
        .when(raw)
        .then(4.5)
        .when(ruled)
        .then(rare)
        .when(coarse)
        .then(0.5)
        .when((ours == 0) != (theirs == 0))
        .then(-5.0)
        .otherwise(-4.0)
    )


def _chosen(weighed: pl.DataFrame) -> pl.DataFrame:
    best = pl.col("bits").max().over("row")
    kept = weighed.filter(pl.col("bits") > best - 25)
    found = assign(
        kept["row"].to_numpy().astype(np.int64), kept["call"].to_numpy().astype(np.int64), kept["bits"].to_numpy()
    )
    chosen = pl.DataFrame(
        {"row": found.left, "call": found.right, "margin": found.margin, "instead": found.instead},
        schema_overrides={"row": pl.get_index_type(), "call": pl.get_index_type()},
    )
    close = (pl.col("margin") < AMBIGUOUS) & (pl.col("instead") >= 0)
    return chosen.join(kept, on=["row", "call"]).select(
        "row", "call", "apart", "bits", pl.when(close).then("instead").alias("instead")
    )
