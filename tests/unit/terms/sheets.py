"""Term sheets for tests: the three pairs of the fixtures, a sheet in which every list has something, and usage."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import yaml

from shared.contracts.rating import CallUsage, SaleUsage, Version
from shared.contracts.terms import KEYS, Format, Term, TermSheet, checked, fields_of, key_of, read_terms, terms_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "terms"
PAIRS = {"per-minute": "draft.yaml", "per-sale": "draft.json", "hybrid-hourly": "draft.csv"}


@cache
def agreed(pair: str) -> TermSheet:
    """What was agreed."""
    return read_terms((FIXTURES / pair / "agreed.yaml").read_bytes(), "yaml")


@cache
def draft(pair: str) -> TermSheet:
    """What the provider sent."""
    name = PAIRS[pair]
    form: dict[str, Format] = {"yaml": "yaml", "json": "json", "csv": "csv"}
    return read_terms((FIXTURES / pair / name).read_bytes(), form[name.rpartition(".")[2]])


def differences(pair: str) -> Any:
    """What was worked out by hand."""
    return yaml.safe_load((FIXTURES / pair / "differences.yaml").read_text(encoding="utf-8"))


def sheet(pricing: dict[str, Any], **more: Any) -> TermSheet:
    """A sheet with these prices, in euros, Zagreb's time, from March 2026 on."""
    made: dict[str, Any] = {
        "service": {"format": "pre_trained"},
        "schedule": {"time_zone": "Europe/Zagreb", "always": True},
        "volumes": {"months": [{"name": "2026-03", "calls_per_day": 100}]},
        "pricing": pricing,
        "payment": {"currency": "EUR", "days": 30},
        "validity": {"starts": "2026-03-01"},
    }
    return checked(terms_of(made | more))


def version(terms: TermSheet, number: int = 1, starts: date = date(2026, 3, 1), ends: date | None = None) -> Version:
    """The terms from a day on."""
    return Version(number=number, starts=starts, ends=ends, terms=terms)


def zagreb(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A time in March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Zagreb"))


def call(number: int, talk: int, at: datetime | None = None, **more: Any) -> CallUsage:
    """A call of so many seconds; each number has a minute of its own."""
    return CallUsage(id=f"c{number}", at=at or zagreb(2) + timedelta(minutes=number), talk_seconds=talk, **more)


def sale(number: int, amount: int = 1000, at: datetime | None = None, **more: Any) -> SaleUsage:
    """A sale of so many cents."""
    more.setdefault("currency", "EUR")
    return SaleUsage(id=f"s{number}", at=at or zagreb(2) + timedelta(minutes=number), amount_minor=amount, **more)


@cache
def full() -> TermSheet:
    """A sheet in which every field has something that is not its default, and every list two things."""
    return read_terms((FIXTURES / "full.yaml").read_bytes(), "yaml")


def as_csv(sheet_: TermSheet) -> str:
    """The sheet as a CSV; what has its default is left out, and what a key says."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("field", "value"))
    rows.writerows(_rows(sheet_, ""))
    return out.getvalue()


def _rows(part: Term, before: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    builtins = msgspec.to_builtins(part)
    for name, field in fields_of(type(part)).items():
        value = getattr(part, name)
        if field.shape == "term":
            rows += _rows(value, f"{before}{name}.")
        elif field.shape == "terms":
            for one in value:
                place = f"{before}{name}[{key_of(one)}]."
                own = _rows(one, place)
                told = {place + key for key in KEYS.get(type(one), ("name",))}
                # A thing of which only its key is said needs one row all the same.
                rows += [row for row in own if row[0] not in told] or own[:1]
        elif name in builtins:
            said = builtins[name]
            cell = ";".join(map(str, said)) if isinstance(said, list | tuple) else str(said)
            rows.append((before + name, cell.lower() if isinstance(said, bool) else cell))
    return rows
