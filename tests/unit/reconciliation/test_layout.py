"""What a column is: by its own label, by that of its group, and never against what it holds."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from services.reconciliation.matching.reading import Known, read

FIRST = "2025-10-01 09:00:00"


def fields(data: bytes) -> dict[str, str]:
    """What each column was read as, those left unread aside."""
    columns = read(data, Known(country="GB", month="2025-10")).profile.columns
    return {f"{c.group} {c.label}".strip(): c.field for c in columns if c.field != "other"}


def text(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def test_a_merged_group_ends_where_it_is_merged() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet("Calls")
        sheet.write_row(0, 0, ["Call", "Customer"])
        sheet.merge_range(0, 2, 0, 3, "Ringing")
        sheet.write_row(1, 0, ["Start", "Number", "Duration", "Attempts", "Duration", "Result"])
        sheet.write_row(2, 0, [FIRST, "+447911223856", "0:09", "2", "5:32", "Sale"])
    report = read(target.getvalue(), Known(country="GB"))
    assert report.lines["duration_s"].to_list() == [332]


@pytest.mark.parametrize(
    ("labels", "values", "expected"),
    [
        (
            "Start;End;Phone;Agent name;Agent ID;Ring time;Talk time;Wrap-up time;Result;Order no.;Order value",
            f"{FIRST};2025-10-01 09:05:00;+447911223856;Ann;A1;9;132;40;Sale;4711;29.90",
            {
                "Start": "datetime",
                "Phone": "phone",
                "Agent ID": "agent",
                "Talk time": "duration",
                "Result": "disposition",
                "Order value": "amount",
            },
        ),
        (
            "Date;Time;Customer Number;Phone;Agent;Duration;Status",
            "2025-10-01;09:00:00;4711;+447911223856;A1;132;Sale",
            {
                "Date": "date",
                "Time": "time",
                "Phone": "phone",
                "Agent": "agent",
                "Duration": "duration",
                "Status": "disposition",
            },
        ),
        (
            "DATUM;VREME;BROJ TELEFONA;OPERATER;TRAJANJE (SEK);STATUS",
            "01.10.2025;09.00.00;+381641234567;A1;132;Prodato",
            {
                "DATUM": "date",
                "VREME": "time",
                "BROJ TELEFONA": "phone",
                "OPERATER": "agent",
                "TRAJANJE (SEK)": "duration",
                "STATUS": "disposition",
            },
        ),
        (
            "Anrufzeitpunkt (lokal);Gespraechsdauer [s];Kd.-Tel.;Rufnummer;Ergebnis",
            "01.10.2025 09:00:00;132;;+4917678851828;Verkauf",
            {
                "Anrufzeitpunkt (lokal)": "datetime",
                "Gespraechsdauer [s]": "duration",
                "Rufnummer": "phone",
                "Ergebnis": "disposition",
            },
        ),
    ],
    ids=["many times", "customer's own number", "capitals", "written-out umlauts"],
)
def test_columns_are_told_apart(labels: str, values: str, expected: dict[str, str]) -> None:
    assert fields(text(labels, values, values)) == expected


def test_a_campaign_that_is_called_total_hides_no_call() -> None:
    rows = [f"2025-10-01;09:00:00;{number};A1;132;Sale;Total Energies" for number in ("+447911223856", "anonymous")]
    report = read(text("Date;Call start;Phone;Agent;Talk time;Result;Campaign", *rows), Known(country="GB"))
    assert report.lines["campaign"].to_list() == ["Total Energies"] * 2
