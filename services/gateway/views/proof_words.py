"""Why a mismatch is laid to its cause, in the reader's language: the service says it by codes, with values.

The messages are collected from the contract, which says each of them in English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.gateway.views.codes.money import PROOF_FIELDS
from services.gateway.views.filling import filled
from services.gateway.views.words import speech
from shared.contracts.proofs import GROUNDS


def proof_in_words(found: Mapping[str, Any]) -> str:
    """The grounds of a mismatch for the reader; the proof as it came where there are none, or one of tomorrow."""
    grounds: Sequence[Mapping[str, Any]] = found.get("grounds", ())
    if not grounds or any(one["code"] not in GROUNDS for one in grounds):
        return str(found["proof"])
    return "; ".join(_told(one["code"], one["values"]) for one in grounds)


def _told(code: str, values: Mapping[str, int | str]) -> str:
    return filled(speech().catalogue.gettext(GROUNDS[code]), values, field=PROOF_FIELDS)
