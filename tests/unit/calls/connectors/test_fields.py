"""Fields: amounts in minor units, times, telephone numbers, maps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.base import Unreadable
from services.calls.connectors.fields import epoch_time, iso_time, mail_time, minor_units, phone, placed, skew
from shared.contracts.partners import SourceSettings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("79.90", "GBP", 7990),
        ("79.9", "GBP", 7990),
        ("79", "GBP", 7900),
        ("79.900", "GBP", 7990),
        ("0.05", "EUR", 5),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1234),
    ],
)
def test_a_plain_decimal_becomes_minor_units(amount: str, currency: str, minor: int) -> None:
    assert minor_units(amount, currency) == (minor, ())


@pytest.mark.parametrize(
    "amount", ["79,90", "1.000,00", "1e3", "-5.00", "£5", "5.", ".5", "", "NaN", "0.001", "٥", "9" * 20]
)
def test_anything_else_is_a_bad_amount(amount: str) -> None:
    assert minor_units(amount, "GBP") == (None, ("bad_amount",))


def test_an_amount_without_a_currency_is_bad_and_no_amount_is_not() -> None:
    assert minor_units("5.00", None) == (None, ("bad_amount",))
    assert minor_units(None, None) == (None, ())


@given(st.integers(0, 10**11))
def test_minor_units_keep_every_penny(minor: int) -> None:
    assert minor_units(f"{Decimal(minor).scaleb(-2):.2f}", "GBP") == (minor, ())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("+44 7700 900-101", "+447700900101"),
        ("sip:ann@partner.example", "sip:ann@partner.example"),
        ("client:ann", "client:ann"),
        ("Anonymous", None),
        ("sip:anonymous@anonymous.invalid", None),
        ("<unknown>", None),
        ("  ", None),
        (None, None),
    ],
)
def test_telephone_numbers(sent: str | None, kept: str | None) -> None:
    assert phone(sent) == kept


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_times_are_read_as_they_were_written(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    assert iso_time(at.isoformat()) == at
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    assert epoch_time(f"{since // timedelta(seconds=1)}.{at.microsecond:06d}") == at
    assert epoch_time(str(since // timedelta(milliseconds=1)), timedelta(milliseconds=1)) == at.replace(
        microsecond=at.microsecond // 1000 * 1000
    )


@pytest.mark.parametrize(
    "sent", ["Mon, 02 Mar 2026 12:00:00 +0000", "Mon, 02 Mar 2026 13:00:00 +0100", "02 Mar 2026 12:00:00 -0000"]
)
def test_mail_times_are_read_with_their_offset(sent: str) -> None:
    assert mail_time(sent) == NOON


@pytest.mark.parametrize(
    "sent", ["", "Mon", "0", "Mon, 02 Mar 1998 12:00:00 +0000", "Mon, 02 Mar 2026 12:00:00 +9999999"]
)
def test_a_mail_time_that_is_not_one_is_unreadable(sent: str) -> None:
    with pytest.raises(Unreadable):
        mail_time(sent)


@pytest.mark.parametrize("sent", ["", "-5", "1e9", "0", "9" * 16, "9" * 30, "١"])
def test_an_epoch_that_is_not_one_is_unreadable(sent: str) -> None:
    with pytest.raises(Unreadable):
        epoch_time(sent)


def test_two_seconds_ahead_are_no_skew_and_a_little_more_is() -> None:
    assert skew(NOON + timedelta(seconds=2), NOON) == ()
    assert skew(NOON + timedelta(seconds=2, milliseconds=1), NOON) == ("clock_skew",)


def test_a_code_that_the_map_lacks_is_none_and_without_a_map_it_stays() -> None:
    def campaign(codes: dict[str, str], sent: str | None) -> dict[str, object]:
        return placed(SourceSettings(connector="any", partner="any", campaigns=codes), campaigns=sent)

    assert campaign({"a": "A"}, "a") == {"campaign": "A"}
    assert campaign({"a": "A"}, None) == {"campaign": None}
    assert campaign({"a": "A"}, "b") == {"campaign": None, "unmapped": {"campaigns": "b"}}
    assert campaign({}, "b") == {"campaign": "b"}
