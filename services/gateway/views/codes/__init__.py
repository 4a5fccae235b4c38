"""The words for codes: every closed vocabulary that a page shows, once, as it is told to readers."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.views.words import UNKNOWN


def word(code: str | None, vocabulary: Mapping[str, str]) -> str:
    """What a code is called; a code without a word is told as it is, without its signs, and none as not known."""
    if not code:
        return UNKNOWN
    return vocabulary.get(code) or code.replace("_", " ").replace("-", " ")
