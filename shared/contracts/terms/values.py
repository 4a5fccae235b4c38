"""The values that terms are made of: rates and shares as exact decimal texts, names, clock times, currencies."""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Annotated

import msgspec

EXACT = Context(prec=100, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""For sums and products of terms: what could not be exact raises."""

DECIMAL = msgspec.Meta(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,8})?$")
Rate = Annotated[str, DECIMAL]
"""A price in minor units of the contract's currency, as a decimal text: `"8.5"` is eight and a half cents."""
Percent = Annotated[str, DECIMAL]
"""A share in per cent, as a decimal text: `"12.5"`."""

Name = Annotated[str, msgspec.Meta(pattern=r"^[^\[\]]{1,200}$")]
"""The name of a thing in a list, unique there; it stands in field paths, `scripts[inbound]`, so it has no brackets."""
Minor = Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
"""An amount in integer minor units of the contract's currency."""
Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
"""A number of things, seconds or days."""
Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]
"""A number of days."""
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
"""A time of day in the contract's zone, `08:30`; `24:00` is the end of the day."""

_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
CURRENCIES: dict[str, int] = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}
"""The currencies of ISO 4217 in which somebody pays, with the number of digits of their minor unit."""


def exact(text: str) -> Decimal:
    """The number that a rate or a share says."""
    return EXACT.create_decimal(text)


def plain(number: Decimal) -> str:
    """A number without an exponent and without zeros at its end: equal numbers are equal texts."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def shown(minor: int, currency: str) -> str:
    """An amount for people: `1234` of EUR is `12.34 EUR`."""
    digits = CURRENCIES.get(currency, 2)
    return f"{format(Decimal(minor).scaleb(-digits), f'.{digits}f')} {currency}"
