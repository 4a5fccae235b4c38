"""Serbian out of the text that Bosnian, Croatian and Serbian share: its own forms of words, and its own script."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from services.reconciliation.matching.outgoing.words.form import Words
from services.reconciliation.matching.outgoing.words.hr import WORDS as SHARED

_FORMS = (
    ("ahtjev", "ahtev"),
    ("zvještaj", "zveštaj"),
    ("ljedeć", "ledeć"),
    ("cijel", "cel"),
    ("mijenja", "menja"),
    ("izmijen", "izmen"),
    ("dijelu", "delu"),
    ("predvidjel", "predvidel"),
    ("rimjer", "rimer"),
    ("rijednos", "rednos"),
    ("rijednoš", "rednoš"),
    ("rijeme", "reme"),
    ("pomjer", "pomer"),
    ("vjerovatno", "verovatno"),
    ("mjesec", "mesec"),
    ("Mjesec", "Mesec"),
    ("prije ", "pre "),
    ("zalijepljen", "zalepljen"),
    ("narudžbi ", "porudžbina "),
    ("narudžb", "porudžbin"),
)
"""Stems in which the two ways of writing differ."""

_TWO = {"dž": "џ", "lj": "љ", "nj": "њ", "Dž": "Џ", "Lj": "Љ", "Nj": "Њ"}
_ONE = dict(
    zip("abcčćdđefghijklmnoprsštuvzž", "абцчћдђефгхијклмнопрсштувзж", strict=True),
)
_KEPT = re.compile(r"\{\w+\}|%\w")


def latin() -> Words:
    """Serbian in Latin script."""
    return _each(_serbian)


def cyrillic() -> Words:
    """Serbian in Cyrillic script."""
    return _each(lambda text: in_cyrillic(_serbian(text)))


def _serbian(text: str) -> str:
    for shared, own in _FORMS:
        text = text.replace(shared, own)
    return text


def in_cyrillic(text: str) -> str:
    """A text letter by letter; what is filled in later stays."""
    parts, last = [], 0
    for kept in _KEPT.finditer(text):
        parts += [_letters(text[last : kept.start()]), kept[0]]
        last = kept.end()
    return "".join([*parts, _letters(text[last:])])


def _letters(text: str) -> str:
    for two, one in _TWO.items():
        text = text.replace(two, one)
    return "".join(
        _ONE.get(letter, _ONE[letter.lower()].upper() if letter.lower() in _ONE else letter) for letter in text
    )


def _each(change: Callable[[str], str]) -> Words:
    found: dict[str, Any] = {}
    for one in fields(Words):
        value = getattr(SHARED, one.name)
        found[one.name] = (
            change(value) if isinstance(value, str) else {key: change(text) for key, text in value.items()}
        )
    return Words(**found)
