"""The words of requests: complete in every language, and in the partner's own."""

from __future__ import annotations

import re
import string
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace as with_

from services.reconciliation.matching.explanations import Explanation, Foretold
from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.layout import Column
from services.reconciliation.matching.outgoing.words import de, en, es, fr, hr, it, pl, pt, ro, serbian, tr
from services.reconciliation.matching.outgoing.words.form import KINDS, Words
from services.reconciliation.matching.request import request
from services.reconciliation.matching.request_words import sentence, words_of
from tests.unit.reconciliation.asked import of_set

SETS = Path(__file__).parents[2] / "fixtures" / "reports"
LANGUAGES: dict[str, Words] = {
    "de": de.WORDS,
    "en": en.WORDS,
    "es": es.WORDS,
    "fr": fr.WORDS,
    "hr": hr.WORDS,
    "it": it.WORDS,
    "pl": pl.WORDS,
    "pt": pt.WORDS,
    "ro": ro.WORDS,
    "tr": tr.WORDS,
    "sr latin": serbian.latin(),
    "sr cyrillic": serbian.cyrillic(),
}
CAUSES = [
    ("timezone_shift", "offset:+60m"),
    ("timezone_shift", "zone:Europe/London"),
    ("dst_hour", "offset:-60m"),
    ("wrong_time", "wrong_time"),
    ("duration_rounding", "round_up:60"),
    ("duration_rounding", "round_nearest:6"),
    ("duration_rounding", "round_down:30"),
    ("wrong_duration", "wrong_duration"),
    ("agent_remap", "from:2025-10-13"),
    ("wrong_agent", "wrong_agent"),
    ("number_format", "sci"),
    ("number_format", "masked"),
    ("number_format", "lost_zero"),
    ("wrong_number", "wrong_number"),
    ("decimal_mixup", "scale:0.01"),
    ("currency_mixup", "ratio:1.95583"),
    ("wrong_amount", "wrong_amount"),
    ("wrong_disposition", "wrong_disposition"),
    ("cancelled_sale_counted", "cancelled_before_cutoff"),
    ("cancelled_sale_counted", "cancelled_after_cutoff"),
    ("sale_not_cancelled", "cancelled_without_event"),
    ("phantom_sale", "sale_without_order"),
    ("sale_not_reported", "sale_not_reported"),
    ("duplicate_line", "reported_twice"),
    ("duplicate_block", "block:12"),
    ("extra_line", "never_happened"),
    ("missing_line", "omitted"),
    ("missing_line", "omitted:campaign=SPRING"),
    ("missing_day", "day:2025-10-09"),
    ("month_boundary", "cutoff:2025-09-30T22:00Z/2025-10-31T23:00Z"),
    ("month_boundary", "outside"),
]


def explained(kind: str, cause: str) -> Explanation:
    return Explanation("E1", kind, cause, "partner", "proven", 9, 0, 0, "", Foretold(15, 148, 149), True, [])


@pytest.fixture(scope="module")
def month() -> Kept:
    return of_set(SETS / "r05_sr").kept


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_all_that_english_says(language: str) -> None:
    words = LANGUAGES[language]
    assert tuple(words.causes) == KINDS
    assert words.where.keys() == en.WORDS.where.keys()
    for kind in KINDS:
        assert names(words.causes[kind]) == names(en.WORDS.causes[kind]), kind
        assert words.causes[kind].endswith(".")
        assert "  " not in words.causes[kind]
    for one in fields(Words):
        told, english = getattr(words, one.name), getattr(en.WORDS, one.name)
        if isinstance(told, str) and one.name not in ("date", "moment", "mark"):
            assert names(told) == names(english), one.name
            assert told.strip() == told != ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "cause"), CAUSES)
def test_every_cause_has_a_sentence(language: str, kind: str, cause: str, month: Kept) -> None:
    text = sentence(explained(kind, cause), month, LANGUAGES[language])
    assert not re.search(r"[{}]", text)
    value = cause.partition(":")[2]
    if kind in ("agent_remap", "missing_day"):
        assert re.search(r"(13|09)\D+10|10\D+(13|09)", text)
    elif kind in ("duration_rounding", "timezone_shift", "dst_hour", "duplicate_block") and kind != "duplicate_block":
        assert value.removesuffix("m") in text
    elif kind == "missing_line" and value:
        assert "SPRING" in text


def test_every_kind_of_sentence_is_reached(month: Kept) -> None:
    texts = {sentence(explained(kind, cause), month, en.WORDS) for kind, cause in CAUSES}
    assert len(texts) == len(CAUSES) == len(KINDS)


def test_decimal_marks_are_those_of_the_language(month: Kept) -> None:
    one = explained("decimal_mixup", "scale:0.01")
    assert "0,01" in sentence(one, month, de.WORDS)
    assert "0.01" in sentence(one, month, en.WORDS)


def written_in(month: Kept, country: str, label: str, language: str = "hr") -> Words:
    column = Column(label=label, field="datetime")
    profile = with_(month.profile, language=language, columns=(column,))
    return words_of(replace(month, profile=profile, basis=with_(month.basis, country=country)))


def test_serbia_gets_its_own_forms_and_its_own_script(month: Kept) -> None:
    sarajevo = written_in(month, "BA", "Vrijeme")
    belgrade = written_in(month, "RS", "Vreme")
    cyrillic = written_in(month, "RS", "Време")
    assert "izvještaj" in sarajevo.opening
    assert "izveštaj" in belgrade.opening
    assert "извештај" in cyrillic.opening
    assert "{due}" in cyrillic.opening
    assert cyrillic.date == belgrade.date
    ijekavian = re.compile(r"ije(?!dn)|rje[dk]|mje|vje", re.IGNORECASE)
    for text in [belgrade.opening, belgrade.attached, belgrade.only, *belgrade.causes.values()]:
        assert not ijekavian.search(re.sub("nije|drugačije", "", text)), text
    plain = re.sub(r"\{\w+\}", "", " ".join([cyrillic.opening, *cyrillic.causes.values()]))
    assert not re.search(r"[A-Za-zšđčćž]", plain)


def test_digraphs_are_one_letter() -> None:
    assert serbian.in_cyrillic("Njegov džep, ljudi {zone}") == "Његов џеп, људи {zone}"


def test_an_unknown_language_is_answered_in_english(month: Kept) -> None:
    assert written_in(month, "CZ", "Datum", "cs") is en.WORDS


def test_a_letter_has_a_paragraph_a_cause_with_its_proof() -> None:
    asked = of_set(SETS / "r03_de")
    letter = request(asked.kept, asked.data, asked.mismatches, date(2025, 12, 5)).letter
    assert letter.startswith("# Bitte um einen berichtigten Bericht: 10/2025\n")
    assert "05.12.2025" in letter
    assert letter.count("\n## ") == len([one for one in asked.kept.explanations if one.party != "own"])
    assert re.search(r"Betroffene Zeilen: \d+\. Zeitraum: \d\d\.10\.2025 \d\d:\d\d bis", letter)
    assert re.search(r"richtig vorhergesagt \(\d+ von \d+\)", letter)
    factor = next(part for part in letter.split("\n## ") if "mal 100;" in part)
    assert re.search(r"zählt Ihr Bericht für diese Zeilen \d+,\d\d EUR mehr als wir", factor)
    examples = re.findall(r"- Zeile (\d+): [^:]+: gemeldet \S+, erwartet \S+", factor)
    assert 1 <= len(examples) <= 5
    assert set(examples) <= set(asked.report.lines["line"])
