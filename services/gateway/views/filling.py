"""What services say by codes with values: these put into the reader's text, as the reader's language writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from services.gateway.views.codes import word
from services.gateway.views.words import decimal, number, of_hundred, speech, zoned

PLACES: Mapping[str, Callable[[str], str]] = {
    "share": of_hundred,
    "factor": lambda text: decimal(Decimal(text)),
    "expected": lambda text: decimal(Decimal(text)),
    "q": lambda text: text.replace(".", speech().decimal),
    "at": zoned,
}
"""How what stands in text is written, by its place; what is not here is an id, a day, or somebody's own words."""


def filled(text: str, values: Mapping[str, int | str], **codes: Mapping[str, str]) -> str:
    """`text` with its places filled. `codes`: places of codes, and the words for them."""

    def told(place: str, value: int | str) -> str:
        if isinstance(value, int):
            return number(value)
        if place in codes:
            return word(value, codes[place])
        return PLACES[place](value) if place in PLACES else value

    return text.format(**{place: told(place, value) for place, value in values.items()})
