"""Telephone numbers in E.164, with what was damaged on the way and what is left to find them by."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers
import polars as pl

FORMS = ("", "e164", "e164_noplus", "intl00", "national", "bare")
"""How most numbers of a column are written: +49.., 49.., 0049.., 0176.., or without the leading zero.
Empty: not seen, as in a column of damaged numbers."""

SHORTEST_KEY = 5
"""Digits before a mask below which they tell nothing."""

_SCIENTIFIC = r"^\d(?:[.,]\d+)?e\+?\d{1,2}$"
_PREFIX = r"^(?:tel|phone|sip)[.:]*\s*"
_MASK = r"[x*•#?_…]"
_LOOKS = r"^\+?[\d\s()./\-–x*•#?_…]+$"


@dataclass(frozen=True)
class Plan:
    """A country's numbering: its calling code, the trunk prefix before national numbers, what those look like."""

    code: str
    trunk: str
    national: str


def plan_of(country: str | None) -> Plan | None:
    """The numbering plan of an ISO 3166 country; None if it is not given or not known."""
    if not country:
        return None
    data = phonenumbers.PhoneMetadata.metadata_for_region(country.upper(), None)
    if data is None or data.general_desc is None or data.general_desc.national_number_pattern is None:
        return None
    pattern = re.sub(r"\s", "", data.general_desc.national_number_pattern)
    return Plan(str(data.country_code), data.national_prefix or "", f"^(?:{pattern})$")


def looks_like_phone(texts: pl.Series) -> pl.Series:
    """Which texts could be telephone numbers."""
    low = texts.str.strip_chars().str.to_lowercase().str.replace(_PREFIX, "")
    enough = low.str.count_matches(r"[\dx*•#]").is_between(7, 17)
    return (low.str.contains(_LOOKS) & enough & ~low.str.contains(_DATE_LIKE)) | low.str.contains(_SCIENTIFIC)


_DATE_LIKE = r"^\d{1,4}[./-]\d{1,2}[./-]\d{2,4}"


def _cleaned(texts: pl.Series) -> pl.Series:
    return (
        texts.str.strip_chars()
        .str.to_lowercase()
        .str.replace(_PREFIX, "")
        .str.replace(r"^(\d+)[.,]0$", "$1")
        .str.replace_all(r"\(0\)", "")
        .str.replace_all(r"[\s().\-–/'\"]+", "")
        .str.replace(r"^00", "+")
    )


def form_of(texts: pl.Series, plan: Plan | None) -> str:
    """How most numbers of a column are written."""
    raw = texts.drop_nulls()
    clean = _cleaned(raw)
    clean = clean.filter(clean.str.contains(r"\d{5}") & ~raw.str.to_lowercase().str.contains(_SCIENTIFIC))
    if not len(clean):
        return ""
    plus = clean.str.starts_with("+")
    counts = {
        "intl00": int(raw.str.contains(r"^\s*00").sum()),
        "e164": int(plus.sum()),
    }
    counts["e164"] -= counts["intl00"]
    rest = clean.filter(~plus)
    if plan is None:
        counts["e164_noplus"] = len(rest)
        return max(counts, key=lambda form: counts[form])
    whole = _full(rest, plan)
    with_trunk = rest.str.starts_with(plan.trunk) if plan.trunk else rest.str.contains(plan.national)
    counts["e164_noplus"] = int(whole.sum())
    counts["national"] = int((with_trunk & ~whole).sum())
    counts["bare"] = int((~with_trunk & rest.str.contains(plan.national) & ~whole).sum())
    return max(counts, key=lambda form: counts[form])


def _full(digits: pl.Series, plan: Plan) -> pl.Series:
    """Which digits are the calling code and a national number behind it."""
    rest = digits.str.slice(len(plan.code))
    masked = rest.str.contains(_MASK)
    return digits.str.starts_with(plan.code) & (
        rest.str.contains(plan.national) | (masked & (rest.str.len_chars() >= 7))
    )


