"""Which line and which call may be one: by reference at any time, and by what is left of the number near in time."""

from __future__ import annotations

import polars as pl

_END = 8
"""Digits at its end by which a whole number is looked up: a calling code may be missing, or not be what it seems."""

NAMELESS = "nameless:"
"""How keys begin that say nothing of a number."""


def line_keys(lines: pl.DataFrame, agents: pl.Expr) -> pl.DataFrame:
    """A key a line (`row`, `key`): its number, what a damaged one still says, or its agent where nothing is left.
    `agents` is our agent behind a line."""
    damage, length = pl.col("phone_damage"), pl.col("phone_key").str.len_chars().cast(pl.String)
    return lines.select(
        "row",
        pl.when(pl.col("phone").is_not_null())
        .then(pl.col("phone").str.strip_prefix("+").str.tail(_END))
        .when(damage.is_in(["masked", "sci"]) & pl.col("phone_key").is_not_null())
        .then(pl.concat_str(damage, length, "phone_key", separator=":"))
        .when(pl.col("phone_tail").str.len_chars() >= 3)
        .then(pl.concat_str(pl.lit("tail"), pl.col("phone_tail").str.len_chars(), "phone_tail", separator=":"))
        .otherwise(pl.concat_str(pl.lit("agent:"), agents))
        .alias("key"),
    ).drop_nulls("key")


def call_keys(calls: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The keys of each call (`call`, `key`), of those classes that the lines have."""
    digits = pl.col("phone").str.strip_prefix("+")
    parts = [calls.select("call", digits.str.tail(_END).alias("key"))]
    damaged = lines.filter(pl.col("phone").is_null()).select(
        "phone_damage", pl.col("phone_key").str.len_chars().alias("length")
    )
    for damage, length in damaged.unique().sort("phone_damage", "length").iter_rows():
        if damage == "masked" and length:
            key = digits.str.slice(0, length)
        elif damage == "sci" and length:
            scale = pl.lit(10.0).pow((digits.str.len_chars().cast(pl.Int64) - length).clip(lower_bound=0))
            key = (digits.cast(pl.Float64, strict=False) / scale).round(0, mode="half_away_from_zero")
            key = key.cast(pl.Int64).cast(pl.String)
        else:
            parts.append(calls.select("call", pl.concat_str(pl.lit("agent:"), "agent").alias("key")))
            continue
        parts.append(calls.select("call", pl.concat_str(pl.lit(f"{damage}:{length}:"), key).alias("key")))
    for length in lines["phone_tail"].str.len_chars().unique().drop_nulls().sort():
        tail = pl.concat_str(pl.lit(f"tail:{length}:"), digits.str.tail(length))
        parts.append(calls.select("call", tail.alias("key")))
    return pl.concat(parts).drop_nulls("key").unique(maintain_order=True)


def nameless_keys(lines: pl.DataFrame, calls: pl.DataFrame, agents: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Further keys of lines and calls, for calls without a number, such as those of a customer who was erased: their
    agent. Any line may be one of theirs, whatever number it has. Nothing where all calls have one."""
    nameless = calls.filter(pl.col("phone").is_null())
    some = lines if len(nameless) else lines.clear()
    return (
        some.select("row", pl.concat_str(pl.lit(NAMELESS), agents.fill_null("")).alias("key")),
        nameless.select("call", pl.concat_str(pl.lit(NAMELESS), pl.col("agent").fill_null("")).alias("key")),
    )


def near(
    lines: pl.DataFrame, calls: pl.DataFrame, line_key: pl.DataFrame, call_key: pl.DataFrame, seconds: int
) -> pl.DataFrame:
    """Pairs (`row`, `call`, `apart`) with one key whose `line_at` and `call_at` (seconds) are at most so far apart."""
    left = (
        lines.select("row", "line_at")
        .join(line_key, on="row")
        .with_columns((pl.col("line_at") // seconds + pl.int_ranges(-1, 2)).alias("slot"))
        .explode("slot")
    )
    right = (
        calls.select("call", "call_at")
        .join(call_key, on="call")
        .with_columns((pl.col("call_at") // seconds).cast(pl.Int64).alias("slot"))
    )
    apart = pl.col("line_at") - pl.col("call_at")
    return (
        left.join(right, on=["key", "slot"])
        .with_columns(apart.alias("apart"))
        .filter(pl.col("apart").abs() <= seconds)
        .select("row", "call", "apart", "key")
    )


def by_reference(lines: pl.DataFrame, calls: pl.DataFrame) -> pl.DataFrame:
    """Pairs (`row`, `call`, `apart`) that carry the same reference."""
    return (
        lines.select("row", "line_at", "ref")
        .drop_nulls("ref")
        .join(calls.select("call", "call_at", "ref").drop_nulls("ref"), on="ref")
        .select("row", "call", (pl.col("line_at") - pl.col("call_at")).alias("apart"))
    )
