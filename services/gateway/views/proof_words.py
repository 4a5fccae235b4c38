"""Why a mismatch is laid to its cause, in the reader's language: the service says it by codes, with values.

The messages are collected from the contract, which says each of them in English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from services.gateway.views.codes import word
from services.gateway.views.codes.money import PROOF_FIELDS
from services.gateway.views.words import decimal, moment, number, of_hundred, speech, zone
from shared.contracts.proofs import GROUNDS

_PLACES: Mapping[str, Callable[[str], str]] = {
    "share": of_hundred,
    "factor": lambda text: decimal(Decimal(text)),
    "expected": lambda text: decimal(Decimal(text)),
    "q": lambda text: text.replace(".", speech().decimal),
    "at": lambda text: f"{moment(text)} {zone()}",
    "field": lambda text: word(text, PROOF_FIELDS),
}


def proof_in_words(found: Mapping[str, Any]) -> str:
    """The grounds of a mismatch for the reader; the proof as it came where there are none, or one of tomorrow."""
    grounds: Sequence[Mapping[str, Any]] = found.get("grounds", ())
    if not grounds or any(one["code"] not in GROUNDS for one in grounds):
        return str(found["proof"])
    return "; ".join(_told(one["code"], one["values"]) for one in grounds)


def _told(code: str, values: Mapping[str, int | str]) -> str:
    return speech().catalogue.gettext(GROUNDS[code]).format(**{name: _value(name, one) for name, one in values.items()})


def _value(place: str, value: int | str) -> str:
    return number(value) if isinstance(value, int) else _PLACES[place](value) if place in _PLACES else value
