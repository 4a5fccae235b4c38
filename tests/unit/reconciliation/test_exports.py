"""Habits of exports, each in a few lines: what the reader must take, and what it must leave to a person."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
import xlsxwriter

from services.reconciliation.matching.durations import said_unit
from services.reconciliation.matching.header_words import meanings
from services.reconciliation.matching.outcome_words import outcome_of
from services.reconciliation.matching.reading import Known, Report, read
from services.reconciliation.matching.table import day_named
from shared.kernel import Rejected

GERMAN = Known(country="DE", currency="EUR", month="2025-10")


def taken(text: str, known: Known = GERMAN) -> Report:
    return read(text.encode(), known)


def numbered(form: str, count: int = 30) -> str:
    """Rows that differ in their number."""
    return "".join(form.format(n=1000 + n, day=1 + n % 28, s=n % 50 + 5) + "\n" for n in range(count))


def test_a_day_that_is_written_once_holds_until_the_next() -> None:
    report = taken(
        "Datum;Uhrzeit;Rufnummer;Ergebnis\n"
        "01.10.2025;09:00:00;017678851828;Verkauf\n;09:30:00;017678851829;Verkauf\n"
        "02.10.2025;09:10:00;017678851830;Verkauf\n;09:40:00;017678851831;Verkauf\nSumme;;;4\n"
    )
    assert [at.day for at in report.lines["local"]] == [1, 1, 2, 2]


def test_a_lone_gap_among_days_that_are_repeated_is_asked_about() -> None:
    report = taken(
        "Datum;Uhrzeit;Rufnummer;Ergebnis\n"
        "01.10.2025;09:00:00;017678851828;Verkauf\n01.10.2025;09:30:00;017678851829;Verkauf\n"
        ";09:40:00;017678851831;Verkauf\n02.10.2025;09:10:00;017678851830;Verkauf\n"
    )
    assert report.lines["line"].to_list() == ["2", "3", "5"]
    assert report.skipped.filter(report.skipped["line"] == "4")["reason"].to_list() == ["time_unreadable"]


def test_an_agent_above_its_calls() -> None:
    report = taken(
        "Datum;Uhrzeit;Rufnummer;Ergebnis\n"
        "Agent: MA1;;;\n01.10.2025;09:00:00;017678851828;Verkauf\n"
        "Agent;MA2;;\n01.10.2025;09:30:00;017678851829;Verkauf\n"
        "Notiz: ruhig;;;\n01.10.2025;09:40:00;017678851830;Verkauf\n"
    )
    assert report.lines["agent"].to_list() == ["MA1", "MA2", "MA2"]


def test_seconds_since_1970_are_instants() -> None:
    at = 1_760_000_000
    report = taken(f"start_epoch,phone,status\n{at},+4917678851828,SALE\n{at}500,+4917678851829,NA\n")
    first = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    assert report.lines["local"].to_list() == [first, first + timedelta(milliseconds=500)]
    assert report.lines["offset_min"].to_list() == [0, 0]
    assert report.profile.doubts == ()


def test_whole_numbers_without_a_word_for_time_are_no_days() -> None:
    with pytest.raises(Rejected, match="header_not_found"):
        taken("lead,telephone,status,agent\n" + numbered("4{n},+49176788{n},SALE,A1"))


def test_blocks_of_digits_are_a_number_and_no_day() -> None:
    report = taken(
        "Fecha;Hora;Teléfono;Resultado\n"
        + "".join(f"{d:02d}/10/2025;09:00:00;615 23 {d} 6{d % 10};Venta\n" for d in range(13, 23)),
        Known(country="ES", month="2025-10"),
    )
    assert report.lines["phone"][0] == "+34615231363"


def test_how_long_a_call_took_is_not_when_it_began() -> None:
    report = taken(
        "Date,Time,Call Time,Talk Time,Phone,Result\n"
        + numbered("2025-10-{day:02d},09:10:{s:02d},00:01:{s:02d},00:00:{s:02d},+49176788{n},Sale")
    )
    assert set(report.lines["local"].dt.hour()) == {9}
    assert report.lines["duration_s"][0] == 5


def test_the_number_of_the_caller_is_not_the_customers() -> None:
    report = taken("Start,ANI,DNIS,Result\n" + numbered("2025-10-{day:02d} 09:00:00,+498005550100,+49176788{n},Sale"))
    assert report.profile.label("phone") == "DNIS"
    assert report.profile.doubts == ()


def test_outcomes_are_where_the_known_words_are() -> None:
    report = taken("Start,Phone,Status,Term reason\n" + numbered("2025-10-{day:02d} 09:00:00,+49176788{n},SALE,AGENT"))
    assert report.profile.label("disposition") == "Status"


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("N° appelé", "phone"),
        ("Cód. agente", "agent"),
        ("Czas rozm. (min)", "duration"),
        ("Durée comm.", "duration"),
        ("Nr konsultanta", "agent"),
        ("Pers.-Nr.", "agent"),
        ("customerPhone", "phone"),
        ("startTimeUtc", "moment"),
    ],
)
def test_shortened_inflected_and_joined_labels(label: str, field: str) -> None:
    found = {name: score for name, (score, _) in meanings(label.split(" (")[0]).items()}
    assert max(found, key=lambda name: found[name]) == field


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        ("Nummer falsch", "wrong_number"),
        ("Kein Bedarf", "refused"),
        ("Kein Vertrag", "refused"),
        ("No contract", "refused"),
        ("Contratto", "sale"),
        ("Contratto annullato", "sale_cancelled"),
        ("Umowa", "sale"),
        ("No le interesa", "refused"),
        ("No contesta", "no_answer"),
        ("Teléfono erróneo", "wrong_number"),
        ("NoAnswer", "no_answer"),
        ("Wunschkonzert", None),
    ],
)
def test_words_of_outcomes(label: str, outcome: str | None) -> None:
    assert outcome_of(label) == outcome


@pytest.mark.parametrize(
    ("name", "month", "day"),
    [
        ("01 ott", "2025-10", "2025-10-01"),
        ("01 nov", "2025-10", "2025-11-01"),
        ("31 dic", "2026-01", "2025-12-31"),
        ("01.11", "2025-10", "2025-11-01"),
        ("1 Ekim", "2025-10", "2025-10-01"),
        ("10.10", "2025-10", "2025-10-10"),
        ("Mo 06", "2025-10", "2025-10-06"),
        ("11.09", "2025-10", None),
        ("15 mag", "2025-10", None),
        ("Riepilogo", "2025-10", None),
    ],
)
def test_the_day_of_a_sheet(name: str, month: str, day: str | None) -> None:
    assert day_named(name, month) == day


# ------------------------------------------------------------------------------------------ what is really open


def test_a_file_without_words_above_its_columns_is_refused() -> None:
    rows = numbered('"","201","0049176788{n}","from-internal","2025-10-{day:02d} 09:00:00",22,{s},"ANSWERED"')
    with pytest.raises(Rejected, match="header_not_found"):
        taken(rows)


def test_day_and_month_that_could_be_either_are_a_doubt() -> None:
    text = "Date,Time,Phone,Result\n" + "".join(
        f"0{a}/0{b}/2025,09:00:00,+49176788518{a}{b},Sale\n" for a in (4, 5) for b in (4, 5)
    )
    assert taken(text, Known(country="DE")).profile.doubts == ("date_order",)
    told = taken(text.replace("/05/", "/04/"), Known(country="DE", month="2025-04"))
    assert told.profile.doubts == ()
    assert set(told.lines["local"].dt.month()) == {4}


def test_numbers_that_could_be_minutes_or_seconds_are_a_doubt() -> None:
    rows = numbered("2025-10-{day:02d} 09:00:00,+49176788{n},12,Sale")
    assert said_unit("Duration") is None
    assert taken("Start,Phone,Duration,Result\n" + rows).profile.doubts == ("duration_unit",)
    assert taken("Start,Phone,Duration (s),Result\n" + rows).profile.doubts == ()


def test_a_mark_that_could_be_of_decimals_or_thousands_is_a_doubt() -> None:
    rows = numbered("2025-10-{day:02d} 09:00:00;+49176788{n};60;Sale;1,249")
    assert taken("Start;Phone;Duration (s);Result;Amount\n" + rows).profile.doubts == ("decimal",)


def test_two_columns_of_numbers_that_could_both_be_the_customers_are_a_doubt() -> None:
    rows = numbered("2025-10-{day:02d} 09:00:00,+4930222{n},+49176788{n},Sale")
    assert taken("Start,Caller,Called number,Result\n" + rows).profile.doubts == ("phone",)


def test_sheets_whose_day_is_open_are_refused() -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name in ("11.09", "9.11"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Uhrzeit", "Rufnummer", "Mitarbeiter", "Ergebnis"])
            sheet.write_row(1, 0, ["09:00:00", "017678851828", "MA1", "Verkauf"])
    with pytest.raises(Rejected, match="times_unreadable"):
        read(target.getvalue(), GERMAN)
