"""A partner's lines as the matching sees them: numbered in the order of the report, with copies known as such."""

from __future__ import annotations

from typing import Any

import polars as pl

from services.reconciliation.matching.own import in_zone

LINES: dict[str, Any] = {
    "line": pl.String,
    "ref": pl.String,
    "local": pl.Datetime("us"),
    "local_resolution_s": pl.Int64,
    "offset_min": pl.Int64,
    "phone": pl.String,
    "phone_damage": pl.String,
    "phone_key": pl.String,
    "phone_tail": pl.String,
    "agent": pl.String,
    "duration_s": pl.Float64,
    "duration_resolution_s": pl.Float64,
    "disposition": pl.String,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "campaign": pl.String,
    "day_sheet": pl.String,
}
"""The columns of a report that was read; one that it lacks is null. `local` is the partner's wall clock, `offset_min`
its distance from UTC where a line says it; `phone` is E.164 where the number is whole; `phone_key` is what a damaged
one still says: its first digits (masked), or its significant ones (sci); `phone_tail` the last ones of a masked one."""

_SAME = (
    "ref",
    "local",
    "phone",
    "phone_key",
    "phone_tail",
    "agent",
    "duration_s",
    "disposition",
    "amount_minor",
    "campaign",
)


def wall_clock(partner_tz: str) -> pl.Expr:
    """When a line's call began on the wall clock of the partner's zone: as it stands there, unless the time names its
    distance from UTC."""
    instant = pl.col("local") - pl.duration(minutes=pl.col("offset_min"))
    return pl.when(pl.col("offset_min").is_null()).then("local").otherwise(in_zone(instant, partner_tz)).alias("local")


def prepared(lines: pl.DataFrame, partner_tz: str) -> pl.DataFrame:
    """The lines with `row`, their place in the report; `day`, the date that stands there; and `copy_of`, the row of
    the first line that says the very same, null on that one. A time that names its distance from UTC is put on the wall
    clock of the partner's zone."""
    given = (pl.col(name) if name in lines.columns else pl.lit(None).alias(name) for name in LINES)
    typed = (one.cast(kind) for one, kind in zip(given, LINES.values(), strict=True))
    numbered = lines.select(typed).with_row_index("row")
    first = numbered.select(pl.col("row").min().over(_SAME)).to_series()
    numbered = numbered.with_columns(wall_clock(partner_tz))
    return numbered.with_columns(
        pl.col("local").dt.date().alias("day"),
        pl.when(pl.col("row") != first).then(first).alias("copy_of"),
        pl.col("local_resolution_s").fill_null(1),
        pl.col("duration_resolution_s").fill_null(1),
    )
