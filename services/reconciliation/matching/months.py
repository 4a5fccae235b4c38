"""The names of months, days and halves of the day in texts, replaced by numbers and `am`, `pm`."""

from __future__ import annotations

import re

import polars as pl

from services.reconciliation.matching.words import folded

_COMMON = (
    "january jan januar janner janvier janv januari enero ene gennaio gen janeiro ianuarie ian ocak siječanj",
    "february feb februar fevrier fev fevr febrero febbraio fevereiro februarie subat veljaca",
    "march mar marz mars marzo marco martie mart ozujak mrz",
    "april apr avril avr abril abr aprile aprilie nisan travanj",
    "may mai mayo maggio mag maio maj mayis svibanj",
    "june jun juni juin junio giugno giu junho iunie iun haziran lipanj",
    "july jul juli juillet juil julio luglio lug julho iulie iul temmuz srpanj",
    "august aug aout agosto ago avgust avg agustos kolovoz",
    "september sep sept septembre septiembre settembre set setembro septembrie septembar eylul rujan",
    "october oct oktober okt octobre octubre ottobre ott outubro out octombrie oktobar ekim",
    "november nov novembre noviembre novembro noiembrie novembar kasim studeni",
    "december dec dezember dez decembre diciembre dic dicembre dezembro decembrie decembar aralik prosinac",
)
_POLISH = (
    "styczen stycznia sty",
    "luty lutego lut",
    "marzec marca mar",
    "kwiecien kwietnia kwi",
    "maj maja",
    "czerwiec czerwca cze",
    "lipiec lipca lip",
    "sierpien sierpnia sie",
    "wrzesien wrzesnia wrz",
    "pazdziernik pazdziernika paz",
    "listopad listopada lis",
    "grudzien grudnia gru",
)
_CROATIAN_OCTOBER = ("listopad", "listopada", "lis")

HALVES = re.compile(
    r"(?P<am>\ba\.? ?m\.?(?![a-z0-9])|\böö\b|\bpre podne\b|\bprije podne\b|\bпре подне\b|\bvorm(?:ittags|\.)?)"
    r"|(?P<pm>\bp\.? ?m\.?(?![a-z0-9])|\bös\b|\bpo podne\b|\bposlije podne\b"
    r"|\bпо подне\b|\bposle podne\b|\bnachm(?:ittags|\.)?)"
)
_WORD = re.compile(r"[^\W\d_]+\.?")
_KEPT = {"am", "pm", "t", "z", "utc", "gmt", "h", "s", "m"}


def month_names(language: str) -> dict[str, int]:
    """The names of months, folded, and which month each is."""
    names = {folded(name): number for number, line in enumerate(_COMMON, 1) for name in line.split()}
    if language == "pl":
        names |= {name: number for number, line in enumerate(_POLISH, 1) for name in line.split()}
    else:
        names |= {name: number for number, line in enumerate(_POLISH, 1) for name in line.split() if name not in names}
        if language == "hr":
            names |= dict.fromkeys(_CROATIAN_OCTOBER, 10)
    return names


def without_names(texts: pl.Series, language: str) -> pl.Series:
    """Dates and times in lower case, a month's name written `m10`, halves of the day `am` and `pm`, the names of days
    and small words left out. A name that means two months is read as in `language`."""
    plain = texts.str.strip_chars().str.to_lowercase().str.replace_all("[\u00a0\u202f\u2009]", " ")
    lettered = ~plain.str.contains(r"^[\d\s./:,+\-tz]*(?:[ap]m)?$")
    if not lettered.any():
        return plain
    months = month_names(language)

    def replaced(text: str) -> str:
        text = HALVES.sub(lambda half: " am " if half["am"] else " pm ", text)

        def word(found: re.Match[str]) -> str:
            bare = found[0].rstrip(".")
            if bare in _KEPT:
                return bare
            number = months.get(folded(bare))
            return f" m{number} " if number else " "

        return re.sub(r"\s+", " ", _WORD.sub(word, text)).strip(" ,")

    unique = plain.filter(lettered.fill_null(False)).unique()
    return plain.replace(unique, pl.Series([replaced(text) for text in unique.to_list()], dtype=pl.String))
