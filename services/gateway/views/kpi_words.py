"""How the figures of the calls service are told in the reader's language: its catalogue says it all in English.

The messages are collected from that catalogue, not from here. A formula is told term by term: a service level alone has
more than a hundred of them, of few terms.
"""

from __future__ import annotations

import re

from services.gateway.views.codes import word
from services.gateway.views.codes.calls import RESULTS
from services.gateway.views.words import speech

_SIGNS = re.compile(r"( / | \+ | - | ?\(|\))")
_NUMBER = re.compile(r"\d+")
_PLACE = "%(n)s"


def in_words(text: str) -> str:
    """A name or a note for the reader; as it came, if it is a new one."""
    return speech().catalogue.gettext(text) if text else ""


def formula_in_words(formula: str) -> str:
    """The formula with its signs as they are."""
    return "".join(_told(part) for part in _SIGNS.split(formula))


def label_in_words(label: str, measure: str) -> str:
    """What is counted by a measure: a name, and the part of the formula if it is one of two, or which result."""
    name, colon, part = label.partition(": ")
    field, _colon, entry = measure.partition(":")
    told = str(word(entry, RESULTS)) if field == "dispositions" and entry else formula_in_words(part)
    return in_words(name) + colon + told


def terms_of(formula: str) -> list[str]:
    """The messages that a formula is told with, with a place for a number."""
    return [_NUMBER.sub(_PLACE, part) for part in _SIGNS.split(formula) if part and not _SIGNS.fullmatch(part)]


def _told(part: str) -> str:
    if not part or _SIGNS.fullmatch(part):
        return part
    number = _NUMBER.search(part)
    told = in_words(_NUMBER.sub(_PLACE, part))
    return told.replace(_PLACE, number[0]) if number else told
