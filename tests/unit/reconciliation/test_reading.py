"""What is written in a report is what is read from it, in layouts and languages that no example has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reconciliation.matching.files import Limits
from services.reconciliation.matching.normalise import LINES
from services.reconciliation.matching.profile import given as profile_given
from services.reconciliation.matching.reading import Known, Report, read
from services.reconciliation.matching.sheets import text_grid
from shared.kernel import Rejected
from tests.unit.reconciliation.layouts import Layout, Line, calls_of, written
from tests.unit.reconciliation.partners import PARTNERS

SETS = sorted((Path(__file__).parents[2] / "fixtures/reports").glob("r*"))


def lines_of(report: Report) -> dict[str, Line]:
    """What was read, as the writer says it."""
    return {
        row["line"]: Line(
            row["local"], row["phone"], row["agent"], row["duration_s"], row["disposition"], row["amount_minor"]
        )
        for row in report.lines.iter_rows(named=True)
    }


@pytest.mark.parametrize(("layout", "prefix", "digits"), PARTNERS, ids=[layout.name for layout, _, _ in PARTNERS])
def test_what_a_partner_writes_is_what_is_read(layout: Layout, prefix: str, digits: int) -> None:
    data, lines = written(layout, calls_of(1, 60, "2025-10", layout, prefix, digits))
    report = read(data, Known(country=layout.country, currency=layout.currency))
    assert lines_of(report) == lines
    assert report.profile.doubts == ()
    assert report.profile.unknown_dispositions == ()
    assert report.remarks.is_empty()
    sold = report.lines.filter(pl.col("amount_minor").is_not_null())
    assert set(sold["currency"]) == {layout.currency}
    assert set(report.lines["local_resolution_s"]) == {60 if layout.minutes_only else 1}


@settings(max_examples=60, deadline=None)
@given(
    partner=st.sampled_from(PARTNERS),
    seed=st.integers(0, 10_000),
    count=st.integers(1, 12),
    month=st.sampled_from(["2025-01", "2025-03", "2025-05", "2025-10", "2025-12", "2026-02"]),
)
def test_a_short_report_is_read_right_or_says_what_it_leaves_open(
    partner: tuple[Layout, str, int], seed: int, count: int, month: str
) -> None:
    layout, prefix, digits = partner
    data, lines = written(layout, calls_of(seed, count, month, layout, prefix, digits))
    report = read(data, Known(country=layout.country, currency=layout.currency, month=month))
    if not set(report.profile.doubts) & {"date_order", "duration_unit", "decimal"}:
        assert lines_of(report) == lines


def example(folder: Path) -> tuple[bytes, Known, dict[str, Any]]:
    meta = json.loads((folder / "meta.json").read_text())
    known = Known(country=meta["country"], currency=meta["currency"], month=meta["period"]["month"])
    return (folder / meta["report_file"]).read_bytes(), known, json.loads((folder / "profile.json").read_text())


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_detection_reaches_what_a_given_profile_says(folder: Path) -> None:
    data, known, form = example(folder)
    found, told = read(data, known), read(data, known, profile_given(form))
    assert found.lines.equals(told.lines)
    assert found.skipped.equals(told.skipped)
    assert told.changes == ()
    assert found.profile.doubts == ()


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_each_reported_line_is_read_once(folder: Path) -> None:
    data, known, _ = example(folder)
    truth = json.loads((folder / "truth.json").read_text())
    reported = {line for line, _ in truth["pairs"]} | {entry["partner_line"] for entry in truth["lines"]} - {None}
    report = read(data, known)
    assert set(report.lines["line"]) == reported
    assert report.lines["line"].is_unique().all()
    assert not set(report.skipped["line"]) & reported
    assert report.lines["local"].null_count() == 0


SOME = [
    b";",
    b'"',
    b"\n",
    b"\t",
    b"\xff",
    b"9" * 30,
    b"(",
    b"e+11",
    b"99:99",
    b"31.02.2025",
    b"1.2.3",
    b"\xd0\x96",
    b"1e999",
    b"12.12.12",
    b"m10",
    b"pm",
    b"Total",
    b"x" * 300,
]


@settings(max_examples=80, deadline=None)
@given(
    partner=st.sampled_from([partner for partner in PARTNERS if not partner[0].workbook]),
    count=st.sampled_from([0, 1, 9]),
    harm=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SOME)), max_size=8),
    country=st.sampled_from([None, "DE", "XX"]),
)
def test_a_harmed_report_is_read_or_refused_and_every_row_is_accounted_for(
    partner: tuple[Layout, str, int], count: int, harm: list[tuple[float, int, bytes]], country: str | None
) -> None:
    layout, prefix, digits = partner
    data = written(layout, calls_of(3, count, "2025-10", layout, prefix, digits))[0]
    for place, gone, put in harm:
        at = int(place * len(data))
        data = data[:at] + put + data[at + gone :]
    try:
        report = read(data, Known(country=country))
    except Rejected:
        return
    sheet = text_grid(data, Limits()).sheets[0]
    accounted = report.lines["line"].to_list() + report.skipped["line"].to_list()
    assert sorted(accounted) == sorted(sheet.line_ids().to_list())


def test_rows_that_are_no_calls_are_listed_with_why() -> None:
    data = (
        "Anrufliste Oktober\n\nDatum;Uhrzeit;Rufnummer;Mitarbeiter;Dauer (s);Ergebnis;Betrag\n"
        "01.10.2025;09:00:00;017678851828;MA1;60;Verkauf;29,90\n"
        "irgendwann;09:00:00;017678851829;MA1;60;Verkauf;29,90\n"
        "Zwischensumme;;;;120;;59,80\n"
        "Datum;Uhrzeit;Rufnummer;Mitarbeiter;Dauer (s);Ergebnis;Betrag\n"
        "02.10.2025;09:00:00;anonym;MA1;lang;Wunschkonzert;1.2\n"
        "erstellt von Frau M.\n"
        "gestern;;;MA1;60;Verkauf;29,90\n"
        "02.10.2025;09:00:00;;;60;Verkauf;29,90\n"
        "Anzahl;;;;2;;59,80\n"
        "03.10.2025;09:00:00;017678851830;MA1;60;Verkauf;29,90\n"
    )
    report = read(data.encode(), Known(country="DE", currency="EUR", month="2025-10"))
    assert report.lines["line"].to_list() == ["4", "8", "13"]
    assert sorted(report.skipped.select("line", "reason").rows()) == [
        ("1", "title"),
        ("10", "time_unreadable"),
        ("11", "incomplete"),
        ("12", "note"),
        ("3", "header"),
        ("5", "time_unreadable"),
        ("6", "subtotal"),
        ("7", "header"),
        ("9", "note"),
    ]
    assert sorted(report.remarks.rows()) == [
        ("8", "amount", "1.2", "unreadable"),
        ("8", "disposition", "Wunschkonzert", "unknown"),
        ("8", "duration", "lang", "unreadable"),
        ("8", "phone", "anonym", "unreadable"),
    ]
    assert report.profile.unknown_dispositions == ("Wunschkonzert",)
    assert report.lines["cells"][0].to_list() == [
        "01.10.2025",
        "09:00:00",
        "017678851828",
        "MA1",
        "60",
        "Verkauf",
        "29,90",
    ]


def test_a_file_without_a_table_of_calls_is_refused() -> None:
    with pytest.raises(Rejected, match="header_not_found"):
        read(b"Agent;Calls;Sales\nAnn;12;3\nBob;9;1\n", Known())


def test_money_and_numbers_are_never_floats() -> None:
    assert {name for name, kind in LINES.items() if kind in (pl.Float32, pl.Float64)} == set()
    data = "Date;Time;Phone;Agent;Amount\n2025-10-01;09:00:00;+4917678851828;A1;90071992547409.93\n"
    assert read(data.encode(), Known()).lines["amount_minor"][0] == 9007199254740993  # no float has this value


@pytest.mark.parametrize(
    "data",
    [
        "Zeit;Rufnummer;Mitarbeiter;Dauer (s)\n09:00:00;017678851828;MA1;60\n09:05:00;017678851829;MA1;60\n",
        "Datum;Rufnummer;Mitarbeiter;Dauer (s)\n01.10. 9 Uhr;017678851828;MA1;60\n",
    ],
)
def test_calls_without_a_day_are_refused(data: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(data.encode(), Known(country="DE"))
    assert caught.value.code in ("times_unreadable", "header_not_found")
    assert "1767885" not in caught.value.detail, "it is told in an event"
