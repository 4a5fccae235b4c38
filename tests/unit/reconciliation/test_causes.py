"""Causes that the generator does not make: patterns of omission, other zones, other sites, cuts of other calendars."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl

from tests.unit.reconciliation.months import Month, loaded, made

CLEAN = loaded(Path(__file__).parents[2] / "fixtures" / "reports" / "r00_en_clean")


def said(lines: pl.DataFrame) -> list[tuple[str, str, str, int]]:
    found = Month(CLEAN.own, lines, {}).reconciled().explanations
    return [(one.kind, one.cause, one.confidence, one.explained) for one in found]


def test_lines_left_out_with_a_pattern_are_one_cause_that_names_it() -> None:
    code, agent = next(iter(CLEAN.own.roster.items()))
    gone = len(CLEAN.lines.filter(pl.col("agent") == code))
    assert said(CLEAN.lines.filter(pl.col("agent") != code)) == [
        ("missing_line", f"omitted:agent={agent}", "proven", gone)
    ]


def test_scattered_lines_have_no_pattern() -> None:
    kept = CLEAN.lines.filter(pl.int_range(pl.len()) % 29 != 0)
    assert said(kept) == [("missing_line", "omitted", "proven", len(CLEAN.lines) - len(kept))]


def test_times_in_utc_are_told_by_their_zone() -> None:
    zone = pl.col("local").dt.replace_time_zone("Europe/London", ambiguous="earliest")
    utc = zone.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    early = CLEAN.lines.filter(pl.col("local") < pl.datetime(2025, 10, 26))
    assert said(CLEAN.lines.with_columns(utc.alias("local"))) == [("timezone_shift", "zone:UTC", "proven", len(early))]


def test_the_clock_of_one_campaign_is_told_apart() -> None:
    of = pl.col("campaign") == "CMP-SUMMER"
    local = pl.when(of).then(pl.col("local") - timedelta(minutes=90)).otherwise("local")
    n = len(CLEAN.lines.filter(of))
    assert said(CLEAN.lines.with_columns(local.alias("local"))) == [("timezone_shift", "offset:-90m", "proven", n)]


def test_one_agent_that_is_wrong_once_is_no_new_roster() -> None:
    codes = list(CLEAN.own.roster)
    agent = pl.when(pl.col("line") == "40").then(pl.lit(codes[0])).when(pl.col("line") == "41").then(pl.lit(codes[1]))
    lines = CLEAN.lines.with_columns(agent.otherwise("agent").alias("agent"))
    wrong = (lines["agent"] != CLEAN.lines["agent"]).sum()
    assert said(lines) == [("wrong_agent", "wrong_agent", "proven", wrong)]


def test_a_line_said_twice_in_other_words_is_no_new_call(tmp_path: Path) -> None:
    month = made(tmp_path, "none", "de_csv", seed=4, calls=60)
    again = month.lines[10].with_columns(pl.lit("999").alias("line"), pl.lit("CMP-OTHER").alias("campaign"))
    found = Month(month.own, pl.concat([month.lines, again]), {}).reconciled().explanations
    assert [(one.kind, one.confidence) for one in found] == [("duplicate_line", "suspected")]
