"""What a sale was worth: texts as integer minor units, the marks found from the whole column. No float is used."""

from __future__ import annotations

import re

import msgspec
import polars as pl

from services.reconciliation.matching.words import folded

_WITHOUT_MINOR = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})

LONGEST = 15
"""Digits before the decimal mark beyond which an amount is none, and would not fit."""

SIGNS: dict[str, str] = {
    "€": "EUR",
    "euro": "EUR",
    "eur": "EUR",
    "euros": "EUR",
    "$": "USD",
    "us$": "USD",
    "£": "GBP",
    "gbp": "GBP",
    "km": "BAM",
    "bam": "BAM",
    "konv mark": "BAM",
    "din": "RSD",
    "dinara": "RSD",
    "rsd": "RSD",
    "zl": "PLN",
    "pln": "PLN",
    "lei": "RON",
    "leu": "RON",
    "ron": "RON",
    "tl": "TRY",
    "₺": "TRY",
    "try": "TRY",
    "lira": "TRY",
    "kc": "CZK",
    "ft": "HUF",
    "fr": "CHF",
    "sfr": "CHF",
    "lv": "BGN",
    "leva": "BGN",
    "den": "MKD",
    "kn": "HRK",
    "r$": "BRL",
    "dt": "TND",
}
CODES = frozenset(
    re.findall(
        r"\w+",
        "EUR USD GBP BAM RSD PLN RON TRY CZK HUF CHF BGN MKD HRK BRL MXN ARS CLP COP PEN CAD AUD NZD SEK NOK DKK ISK "
        "ALL MDL UAH GEL AED SAR EGP MAD TND DZD ZAR INR PHP JPY CNY KRW KWD BHD OMR JOD XOF XAF",
    )
)


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """The marks in numbers: `decimal`, and `thousands` (empty: not seen). `certain`: whether the values prove them."""

    decimal: str
    thousands: str = ""
    certain: bool = True


def minor_digits(currency: str | None) -> int:
    """How many digits a currency has behind the decimal mark."""
    return 0 if currency in _WITHOUT_MINOR else 3 if currency in _THOUSANDTHS else 2


def currency_of(text: str) -> str | None:
    """The ISO 4217 code that a text names by code, sign or word; None where it names none."""
    bare = text.strip().strip(".").upper()
    if bare in CODES:
        return bare
    return SIGNS.get(text.strip().lower()) or SIGNS.get(folded(text))


def bare(texts: pl.Series) -> pl.Series:
    """Numbers without currencies, blanks and dashes for no cents; a minus sign stands before."""
    text = (
        texts.str.strip_chars()
        .str.replace_all("[−–—]", "-")
        .str.replace(r"^(-?)(?:[\p{L}\p{Sc}]+\.?\s*)+", "$1")
        .str.replace(r"\s*(?:[\p{L}\p{Sc}]+\.?\s*)+$", "")
        .str.replace_all("[’`´]", "'")
        .str.replace_all(r"(\d)\s+(\d)", "$1'$2")
        .str.replace_all(r"\s", "")
        .str.replace(r"[.,]-+$", "")
    )
    bracketed = text.str.extract(r"^\((.+)\)$")
    behind = text.str.extract(r"^([\d.,']+)-$")
    return (("-" + bracketed).fill_null("-" + behind)).fill_null(text).str.strip_prefix("+")


def is_amount(texts: pl.Series) -> pl.Series:
    """Which texts could be amounts."""
    return bare(texts).str.contains(r"^-?\d[\d.,']*$|^-?$")


def marks_of(texts: pl.Series, hint: str) -> Marks:
    """The decimal and thousands marks of a column; `hint` is the decimal mark where the values leave it open."""
    numbers = bare(texts.drop_nulls())
    both = numbers.str.contains(r"\..*,|,.*\.")
    last = numbers.filter(both).str.extract(r"([.,])\d*$")
    single = numbers.filter(~both)
    ending = single.str.extract(r"^-?[\d']+([.,])(?:\d{1,2}|\d{4,})$")
    several = single.str.extract(r"^-?\d{1,3}(?:([.,])\d{3}){2,}$")
    zero_led = single.str.extract(r"^-?0([.,])\d+$")
    votes = dict.fromkeys(".,", 0)
    for found, groups in ((last, False), (ending, False), (zero_led, False), (several, True)):
        for mark, opposite in ((".", ","), (",", ".")):
            votes[opposite if groups else mark] += int((found == mark).sum())
    apostrophe = bool(numbers.str.contains("'").any())
    open_groups = single.str.contains(r"^-?[1-9]\d{0,2}[.,]\d{3}$").any()
    if votes["."] == votes[","]:
        decimal, certain = hint, not open_groups and not votes["."]
    else:
        decimal = max(votes, key=lambda mark: votes[mark])
        certain = votes["."] * votes[","] == 0
    other = "," if decimal == "." else "."
    grouped = bool(numbers.str.contains(rf"\d\{other}\d{{3}}").any())
    return Marks(decimal=decimal, thousands="'" if apostrophe else other if grouped else "", certain=certain)


def minor_units(texts: pl.Series, native: pl.Series | None, marks: Marks, digits: int) -> pl.DataFrame:
    """`amount_minor` (null where empty or unreadable), `unreadable` and `rounded` (more digits than the currency has).

    `native` marks the cells that are numbers in a workbook: those have a point whatever the partner writes in texts.
    A number must be written by the marks throughout; one that is not is unreadable and never guessed.
    """
    text = bare(texts)
    text = text.set(text.is_in(["", "-"]), None)
    point, comma = ("\\.", ",") if marks.decimal == "." else (",", "\\.")
    written = rf"^(-?)(\d{{1,3}}(?:[{comma}']\d{{3}})+|\d+)(?:{point}(\d+))?$"
    groups = text.str.extract_groups(written).struct.unnest()
    sign, whole, frac = (groups[name] for name in groups.columns)
    if native is not None and native.any():
        plain = text.str.extract_groups(r"^(-?)(\d+)(?:\.(\d+))?$").struct.unnest()
        is_native = native.fill_null(False)
        sign, whole, frac = (
            plain[n].zip_with(is_native, own) for n, own in zip(plain.columns, (sign, whole, frac), strict=True)
        )
    plain_whole = whole.str.replace_all(r"[.,']", "")
    short = plain_whole.set((plain_whole.str.len_chars() > LONGEST).fill_null(False), None)
    units = short.cast(pl.Int64, strict=False) * 10**digits
    padded = frac.fill_null("").str.pad_end(digits + 1, "0")
    cents = padded.str.head(digits).cast(pl.Int64, strict=False) if digits else units * 0
    up = (padded.str.slice(digits, 1).cast(pl.Int64, strict=False).fill_null(0) >= 5).cast(pl.Int64)
    total = units + cents + up
    return pl.DataFrame(
        {
            "amount_minor": total.zip_with((sign != "-").fill_null(True), -total),
            "unreadable": texts.str.contains(r"[\p{L}\d]").fill_null(False) & total.is_null(),
            "rounded": (frac.str.slice(digits).str.strip_chars("0") != "").fill_null(False) & total.is_not_null(),
        }
    )


def currencies(texts: pl.Series) -> pl.Series:
    """The currency that each text names beside its number, or by itself."""
    named = texts.str.extract(r"([\p{L}\p{Sc}]+\$?)")
    unique = named.drop_nulls().unique()
    known = pl.Series([currency_of(text) for text in unique.to_list()], dtype=pl.String)
    return named.replace_strict(unique, known, default=None, return_dtype=pl.String)
