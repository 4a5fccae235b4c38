"""How long a call took: texts as whole seconds, the unit found from the column's label and its values."""

from __future__ import annotations

import re

import polars as pl

from services.reconciliation.matching.words import folded

UNITS = ("s", "min", "h", "ms", "m:ss", "h:mm", "h:mm:ss", "words", "iso", "days")
"""Seconds, decimal minutes or hours, milliseconds, clock shapes, `5m 32s`, PT5M32S, or days as spreadsheets count."""

_SCALE = {"s": 1.0, "min": 60.0, "h": 3600.0, "ms": 0.001, "days": 86_400.0}

_CLOCK = r"^(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d)(?:[.,]\d+)?$"
_WORDS = (
    r"^(?:(\d+)\s*(?:h|std|stunden?|stunde|hours?|hrs?|heures?|horas?|ore|ora|sati?|saat|godz|ч)\.?\s*)?"
    r"(?:(\d+)\s*(?:m|min|mins|minutes?|minuten?|minuti|minutos?|minuta|minut|minute|dk|dakika|мин|′|')\.?\s*)?"
    r"(?:(\d+)\s*(?:s|sec|secs|seconds?|sek|sekunden?|secondi|segundos?|sekund\w*|secunde|sn|saniye|сек|″|\"|'')\.?)?$"
)
_ISO = r"^pt(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)(?:[.,]\d+)?s)?$"
_NUMBER = r"^\d{1,9}(?:[.,]\d+)?$"
_THOUSANDS = r"^\d{1,3}[.,'’ ]\d{3}$"

_LABELLED: tuple[tuple[str, str], ...] = (
    (r"h{1,2}:mm:ss|hh:mm:ss|h:m:s|hms", "h:mm:ss"),
    (r"m{1,2}:ss|m:s", "m:ss"),
    (r"h{1,2}:mm", "h:mm"),
)
_LABEL_WORDS: tuple[tuple[str, str], ...] = (
    (r"ms|msec|millis\w*", "ms"),
    (r"s|sec|secs|seconds?|sek|sekund\w*|secondes?|segundos?|secondi|saniye|sn|secunde|seg", "s"),
    (r"m|min|mins|minutes?|minuten|minutos?|minuti|minuta|minuty|minut|dk|dakika|minute", "min"),
    (r"h|hrs?|hours?|std|stunden|heures|horas|ore|sati|saat|godz|godziny", "h"),
)

TYPICAL_SECONDS, TYPICAL_MILLISECONDS = 15.0, 15_000.0
"""A column's middle value from which its numbers are seconds, not minutes, and milliseconds, not seconds."""


def said_unit(label: str) -> str | None:
    """The unit that a column's label names, most often in brackets."""
    inside = " ".join(re.findall(r"[(\[]([^)\]]*)[)\]]", label)).lower()
    for pattern, unit in _LABELLED:
        if re.search(rf"\b(?:{pattern})\b", inside or label.lower()):
            return unit
    for place in (folded(inside), folded(label).split(" ")[-1] if folded(label) else ""):
        for pattern, unit in _LABEL_WORDS:
            if place and re.fullmatch(pattern, place) and not (place == folded(label) and len(place) == 1):
                return unit
    return None


def is_duration(texts: pl.Series) -> pl.Series:
    """Which texts could say how long something took."""
    low = texts.str.strip_chars().str.to_lowercase()
    return (
        low.str.contains(_CLOCK)
        | low.str.contains(_NUMBER)
        | low.str.contains(_ISO)
        | (low.str.contains(_WORDS) & (low != ""))
    )


