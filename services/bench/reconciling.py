"""A month reconciled, from the files to the findings, beside a bare join and comparison of the same two tables."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from services.bench.figures import Figures, measured, report
from services.reconcile_set import read_report, write_findings
from services.reconciliation.matching.results import reconcile
from services.reconciliation.sets import read_set

_META = """{"partner_id": "P", "report_file": "report.csv", "country": "DE", "partner_tz": "Europe/Berlin",
"company_tz": "Europe/Sarajevo", "currency": "EUR", "period": {"month": "2025-11",
"start_utc": "2025-10-31T23:00:00+00:00", "end_utc": "2025-11-30T23:00:00+00:00"},
"cutoff_utc": "2025-12-05T23:00:00+00:00", "tolerances": {"start_s": 120, "duration_s": 2, "amount": "0.01"},
"eur_rates": {"EUR": 1.0, "BAM": 1.95583}}"""
_OUTCOMES = ("no_answer", "refused", "callback", "info", "sale")
_WORDS = ("nicht erreicht", "abgelehnt", "Wiedervorlage", "Auskunft", "Verkauf")


async def reconciliation(lines: int, seed: int = 1) -> Figures:
    """So many calls against as many lines: an hour off, durations per started minute, one in a hundred left out."""
    with tempfile.TemporaryDirectory(prefix="tallyline-bench-") as name:
        folder = Path(name)
        _write(folder, lines, seed)
        with measured() as read:
            one = read_set(folder)
            told = read_report(one, None)
        with measured() as matched:
            outcome = reconcile(told.lines, one.own)
        with measured() as written:
            write_findings(outcome, folder / "results.json")
        with measured() as bare:
            _join(told.lines, one.own.records)
    whole = read.wall_s + matched.wall_s + written.wall_s
    return report(
        "reconcile",
        {
            "lines": len(told.lines),
            "calls": len(one.own.records),
            "paired": len(outcome.seen.matched),
            "causes": len(outcome.explanations),
            "seconds": round(whole, 2),
            "read_s": round(read.wall_s, 2),
            "reconcile_s": round(matched.wall_s, 2),
            "write_s": round(written.wall_s, 2),
            "cpu_s": round(read.cpu_s + matched.cpu_s + written.cpu_s, 2),
            "join_s": round(bare.wall_s, 3),
            "times_the_join": round(whole / bare.wall_s, 1),
            "join_cpu_s": round(bare.cpu_s, 3),
        },
    )


def _join(lines: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """What a comparison without thought does: one key, four fields."""
    theirs = lines.lazy().select(
        "phone", "duration_s", "disposition", "agent", "amount_minor", day=pl.col("local").dt.date()
    )
    ours = records.lazy().select(
        "duration_s",
        "disposition",
        "agent_id",
        "sale_minor",
        phone="customer_phone",
        day=pl.col("started_at").dt.date(),
    )
    differ = pl.any_horizontal(
        pl.col("duration_s") != pl.col("duration_s_right"),
        pl.col("disposition") != pl.col("disposition_right"),
        pl.col("amount_minor").ne_missing(pl.col("sale_minor")),
        pl.col("agent") != pl.col("agent_id"),
    )
    return theirs.join(ours, on=["phone", "day"], how="full").filter(differ).collect(engine="streaming")


def _write(folder: Path, n: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    start = int(datetime.fromisoformat("2025-11-01T07:00:00+00:00").timestamp())
    day, second = dice.integers(0, 30, n), dice.integers(0, 12 * 3600, n)
    outcome = dice.choice(5, n, p=(0.24, 0.36, 0.17, 0.1, 0.13))
    talk = np.where(outcome == 0, 0, 8 + dice.lognormal(4.9, 0.8, n).astype(int).clip(0, 3300))
    calls = (
        pl.DataFrame(
            {
                "at": start + day * 86400 + second,
                "phone": 15100000000 + dice.integers(0, 99_999_999, n),
                "agent": 101 + dice.integers(0, max(6, n // 2500), n),
                "talk": talk,
                "outcome": outcome,
                "cents": np.where(outcome == 4, dice.choice((2990, 4990, 8900), n), 0),
                "ring": dice.integers(4, 26, n),
            }
        )
        .sort("at")
        .with_row_index("n")
    )
    _our_side(folder, calls)
    _their_side(folder, calls.filter(pl.Series(dice.random(n) > 0.01)))
    agents = calls["agent"].unique().sort()
    codes = pl.DataFrame({"agent_code": "MA-" + agents.cast(pl.String), "agent_id": "AG-" + agents.cast(pl.String)})
    codes.write_csv(folder / "roster.csv")
    (folder / "meta.json").write_text(_META, encoding="utf-8")


def _our_side(folder: Path, calls: pl.DataFrame) -> None:
    iso = "%Y-%m-%dT%H:%M:%SZ"
    at = pl.from_epoch(pl.col("at"))
    sold = pl.col("outcome") == 4
    amount = pl.when(sold).then((pl.col("cents") / 100).round(2).cast(pl.Decimal(12, 2)).cast(pl.String))
    told = calls.select(
        pl.format("C-{}", "n").alias("call_id"),
        pl.format("+49{}", "phone").alias("phone"),
        pl.format("AG-{}", "agent").alias("agent_id"),
        pl.lit("CMP").alias("campaign"),
        pl.lit("outbound").alias("direction"),
        pl.col("outcome").replace_strict(dict(enumerate(_OUTCOMES)), return_dtype=pl.String).alias("disposition"),
        pl.when(sold).then(pl.format("S-{}", "n")).alias("sale_id"),
        pl.when(sold).then(pl.lit("SKU-1")).alias("sku"),
        amount.alias("amount"),
        pl.when(sold).then(pl.lit("EUR")).alias("currency"),
        pl.lit(None, dtype=pl.String).alias("partner_ref"),
        pl.col("talk").alias("talk_s"),
        at.alias("start"),
        (at + pl.duration(seconds="ring")).alias("answered"),
        (at + pl.duration(seconds=pl.col("ring") + pl.col("talk"))).alias("end"),
    )
    told.select(
        "call_id",
        "partner_ref",
        "campaign",
        "direction",
        pl.col("start").dt.strftime(iso).alias("started_at"),
        pl.col("phone").alias("customer_phone"),
        "agent_id",
        pl.col("talk_s").alias("duration_s"),
        "disposition",
        "sale_id",
        "sku",
        pl.col("amount").alias("sale_amount"),
        "currency",
        pl.when(pl.col("sale_id").is_not_null()).then(pl.lit("confirmed")).alias("sale_status"),
        pl.lit(None, dtype=pl.String).alias("sale_status_at"),
    ).write_parquet(folder / "own_records.parquet")
    says = {
        "call.started": ("start", ("phone", "agent_id", "campaign", "direction", "partner_ref"), pl.lit(True)),
        "call.answered": ("answered", (), pl.col("talk_s") > 0),
        "call.ended": ("end", ("talk_s",), pl.lit(True)),
        "call.dispositioned": ("end", ("disposition",), pl.lit(True)),
        "order.accepted": ("end", ("sale_id", "sku", "amount", "currency"), pl.col("sale_id").is_not_null()),
    }
    parts = [
        told.filter(where).select(
            pl.col(moment).alias("at"),
            "call_id",
            pl.lit(kind).alias("type"),
            pl.struct(fields or ["sale_id"]).alias("data"),
        )
        for kind, (moment, fields, where) in says.items()
    ]
    events = pl.concat([part.with_columns(pl.col("data").struct.json_encode()) for part in parts]).sort(
        "at", maintain_order=True
    )
    events.with_columns(pl.col("at").dt.strftime(iso)).with_row_index("seq", 1).write_parquet(
        folder / "own_events.parquet"
    )


def _their_side(folder: Path, calls: pl.DataFrame) -> None:
    local = pl.from_epoch(pl.col("at") + 2 * 3600 + 1)
    minutes = ((pl.col("talk") + 59) // 60).cast(pl.Int64)
    calls.select(
        local.dt.strftime("%d.%m.%Y").alias("Datum"),
        local.dt.strftime("%H:%M:%S").alias("Uhrzeit"),
        pl.format("0{}", "phone").alias("Rufnummer"),
        pl.format("MA-{}", "agent").alias("Mitarbeiter-Nr."),
        pl.format(
            "{}:{}:00", (minutes // 60).cast(pl.String).str.zfill(2), (minutes % 60).cast(pl.String).str.zfill(2)
        ).alias("Gesprächsdauer"),
        pl.col("outcome").replace_strict(dict(enumerate(_WORDS)), return_dtype=pl.String).alias("Ergebnis"),
        pl.when(pl.col("cents") > 0)
        .then((pl.col("cents") / 100).cast(pl.Decimal(12, 2)).cast(pl.String).str.replace(".", ",", literal=True))
        .alias("Auftragswert"),
    ).write_csv(folder / "report.csv", separator=";")
