"""Samples: which calls are to be evaluated, and by which rule each of them was drawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from services.training.events.forms import Name
from shared.kernel import Event

Risk = Literal["very_short", "very_long", "cancelled_sale"]
Why = Literal["random", "stratum", "very_short", "very_long", "cancelled_sale"]
Sides = Literal["company", "partner", "both"]
MOST_DRAWN = 2_000
"""Calls in a sample."""
Few = Annotated[int, msgspec.Meta(ge=0, le=MOST_DRAWN)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=86_400)]


class SamplePlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a sample is drawn of an agent's talks on the days from `since` to `until`, both in it, in the partner's zone.

    `seed` decides every draw. `random`: so many of all talks; only these stand for all. `per_stratum`: so many of each
    agent and disposition. `risk`: so many of each kind of risk: talks shorter than `short_below_s`, longer than
    `long_above_s` (seconds of talk), and talks whose order was cancelled. `campaign`: only its talks. `sides`: whose
    controllers evaluate; with `both`, neither sees the other's before both are in.
    """

    form: Name
    version: Annotated[int, msgspec.Meta(ge=1)]
    since: date
    until: date
    seed: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    sides: Sides = "both"
    random: Few = 0
    per_stratum: Few = 0
    risk: dict[Risk, Few] = {}
    short_below_s: Seconds = 20
    long_above_s: Seconds = 1_800
    campaign: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class DrawnCall(msgspec.Struct, frozen=True, kw_only=True):
    """A talk that was drawn. `why`: by which parts of the plan, all of them."""

    call: str
    agent: str
    day: str
    campaign: str | None
    disposition: str | None
    talk_ms: int
    why: tuple[Why, ...]


class SampleDrawn(Event, frozen=True, kw_only=True):
    """These calls are to be evaluated. `population`: how many talks there were to draw from, as known then."""

    partner_id: str
    sample: str
    plan: SamplePlan
    population: int
    calls: tuple[DrawnCall, ...]
    at: datetime
    by: str


SampleEvent = SampleDrawn
