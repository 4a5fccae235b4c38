"""How many days after an order it may be cancelled and its goods may come back, by campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from services.calls.events.orders import ReturnWindowSet, WindowEvent
from shared.kernel import Command, Decider, said

USUAL_DAYS = 14
"""Where nobody said otherwise: the time of withdrawal of Directive 2011/83/EU, article 9."""
DEFAULT = "default"
CampaignId = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class SetReturnWindow(Command, frozen=True, kw_only=True):
    """Say for how many days after it was placed an order of the campaign may be cancelled or come back; `default`: of
    all campaigns that say nothing. What was ordered before keeps its own."""

    campaign: CampaignId
    days: Annotated[int, msgspec.Meta(ge=0, le=730)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    at: datetime
    by: str


@dataclass(frozen=True)
class Window:
    """The days that hold now; None: nobody said."""

    days: int | None = None


def decide(command: SetReturnWindow, state: Window) -> list[WindowEvent]:
    """The same once more is nothing new."""
    return [] if state.days == command.days else [said(ReturnWindowSet, command)]


def evolve(state: Window, event: WindowEvent) -> Window:
    """The last word holds."""
    return Window(event.days)


return_window = Decider("return_window", WindowEvent, Window(), decide, evolve)