def unit_of(texts: pl.Series, label: str) -> tuple[str, bool]:
    """The unit of a column, and whether it is certain."""
    low = texts.drop_nulls().str.strip_chars().str.to_lowercase()
    low = low.filter(low != "")
    if not len(low):
        return "s", False
    clock = low.filter(low.str.contains(_CLOCK))
    said = said_unit(label)
    if len(clock) * 2 > len(low):
        three = clock.str.count_matches(":") == 2
        if float(three.sum()) > 0.5 * len(clock):
            return "h:mm:ss", True
        if said in ("h:mm", "h") or (said == "h:mm:ss" and not three.any()):
            return "h:mm", said == "h:mm"
        return "m:ss", True
    if float(low.str.contains(_ISO).sum()) > 0.5 * len(low):
        return "iso", True
    numbers = low.filter(low.str.contains(_NUMBER))
    if len(numbers) * 2 < len(low):
        return "words", True
    values = numbers.str.replace(",", ".").cast(pl.Float64)
    values = values.filter(values > 0)
    middle = values.median() if len(values) else None
    if said in _SCALE:
        return said, True
    if not isinstance(middle, float):
        return "s", False
    if middle < 0.05 and float(values.max() or 0) < 1:  # type: ignore[arg-type]
        return "days", True
    if middle >= TYPICAL_MILLISECONDS:
        return "ms", True
    return ("s", middle >= 2 * TYPICAL_SECONDS) if middle >= TYPICAL_SECONDS else ("min", middle < TYPICAL_SECONDS / 2)


def seconds(texts: pl.Series, unit: str) -> pl.DataFrame:
    """`duration_s` (whole seconds, halves up; null if unreadable) and `duration_resolution_s`: how fine the unit is."""
    low = texts.str.strip_chars().str.to_lowercase()
    clock = low.str.extract_groups(_CLOCK).struct.unnest()
    parts = [clock[name].cast(pl.Int64, strict=False) for name in clock.columns]
    if unit == "h:mm":
        whole = (parts[1] * 3600 + parts[2] * 60).zip_with(
            parts[0].is_null(), parts[0] * 3600 + parts[1] * 60 + parts[2]
        )
    else:
        whole = parts[0].fill_null(0) * 3600 + parts[1] * 60 + parts[2]
    for pattern in (_ISO, _WORDS):
        named = low.filter(whole.is_null() & low.is_not_null() & low.str.contains(r"[^\d.,]").fill_null(False))
        if len(named):
            groups = low.set((low == "").fill_null(False), None).str.extract_groups(pattern).struct.unnest()
            h, m, s = (groups[name].cast(pl.Int64, strict=False) for name in groups.columns)
            any_part = h.is_not_null() | m.is_not_null() | s.is_not_null()
            total = h.fill_null(0) * 3600 + m.fill_null(0) * 60 + s.fill_null(0)
            whole = whole.fill_null(total.set(~any_part, None))
    number, digits = _numbers(low, unit)
    scale = _SCALE.get(unit, 1.0)
    measured = (number * scale + 1e-7 + 0.5).floor().cast(pl.Int64)
    resolution = 60 if unit == "h:mm" else max(1, int(scale / 10**digits)) if unit in ("min", "h") else 1
    return pl.DataFrame(
        {
            "duration_s": whole.fill_null(measured),
            "duration_resolution_s": pl.Series([resolution], dtype=pl.Int32).new_from_index(0, len(low)),
        }
    )


def _numbers(low: pl.Series, unit: str) -> tuple[pl.Series, int]:
    """The plain numbers of a column, and how many digits stand behind their decimal mark at most."""
    plain = low.filter(low.str.contains(_NUMBER).fill_null(False))
    behind = plain.str.extract(r"[.,](\d+)$").str.len_chars()
    if unit == "s":
        grouped = low.str.contains(_THOUSANDS).fill_null(False)
        if grouped.any() and bool((behind.drop_nulls() == 3).all()):
            low = low.str.replace_all(r"[.,'’ ]", "").zip_with(grouped, low)
            behind = behind.clear()
    matches = low.str.contains(_NUMBER).fill_null(False)
    number = low.str.replace(",", ".").zip_with(matches, low.clear(len(low))).cast(pl.Float64, strict=False)
    return number, int(behind.max() or 0)  # type: ignore[arg-type]
