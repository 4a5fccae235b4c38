"""Texts into what can be compared: numbers in E.164, naive local times, seconds, minor units, our outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from services.reconciliation.matching.amounts import Marks, currencies, minor_digits, minor_units
from services.reconciliation.matching.clocks import Dates, local_times
from services.reconciliation.matching.durations import seconds
from services.reconciliation.matching.phones import Plan, e164
from services.reconciliation.matching.profile import Profile
from services.reconciliation.matching.table import calls_in

LINES: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.String,
    "ref": pl.String,
    "local": pl.Datetime("us"),
    "local_resolution_s": pl.Int32,
    "offset_min": pl.Int32,
    "phone": pl.String,
    "phone_raw": pl.String,
    "phone_damage": pl.String,
    "phone_key": pl.String,
    "phone_tail": pl.String,
    "agent": pl.String,
    "duration_s": pl.Int64,
    "duration_resolution_s": pl.Int32,
    "disposition": pl.String,
    "disposition_raw": pl.String,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "campaign": pl.String,
    "day_sheet": pl.String,
    "cells": pl.List(pl.String),
}
"""The columns of a normalised report. `offset_min` is the distance from UTC where a time says so itself: else which
zone the local times are in is a hypothesis of whoever pairs them."""


@dataclass(frozen=True)
class Normalised:
    """Calls by field (`lines`, see `LINES`), rows that are none (`skipped`), cells that were not read as sent."""

    lines: pl.DataFrame
    skipped: pl.DataFrame
    remarks: pl.DataFrame


def normalised(rows: pl.DataFrame, profile: Profile, plan: Plan | None, currency: str | None) -> Normalised:
    """The rows of a report by its profile; `currency` is the contract's, where the report names none itself."""

    def column(field: str) -> pl.Series:
        return rows[field] if field in rows.columns else pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))

    how = Dates(order=profile.date_order)
    if "datetime" in rows.columns:
        moments = local_times(rows["datetime"], None, how, profile.language)
    else:
        moments = local_times(column("date"), column("time"), how, profile.language)
    phones = e164(column("phone"), plan, profile.phone_form)
    durations = seconds(column("duration"), profile.duration_unit)
    digits = minor_digits(profile.currency or currency)
    marks = Marks(decimal=profile.decimal, thousands=profile.thousands)
    amounts = minor_units(column("amount"), rows["amount_native"], marks, digits)
    labels = column("disposition")
    own = pl.Series([profile.currency or currency], dtype=pl.String).new_from_index(0, len(rows))
    named = currencies(column("currency")).fill_null(currencies(column("amount"))).fill_null(own)
    whole = r"^(\d+)\.0$"
    lines = pl.DataFrame(
        {
            "line": rows["line"],
            "ref": column("ref").str.replace(whole, "$1"),
            "local": moments["local"],
            "local_resolution_s": pl.Series([profile.time_resolution_s]).new_from_index(0, len(rows)),
            "offset_min": moments["offset_min"],
            "phone": phones["phone"],
            "phone_raw": column("phone"),
            "phone_damage": phones["phone_damage"],
            "phone_key": phones["phone_key"],
            "phone_tail": phones["phone_tail"],
            "agent": column("agent").str.replace(whole, "$1"),
            "duration_s": durations["duration_s"],
            "duration_resolution_s": durations["duration_resolution_s"],
            "disposition": _outcomes(labels, profile.dispositions),
            "disposition_raw": labels,
            "amount_minor": amounts["amount_minor"],
            "currency": named.set(amounts["amount_minor"].is_null(), None),
            "campaign": column("campaign"),
            "day_sheet": rows["sheet"] if rows["sheet"].n_unique() > 1 else rows["sheet"].clear(len(rows)),
            "cells": rows["cells"],
        },
        schema_overrides=LINES,
    )
    keep, skipped = calls_in(rows, moments["local"])
    remarks = pl.concat(
        [
            _remarks(rows, column("amount"), "amount", amounts["unreadable"] & keep, "unreadable"),
            _remarks(rows, column("amount"), "amount", amounts["rounded"] & keep, "rounded"),
            _remarks(
                rows,
                column("duration"),
                "duration",
                _lost(column("duration"), durations["duration_s"]) & keep,
                "unreadable",
            ),
            _remarks(
                rows,
                column("phone"),
                "phone",
                _lost(column("phone"), phones["phone_key"].fill_null(phones["phone_tail"])) & keep,
                "unreadable",
            ),
            _remarks(rows, labels, "disposition", _lost(labels, lines["disposition"]) & keep, "unknown"),
        ]
    )
    return Normalised(lines.filter(keep), skipped, remarks)


def _outcomes(labels: pl.Series, table: dict[str, str]) -> pl.Series:
    return labels.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)


def _lost(texts: pl.Series, values: pl.Series) -> pl.Series:
    return texts.is_not_null() & values.is_null()


def _remarks(rows: pl.DataFrame, texts: pl.Series, field: str, which: pl.Series, reason: str) -> pl.DataFrame:
    chosen = which.fill_null(False)
    return pl.DataFrame(
        {"line": rows["line"].filter(chosen), "cell": texts.filter(chosen)}, schema_overrides={"cell": pl.String}
    ).select("line", pl.lit(field).alias("field"), "cell", pl.lit(reason).alias("reason"))
