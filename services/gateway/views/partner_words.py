"""What holds a partner up, in the reader's language: the partners service says it by codes, with figures and ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.gateway.views.codes.partners import GATE_CONDITIONS, LEARNING_VERDICTS, RAMP_CRITERIA
from services.gateway.views.filling import filled
from services.gateway.views.words import _, named

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
    told = _("Open: {ids}.").format(ids=named(open_, NAMED_AT_MOST))
    return f"{text} {told}"


def criterion_in_words(one: Told) -> str:
    """What a ramp's phase asks for before it is left, with how far it is."""
    text = RAMP_CRITERIA.get(one["code"])
    if text is None:
        return str(one["says"])
    return filled(text, one["values"], verdict=LEARNING_VERDICTS)
