"""What holds a partner up, in the reader's language: the partners service says it by codes, with figures and ids."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.gateway.views.codes import word
from services.gateway.views.codes.partners import GATE_CONDITIONS, LEARNING_VERDICTS, RAMP_CRITERIA
from services.gateway.views.words import _, decimal, number, of_hundred

Told = Mapping[str, Any]
NAMED_AT_MOST = 5


def condition_in_words(unmet: Told) -> str:
    """A condition that does not hold, with what is still open of it."""
    text = GATE_CONDITIONS.get(unmet["condition"])
    if text is None:
        return str(unmet["says"])
    open_ = [f"{ref} ({says})" if says else ref for ref, says in sorted(unmet["open"].items())]
    if not open_:
        return str(text)
    named, more = ", ".join(open_[:NAMED_AT_MOST]), len(open_) - NAMED_AT_MOST
    if more > 0:
        named = " ".join((named, _("and {n} more").format(n=number(more))))
    told = _("Open: {ids}.").format(ids=named)
    return f"{text} {told}"


def criterion_in_words(one: Told) -> str:
    """What a ramp's phase asks for before it is left, with how far it is."""
    text = RAMP_CRITERIA.get(one["code"])
    if text is None:
        return str(one["says"])
    return text.format(**{place: _told(place, value) for place, value in one["values"].items()})


def _told(place: str, value: int | str) -> str:
    match place, value:
        case _, int():
            return number(value)
        case "share", str():
            return of_hundred(value)
        case "expected", str():
            return decimal(Decimal(value))
        case "verdict", str():
            return word(value, LEARNING_VERDICTS)
        case _, str():
            return value
