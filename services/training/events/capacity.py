"""How many people a partner committed to have there, by language and time of the week."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec

from services.training.events.rotas import Language
from shared.contracts.terms.pricing import Weekday
from shared.contracts.terms.values import ClockTime
from shared.kernel import Event


class Committed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many `people` who speak a language, from `opens` up to `closes` on these days of the week, by the wall clock
    of the partner's staffing."""

    language: Language
    days: Annotated[tuple[Weekday, ...], msgspec.Meta(min_length=1, max_length=7)]
    opens: ClockTime = "00:00"
    closes: ClockTime = "24:00"
    people: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class CapacityCommitted(Event, frozen=True, kw_only=True):
    """From the day `starts` on the partner has these people there; the whole of it. `clause`: where it stands."""

    partner_id: str
    starts: date
    committed: tuple[Committed, ...]
    clause: str = ""
    at: datetime
    by: str


CapacityEvent = CapacityCommitted