def e164(texts: pl.Series, plan: Plan | None, form: str) -> pl.DataFrame:
    """Each number: `phone` (E.164; null if damaged or none), `phone_damage` (null, sci, masked, lost_zero),
    `phone_key` and `phone_tail`.

    `phone_key` has the digits, calling code first, that are sure to open the number: all of them, those before a
    mask, or the mantissa of scientific notation (rounded, so that its last digit is the nearest, not the next).
    `phone_tail` has the digits behind a mask.
    """
    low = texts.str.strip_chars().str.to_lowercase()
    sci = low.str.contains(_SCIENTIFIC).fill_null(False)
    clean = _cleaned(texts)
    masked = (clean.str.contains(_MASK) & clean.str.contains(rf"^\+?(?:\d|{_MASK})+$") & ~sci).fill_null(False)
    usable = clean.str.contains(r"^\+?\d{4,17}$").fill_null(False) & ~sci
    body = clean.set(~(usable | masked), None)
    plus = body.str.starts_with("+").fill_null(False)
    bare = body.str.strip_prefix("+")
    nothing = pl.Series([False]).new_from_index(0, len(texts))
    if plan is None:
        full, lost = bare, nothing
    else:
        full, lost = _international(bare, plus, plan, form)
    digits = full.set(~usable, None)
    fits = digits.str.len_chars().is_between(7, 15).fill_null(False)
    key, tail = digits.set(~fits, None), full.clear(len(full))
    if masked.any():
        opened = full.str.extract(rf"^(\d*){_MASK}").set(~masked, None)
        tail = full.str.extract(rf"{_MASK}(\d+)$").set(~masked, None)
        key = key.fill_null(opened.set((opened.str.len_chars() < SHORTEST_KEY).fill_null(False), None))
    if sci.any():
        key = key.fill_null(_mantissa(low.set(~sci, None), plan))
    damage = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
    damage = damage.set(lost & usable, "lost_zero").set(masked, "masked").set(sci, "sci")
    return pl.DataFrame(
        {"phone": ("+" + digits).set(~fits, None), "phone_damage": damage, "phone_key": key, "phone_tail": tail}
    )


def _international(bare: pl.Series, plus: pl.Series, plan: Plan, form: str) -> tuple[pl.Series, pl.Series]:
    """Digits with the calling code first, and which of them had lost a leading zero."""
    length = len(plan.trunk)
    trunk = bare.str.starts_with(plan.trunk) & ~plus if plan.trunk else plus & False
    # +49 0176: a trunk prefix behind the calling code. Where numbers keep their zero abroad there is none to drop.
    doubled = plus & bare.str.starts_with(plan.code + plan.trunk) if plan.trunk else plus & False
    whole = _full(bare, plan) & ~plus & ~trunk
    national = bare.str.contains(plan.national) & ~plus & ~trunk
    open_mask = bare.str.contains(_MASK) & ~plus & ~trunk & ~whole
    national = (national & (~whole if form != "bare" else ~open_mask)) | open_mask
    without = bare.str.slice(len(plan.code) + length)
    result = (
        bare.zip_with(~trunk.fill_null(False), plan.code + bare.str.slice(length))
        .zip_with(~doubled.fill_null(False), plan.code + without)
        .zip_with(~national.fill_null(False), plan.code + bare)
    )
    lost = national & ~open_mask if plan.trunk.startswith("0") else plus & False
    return result, lost.fill_null(False)


def _mantissa(low: pl.Series, plan: Plan | None) -> pl.Series:
    parts = low.str.extract_groups(r"^(\d)(?:[.,](\d+))?e\+?(\d+)$").struct.unnest()
    first, behind, exponent = (parts[name] for name in parts.columns)
    digits = first + behind.fill_null("")
    if plan is None:
        return digits
    length = exponent.cast(pl.Int32) + 1
    sample = digits.str.pad_end(20, "0")
    head = pl.DataFrame({"s": sample, "n": length}).select(pl.col("s").str.head(pl.col("n")))["s"]
    whole = _full(head, plan)
    national = head.str.contains(plan.national) & ~whole
    return digits.zip_with(~national.fill_null(False), plan.code + digits)
