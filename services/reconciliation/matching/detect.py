"""The profile of a report, from the file alone."""

from __future__ import annotations

import re

import polars as pl

from services.reconciliation.matching.amounts import currencies, currency_of, marks_of
from services.reconciliation.matching.clocks import dates_of, local_times, twelve_hours
from services.reconciliation.matching.durations import unit_of
from services.reconciliation.matching.layout import Column
from services.reconciliation.matching.outcome_words import outcome_of
from services.reconciliation.matching.phones import Plan, form_of
from services.reconciliation.matching.profile import Profile
from services.reconciliation.matching.sheets import Grid
from services.reconciliation.matching.table import calls_in

MINUTES_FROM = 20
"""Lines from which times that never have seconds are times without seconds, not chance."""
LABELS = 200
"""Different outcomes beyond which a column is no list of outcomes, and nobody is asked about each."""


def detected(
    grid: Grid,
    rows: pl.DataFrame,
    columns: tuple[Column, ...],
    language: str,
    month: str | None,
    plan: Plan | None,
    *,
    rival: bool = False,
) -> Profile:
    """How a report is written, from its rows by field; `doubts` name what they leave open. `rival`: another column of
    telephone numbers could be the customers' as well."""
    doubts: list[str] = ["phone"] if rival else []
    moments = rows["datetime"] if "datetime" in rows.columns else rows["date"]
    clock = rows["datetime"] if "datetime" in rows.columns else rows["time"]
    twelve = twelve_hours(clock, language)
    dates = dates_of(moments, language, month, "mdy" if twelve and language == "en" else "dmy")
    if not dates.certain:
        doubts.append("date_order")
    times = None if "datetime" in rows.columns else clock
    local = local_times(moments, times, dates, language)
    keep, _ = calls_in(rows, local["local"])
    calls = rows.filter(keep)
    unit, decimal, thousands = "s", "." if language == "en" or grid.container == "xlsx" else ",", ""
    label = {column.field: column.label for column in columns}
    if "duration" in calls.columns:
        unit, certain = unit_of(calls["duration"], label["duration"])
        if not certain and calls["duration"].drop_nulls().len():
            doubts.append("duration_unit")
        if unit == "min" and calls["duration"].str.contains(r"\d,\d").any():
            decimal = ","
    if "amount" in calls.columns:
        texts = calls.filter(~pl.col("amount_native"))["amount"]
        marks = marks_of(texts, decimal)
        decimal, thousands = marks.decimal, marks.thousands
        if not marks.certain:
            doubts.append("decimal")
    labels = (
        calls["disposition"].drop_nulls().unique(maintain_order=True).to_list()
        if "disposition" in calls.columns
        else []
    )
    outcomes = {text: outcome_of(text) for text in labels[:LABELS]}
    return Profile(
        container=grid.container,
        encoding=grid.encoding,
        separator=grid.separator,
        language=language,
        columns=columns,
        several_sheets=rows["sheet"].n_unique() > 1,
        date_order=dates.order,
        twelve_hour=twelve,
        time_resolution_s=_resolution(local.filter(keep)),
        decimal=decimal,
        thousands=thousands,
        duration_unit=unit,
        phone_form=form_of(calls["phone"], plan) if "phone" in calls.columns else "e164",
        currency=_currency(calls, label.get("amount", "")),
        dispositions={text: outcome for text, outcome in outcomes.items() if outcome is not None},
        unknown_dispositions=tuple(text for text, outcome in outcomes.items() if outcome is None),
        doubts=tuple(doubts),
    )


def _resolution(moments: pl.DataFrame) -> int:
    if not len(moments) or not moments["has_seconds"].any():
        return 60 if len(moments) else 1
    never = bool((moments["local"].dt.second() == 0).all())
    return 60 if never and len(moments) >= MINUTES_FROM else 1


def _currency(calls: pl.DataFrame, label: str) -> str | None:
    """The currency that most cells name, else the one in the label of the amounts."""
    for field in ("currency", "amount"):
        if field in calls.columns:
            named = currencies(calls[field]).drop_nulls()
            if len(named):
                return str(named.mode().sort()[0])
    inside = re.search(r"[(\[]([^)\]]*)[)\]]", label)
    for word in ([inside[1]] if inside else []) + label.split()[1:]:
        found = currency_of(word)
        if found is not None:
            return found
    return None
