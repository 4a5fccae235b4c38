"""Numbers, times, lengths and amounts: every way of writing them comes to the same value, or to none."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reconciliation.matching.amounts import Marks, currencies, marks_of, minor_units
from services.reconciliation.matching.clocks import dates_of, local_times
from services.reconciliation.matching.durations import seconds, unit_of
from services.reconciliation.matching.outcome_words import outcome_of
from services.reconciliation.matching.phones import e164, form_of, plan_of
from services.reconciliation.matching.stored import shown


def texts(*values: str | None) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def local(text: str, language: str = "en", month: str | None = None) -> datetime | None:
    column = texts(text)
    found = local_times(column, None, dates_of(column, language, month), language)["local"][0]
    assert found is None or isinstance(found, datetime)
    return found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("2025-10-13 14:05:09", "en"),
        ("2025-10-13T14:05:09.000Z", "en"),
        ("20251013 140509", "en"),
        ("20251013140509", "en"),
        ("13.10.2025. 14:05:09", "hr"),
        ("13/10/25 14.05.09", "it"),
        ("10/13/2025 02:05:09 PM", "en"),
        ("Oct 13, 2025 2:05:09 p.m.", "en"),
        ("Mon, 13-Oct-2025 14:05:09", "en"),
        ("13. Oktober 2025, 14:05:09 Uhr", "de"),
        ("13 octobre 2025 14h05m09s", "fr"),
        ("lunes 13 de octubre de 2025 14:05:09", "es"),
        ("13 października 2025 14:05:09", "pl"),
        ("13 listopad 2025 14:05:09", "hr"),
        ("13 Ekim 2025 ÖS 02:05:09", "tr"),
        ("13. октобар 2025. 14:05:09", "hr"),
        ("45943,5869097222", "de"),
    ],
)
def test_a_moment_is_read_however_it_is_written(text: str, language: str) -> None:
    assert local(text, language) == datetime.fromisoformat("2025-10-13 14:05:09")


@pytest.mark.parametrize(
    "text", ["31.02.2025 10:00", "13.10.2025 24:00", "13.10.2025 10:60", "13.10.2025", "10:00", "13 pm"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert local(text) is None


def test_midnight_and_noon_by_twelve_hours() -> None:
    column = texts("10/13/2025 12:00 AM", "10/13/2025 12:00 PM", "10/13/2025 12:59 am")
    found = local_times(column, None, dates_of(column, "en"), "en")["local"]
    assert [moment.hour for moment in found] == [0, 12, 0]


def test_offsets_are_told_beside_the_local_time() -> None:
    column = texts(
        "2025-10-13T14:05:09+02:00", "2025-10-13T14:05:09-0330", "2025-10-13T14:05:09Z", "2025-10-13 14:05:09"
    )
    found = local_times(column, None, dates_of(column, "en"), "en")
    assert found["offset_min"].to_list() == [120, -210, 0, None]
    assert found["local"].n_unique() == 1


def test_the_order_of_day_and_month_is_found_from_the_whole_column() -> None:
    october = [f"{day:02d}/10/2025" for day in range(1, 13)]
    assert dates_of(texts(*october), "en").order == "dmy"
    assert dates_of(texts(*(f"10/{day:02d}/2025" for day in range(1, 13))), "en").order == "mdy"
    assert dates_of(texts(*(f"25-10-{day:02d}" for day in range(1, 13))), "en").order == "ymd"
    assert dates_of(texts("09/10/2025"), "en", "2025-09").order == "mdy"


def test_an_order_that_nothing_decides_is_a_doubt() -> None:
    assert not dates_of(texts("09/10/2025"), "en").certain
    assert dates_of(texts("10/10/2025"), "en").certain
    assert not dates_of(texts("2025-09-10", "13/10/2025"), "en").certain  # half of them were turned by a spreadsheet


MARKS = [(",", "."), (".", ","), (",", " "), (".", "'"), (",", ""), (".", "")]


@given(
    cents=st.lists(st.integers(-(10**9), 10**14), min_size=1, max_size=20),
    marks=st.sampled_from(MARKS),
    around=st.sampled_from(
        [("", ""), ("€ ", ""), ("", " zł"), ("", " дин."), ("KM", ""), ("$", ""), ("", "\u00a0EUR")]
    ),
)
def test_an_amount_is_read_to_the_cent_whatever_its_marks(
    cents: list[int], marks: tuple[str, str], around: tuple[str, str]
) -> None:
    decimal, thousands = marks
    written = []
    for value in cents:
        whole = f"{abs(value) // 100:,}".replace(",", thousands)
        written.append(f"{'-' if value < 0 else ''}{around[0]}{whole}{decimal}{abs(value) % 100:02d}{around[1]}")
    column = texts(*written)
    found = marks_of(column, ".")
    assert found.decimal == decimal
    assert found.certain
    assert minor_units(column, None, found, 2)["amount_minor"].to_list() == cents


COMMA = Marks(decimal=",", thousands=".")


@pytest.mark.parametrize("text", ["12.5", "1.23,00", "1O0,00", "1,2,3", "1 23,00", "abc", "1.2345", "9" * 30])
def test_an_amount_that_breaks_the_marks_is_not_guessed(text: str) -> None:
    found = minor_units(texts(text), None, COMMA, 2)
    assert found["amount_minor"][0] is None
    assert found["unreadable"][0]


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("", None),
        ("-", None),
        ("0,00", 0),
        ("(5,00)", -500),
        ("5,00-", -500),
        ("29,-", 2900),
        ("29,--", 2900),
        ("1.249", 124900),
        ("−3", -300),
    ],
)
def test_the_habits_of_book_keeping(text: str, minor: int | None) -> None:
    found = minor_units(texts(text), None, COMMA, 2)
    assert (found["amount_minor"][0], found["unreadable"][0]) == (minor, False)


def test_more_digits_than_a_currency_has_are_rounded_and_told() -> None:
    found = minor_units(texts("1,005", "1,004", "1,0000", "1,9999"), None, Marks(decimal=","), 2)
    assert found["amount_minor"].to_list() == [101, 100, 100, 200]
    assert found["rounded"].to_list() == [True, True, False, True]
    assert minor_units(texts("1,5"), None, Marks(decimal=","), 0)["amount_minor"][0] == 2
    assert minor_units(texts("1,2345"), None, Marks(decimal=","), 3)["amount_minor"][0] == 1235


def test_only_groups_of_three_leave_the_marks_open() -> None:
    assert not marks_of(texts("1.249", "2.500"), ",").certain
    assert marks_of(texts("1.249", "0,50"), ".") == COMMA
    assert marks_of(texts("1.249.000"), ".") == COMMA
    assert not marks_of(texts("29.90", "29,90"), ",").certain


def test_numbers_of_a_workbook_have_a_point_whatever_the_texts_have() -> None:
    found = minor_units(texts("1249.5", "1.249,50"), pl.Series([True, False]), COMMA, 2)
    assert found["amount_minor"].to_list() == [124950, 124950]


def test_currencies_are_found_by_code_sign_and_word() -> None:
    column = texts("29,90 €", "KM 5", "5 дин.", "5 zł", "EUR5", "$5", "5 lei", "5 TL", "5", "RSD")
    assert currencies(column).to_list() == ["EUR", "BAM", "RSD", "PLN", "EUR", "USD", "RON", "TRY", None, "RSD"]


LENGTHS = {
    "s": lambda s: str(s),
    "m:ss": lambda s: f"{s // 60}:{s % 60:02d}",
    "h:mm:ss": lambda s: f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}",
    "min": lambda s: f"{Decimal(s) / 60:.2f}",
    "words": lambda s: f"{s // 3600}h {s // 60 % 60}m {s % 60}s",
    "iso": lambda s: f"PT{s // 3600}H{s // 60 % 60}M{s % 60}S",
    "days": lambda s: f"{s / 86400:.10f}",
    "ms": lambda s: str(s * 1000),
}


@given(unit=st.sampled_from(sorted(LENGTHS)), values=st.lists(st.integers(0, 86_399), min_size=1, max_size=20))
def test_a_length_is_read_to_the_second_in_every_unit(unit: str, values: list[int]) -> None:
    column = texts(*(LENGTHS[unit](value) for value in values))
    assert seconds(column, unit)["duration_s"].to_list() == values


@pytest.mark.parametrize(
    ("values", "label", "unit", "certain"),
    [
        (("5,93", "2,98"), "Trajanje (min)", "min", True),
        (("132", "0", "95"), "Talk time", "s", True),
        (("2", "3", "1"), "Dauer", "min", True),
        (("2", "3", "1"), "Dauer (Sek.)", "s", True),
        (("20", "22"), "Duration", "s", False),
        (("132000", "95000"), "Duration", "ms", True),
        (("05:32", "00:10"), "Dauer (hh:mm)", "h:mm", True),
        (("05:32", "00:10"), "Dauer", "m:ss", True),
        (("0.00146990740741",), "Duration", "days", True),
    ],
)
def test_the_unit_is_found_from_label_and_values(values: tuple[str, ...], label: str, unit: str, certain: bool) -> None:
    assert unit_of(texts(*values), label) == (unit, certain)


@pytest.mark.parametrize(
    ("unit", "values", "resolution"),
    [
        ("min", ("5,93",), 1),
        ("min", ("5,9",), 6),
        ("min", ("6",), 60),
        ("h:mm", ("0:06",), 60),
        ("s", ("356",), 1),
        ("h", ("0,10",), 36),
    ],
)
def test_how_fine_a_unit_is(unit: str, values: tuple[str, ...], resolution: int) -> None:
    assert seconds(texts(*values), unit)["duration_resolution_s"][0] == resolution


@pytest.mark.parametrize("text", ["5:75", "9" * 30, "1e9", "-5", "5 apples", "1:2:3:4"])
def test_what_is_no_length_is_none(text: str) -> None:
    for unit in ("s", "min", "m:ss", "h:mm:ss", "words"):
        assert seconds(texts(text), unit)["duration_s"][0] is None


def test_thousands_of_seconds_are_not_taken_for_decimals() -> None:
    assert seconds(texts("132", "1,234"), "s")["duration_s"].to_list() == [132, 1234]
    assert seconds(texts("132.5", "1.234"), "s")["duration_s"].to_list() == [133, 1]


GERMAN = plan_of("DE")


@pytest.mark.parametrize(
    "text",
    [
        "+4917678851828",
        "004917678851828",
        "017678851828",
        "0176 788 518 28",
        "0176/78851828",
        "+49 (0)176 78851828",
        "+49 0176 78851828",
        "(0176) 7885-1828",
        "4917678851828",
        "017678851828.0",
    ],
)
def test_a_number_is_read_however_it_is_written(text: str) -> None:
    row = e164(texts(text), GERMAN, "national").row(0, named=True)
    assert (row["phone"], row["phone_damage"], row["phone_key"]) == ("+4917678851828", None, "4917678851828")


@pytest.mark.parametrize(
    ("text", "phone", "damage", "key", "tail"),
    [
        ("17678851828", "+4917678851828", "lost_zero", "4917678851828", None),
        ("4,91768E+12", None, "sci", "491768", None),
        ("1.7679E+10", None, "sci", "4917679", None),
        ("491767885xxx", None, "masked", "491767885", None),
        ("0176 788***", None, "masked", "49176788", None),
        ("+49176xxx1828", None, "masked", "49176", "1828"),
        ("xxxxxx1828", None, "masked", None, "1828"),
        ("anonym", None, None, None, None),
        ("12", None, None, None, None),
        ("", None, None, None, None),
        ("+381 (0)64 1234567", "+381641234567", None, "381641234567", None),
        ("+381 64 1234567", "+381641234567", None, "381641234567", None),
    ],
)
def test_damage_is_named_and_what_is_left_is_kept(
    text: str, phone: str | None, damage: str | None, key: str | None, tail: str | None
) -> None:
    assert e164(texts(text), GERMAN, "national").row(0) == (phone, damage, key, tail)


def test_countries_without_a_trunk_prefix_lose_no_zero() -> None:
    for country, text, phone in (
        ("ES", "612345678", "+34612345678"),
        ("IT", "0612345678", "+390612345678"),
        ("PL", "501234567", "+48501234567"),
    ):
        plan = plan_of(country)
        assert e164(texts(text), plan, form_of(texts(text), plan)).row(0)[:2] == (phone, None)


def test_without_a_country_only_whole_numbers_are_whole() -> None:
    assert plan_of(None) is None
    assert plan_of("XX") is None
    assert e164(texts("004917678851828", "+4917678851828"), None, "e164")["phone"].to_list() == ["+4917678851828"] * 2


@given(st.integers(10**6, 10**15 - 1))
def test_digits_in_a_workbook_stay_digits(number: int) -> None:
    assert shown(str(number), "", False) == str(number)
    assert shown(f"{Decimal(number):E}", "", False) == str(number)


@given(st.datetimes(datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2099-12-31")))
def test_a_moment_in_a_workbook_is_exact_to_the_second(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    serial = (moment - datetime.fromisoformat("1899-12-30")) / timedelta(days=1)
    assert datetime.fromisoformat(shown(repr(serial), "datetime", False)) == moment


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        ("No sale", "refused"),
        ("Sale - cancelled", "sale_cancelled"),
        ("Kein Verkauf", "refused"),
        ("Storno", "sale_cancelled"),
        ("Wiedervorlage", "callback"),
        ("Не јавља се", "no_answer"),
        ("Pogrešan broj", "wrong_number"),
        ("Número equivocado", "wrong_number"),
        ("Venta", "sale"),
        ("Xyzzy", None),
    ],
)
def test_outcomes_are_known_by_their_words(label: str, outcome: str | None) -> None:
    assert outcome_of(label) == outcome
