"""A set on disk: our records and events of a partner's month, the roster, and what is known of the contract."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from services.reconciliation.matching.basis import basis_of
from services.reconciliation.matching.own import EVENTS, RECORDS, OwnSide


class NotASet(Exception):
    """A folder that lacks something, said in words."""


@dataclass(frozen=True)
class ReportSet:
    """Our side of a month with the partner's report, and how the report is laid out where that was handed over."""

    own: OwnSide
    report: Path
    profile: dict[str, Any] | None


def read_set(folder: Path) -> ReportSet:
    """Read a set. Raises NotASet where a file is missing or is not what it should be."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        basis = basis_of(meta)
        records = _table(folder, "own_records", _records_schema())
        events = _table(folder, "own_events", _events_schema())
        roster = pl.read_csv(folder / "roster.csv", infer_schema=False)
        profile = folder / "profile.json"
        own = OwnSide(
            basis=basis,
            records=_records(records, basis.digits),
            events=_events(events, basis.digits),
            roster=dict(roster.select("agent_code", "agent_id").iter_rows()),
        )
        return ReportSet(
            own=own,
            report=folder / meta["report_file"],
            profile=json.loads(profile.read_text(encoding="utf-8")) if profile.exists() else None,
        )
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as wrong:
        raise NotASet(f"{folder} is not a set: {wrong}") from wrong


_DATA = ("phone", "agent_id", "campaign", "direction", "partner_ref", "disposition", "sale_id", "sku", "currency")
_IN_DATA = pl.Struct(dict.fromkeys(_DATA, pl.String) | {"talk_s": pl.Int64, "amount": pl.String})


def _events_schema() -> dict[str, Any]:
    return {"seq": pl.Int64, "at": pl.String, "call_id": pl.String, "type": pl.String, "data": _IN_DATA}


def _records_schema() -> dict[str, Any]:
    texts = {name: pl.String for name in RECORDS if name != "sale_minor"}
    return texts | {"duration_s": pl.Int64, "sale_amount": pl.String}


def _table(folder: Path, name: str, schema: dict[str, Any]) -> pl.LazyFrame:
    if (folder / f"{name}.parquet").exists():
        return pl.scan_parquet(folder / f"{name}.parquet")
    return pl.scan_ndjson(folder / f"{name}.ndjson", schema=schema)


def _instant(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us")


def _minor(name: str, digits: int) -> pl.Expr:
    return (pl.col(name).cast(pl.Decimal(24, 6)) * pl.lit(10**digits)).cast(pl.Int64)


def _events(table: pl.LazyFrame, digits: int) -> pl.DataFrame:
    if table.collect_schema()["data"] == pl.String:
        table = table.with_columns(pl.col("data").str.json_decode(_IN_DATA))
    flat = (
        table.with_columns(_instant("at")).unnest("data").with_columns(_minor("amount", digits).alias("amount_minor"))
    )
    return flat.select(pl.col(name).cast(kind) for name, kind in EVENTS.items()).collect(engine="streaming")


def _records(table: pl.LazyFrame, digits: int) -> pl.DataFrame:
    shown = table.with_columns(
        _instant("started_at"),
        pl.col("sale_status_at").cast(pl.String).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us"),
        _minor("sale_amount", digits).alias("sale_minor"),
    )
    return shown.select(pl.col(name).cast(kind) for name, kind in RECORDS.items()).collect(engine="streaming")
