"""Reads a report of the generator by its profile: what the matching is tested with, apart from the product's reader."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import fastexcel
import phonenumbers
import polars as pl

LINES: dict[str, Any] = {
    "line": pl.String,
    "ref": pl.String,
    "local": pl.Datetime("us"),
    "local_resolution_s": pl.Int64,
    "phone": pl.String,
    "phone_raw": pl.String,
    "phone_damage": pl.String,
    "phone_key": pl.String,
    "agent": pl.String,
    "duration_s": pl.Float64,
    "duration_resolution_s": pl.Float64,
    "disposition": pl.String,
    "disposition_raw": pl.String,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "campaign": pl.String,
    "day_sheet": pl.String,
}


def read(folder: Path) -> pl.DataFrame:
    profile = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    rows = _sheets(folder, profile) if profile["container"] == "xlsx" else _lines(folder, profile)
    found: list[dict[str, Any]] = []
    columns: dict[int, str] = {}
    for line, sheet, cells in rows:
        if set(profile["columns"]) <= set(cells):
            columns = {i: profile["columns"][name] for i, name in enumerate(cells) if name in profile["columns"]}
            continue
        cell = {name: cells[i] for i, name in columns.items() if i < len(cells)}
        if cell.get("disposition") not in profile["disposition_labels"]:
            continue
        found.append({"line": line, "day_sheet": sheet} | _parsed(cell, profile, meta))
    return pl.DataFrame(found, schema=LINES)


def _lines(folder: Path, profile: dict[str, Any]) -> Any:
    text = (folder / "report.csv").read_bytes().decode(profile["encoding"])
    for n, cells in enumerate(csv.reader(io.StringIO(text), delimiter=profile["delimiter"]), 1):
        yield str(n), None, cells


def _sheets(folder: Path, profile: dict[str, Any]) -> Any:
    book = fastexcel.read_excel(folder / "report.xlsx")
    for name in book.sheet_names:
        sheet = book.load_sheet(name, header_row=None, dtypes="string", skip_whitespace_tail_rows=False)
        top = profile["titles"] and 0
        for n, cells in enumerate(sheet.to_polars().iter_rows(), 1 + (top or 0)):
            yield f"{name}!{n}", name if profile["sheet_per_day"] else None, [c or "" for c in cells]


def _parsed(cell: dict[str, str], profile: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    local, resolution = _local(cell, profile)
    seconds, fine = _seconds(cell["duration"], profile)
    amount = _number(cell.get("amount", ""), profile)
    return {
        "ref": cell.get("ref") or None,
        "local": local,
        "local_resolution_s": resolution,
        **_phone(cell["phone"], meta["country"]),
        "phone_raw": cell["phone"],
        "agent": cell["agent"],
        "duration_s": seconds,
        "duration_resolution_s": fine,
        "disposition": profile["disposition_labels"][cell["disposition"]],
        "disposition_raw": cell["disposition"],
        "amount_minor": None if amount is None else round(amount * 100),
        "currency": cell.get("currency") or None,
        "campaign": cell.get("campaign"),
    }


def _local(cell: dict[str, str], profile: dict[str, Any]) -> tuple[datetime, int]:
    if profile["native_dates"]:
        if "datetime" in cell:
            return datetime.fromisoformat(cell["datetime"]), 1
        clock = cell["time"].split(" ")[-1]
        return datetime.fromisoformat(f"{cell['date'][:10]} {clock}"), 1
    if "datetime" in cell:
        form = profile["datetime_fmt"]
        return datetime.strptime(cell["datetime"], form), 1 if "%S" in form else 60  # noqa: DTZ007
    form = f"{profile['date_fmt']} {profile['time_fmt']}"
    return datetime.strptime(f"{cell['date']} {cell['time']}", form), 1 if "%S" in form else 60  # noqa: DTZ007


def _number(text: str, profile: dict[str, Any]) -> float | None:
    if not text:
        return None
    if profile["thousands"]:
        text = text.replace(profile["thousands"], "")
    return float(text.replace(profile["decimal"], "."))


def _seconds(text: str, profile: dict[str, Any]) -> tuple[float, float]:
    match profile["duration"]:
        case "min_dec":
            return (_number(text, profile) or 0) * 60, 0.6
        case "words":
            parts = {unit: int(n) for n, unit in re.findall(r"(\d+)\s*([hms])", text)}
            return parts.get("h", 0) * 3600 + parts.get("m", 0) * 60 + parts.get("s", 0), 1
        case "xl_time" if "T" in text or text.startswith("P"):
            return float(timedelta(seconds=_iso(text)).total_seconds()), 1
        case _:
            total = 0.0
            for part in text.split(" ")[-1].split(":"):
                total = total * 60 + float(part)
            return total, 1


def _iso(text: str) -> float:
    found = re.fullmatch(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", text)
    assert found, text
    d, h, m, s = (float(x or 0) for x in found.groups())
    return ((d * 24 + h) * 60 + m) * 60 + s


def _phone(text: str, country: str) -> dict[str, str | None]:
    if "E+" in text.upper():
        mantissa = re.sub(r"\D", "", text.upper().split("E")[0])
        return {"phone": None, "phone_damage": "sci", "phone_key": mantissa}
    if "x" in text:
        return {"phone": None, "phone_damage": "masked", "phone_key": text.split("x")[0].lstrip("+")}
    code = f"+{phonenumbers.country_code_for_region(country)}"
    trunk = country not in ("ES", "IT", "PL")
    digits = text.strip().replace(" ", "")
    digits = digits.removesuffix(".0")
    if digits.startswith("+"):
        return {"phone": digits, "phone_damage": None, "phone_key": None}
    if digits.startswith("00"):
        return {"phone": f"+{digits[2:]}", "phone_damage": None, "phone_key": None}
    if digits.startswith(code[1:]) and len(digits) >= 11:
        return {"phone": f"+{digits}", "phone_damage": None, "phone_key": None}
    if digits.startswith("0"):
        return {"phone": code + digits[1:], "phone_damage": None, "phone_key": None}
    return {"phone": code + digits, "phone_damage": "lost_zero" if trunk else None, "phone_key": None}
