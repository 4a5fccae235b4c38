"""What a stored number of a workbook means under its cell's number format."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

EPOCH = date(1899, 12, 30)
EPOCH_1904 = date(1904, 1, 1)
LEAP_THAT_WAS_NOT = 60
"""The day number that Excel gives to 29 February 1900; those before it are one too low."""
DAYS = 2_958_466
DIGITS = 15
"""Significant digits of a number in a workbook; what follows is the noise of its binary form."""
LONGEST = 40
"""Digits beyond which a number stays as it is stored."""
SECONDS_A_DAY = 86_400

_BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)), "date"),
    **dict.fromkeys((18, 19, 20, 21, *range(32, 36), 45, 46, 47), "time"),
    22: "datetime",
}


def date_formats(styles: list[int], codes: dict[int, str]) -> list[str]:
    """For each cell style what its numbers are: `date`, `time`, `datetime`, or nothing for a plain number."""
    kinds = {number: _kind(code) for number, code in codes.items()}
    return [kinds.get(number, _BUILT_IN.get(number, "")) for number in styles]


def _kind(code: str) -> str:
    code = code.split(";")[0]
    lasting = re.search(r"\[(h+|m+|s+)\]", code, re.IGNORECASE)
    if lasting:
        return "time"
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|AM/PM|A/P', "", code, flags=re.IGNORECASE).lower()
    if "general" in bare or re.search(r"[0#?]", re.sub(r"s\.0+", "s", bare)):
        return ""
    day = bool(re.search(r"[yd]", bare))
    clock = bool(re.search(r"[hs]", bare))
    if "m" in bare and not clock:
        day = True
    return "datetime" if day and clock else "date" if day else "time" if clock else ""


def shown(stored: str, kind: str, epoch_1904: bool) -> str:
    """A number as text: digits without exponent, or a date, time or length of time in ISO order to the second."""
    if not kind:
        return stored if stored.isdigit() and len(stored) <= DIGITS else _digits(stored)
    try:
        number = Decimal(stored)
    except InvalidOperation:
        return stored
    if number < 0 or number >= DAYS:
        return _digits(stored)
    days, seconds = divmod(int((number * SECONDS_A_DAY).to_integral_value("ROUND_HALF_UP")), SECONDS_A_DAY)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if kind == "time" and days < 10_000:
        return f"{days * 24 + hours:02d}:{minutes:02d}:{seconds % 60:02d}"
    epoch = EPOCH_1904 if epoch_1904 else EPOCH + timedelta(days=days < LEAP_THAT_WAS_NOT)
    day = epoch + timedelta(days=days)
    if kind == "date" and not seconds:
        return day.isoformat()
    return f"{day.isoformat()} {hours:02d}:{minutes:02d}:{seconds % 60:02d}"


def _digits(stored: str) -> str:
    try:
        number = Decimal(stored)
    except InvalidOperation:
        return stored
    if not number.is_finite() or abs(number.adjusted()) > LONGEST:
        return stored
    if number and len(number.as_tuple().digits) > DIGITS:
        number = round(number, DIGITS - 1 - number.adjusted())
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
