"""A number that customers call: the campaign it stands for now. Each number is its own, so it stands for one only."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from services.calls.domain.campaign_rules import CampaignId
from services.calls.domain.product import Text
from services.calls.events.campaigns import NumberAssigned, NumberEvent, NumberReleased
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Country, PartnerId, Slug

Number = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{3,14}$(?!\n)")]
"""E.164, with the plus."""
MediaId = Slug


class AssignNumber(Command, frozen=True, kw_only=True):
    """Say for which campaign and country customers call this number (E.164), and in which medium it is shown. Said
    anew, it holds from then on; calls before stay what they were. 409 `unknown_campaign`, `unknown_media`."""

    number: Number
    campaign: CampaignId
    country: Country
    media: MediaId | None = None
    partner: PartnerId | None = None
    at: datetime
    by: str


class ReleaseNumber(Command, frozen=True, kw_only=True):
    """Let the number stand for no campaign. 409 `unknown_number`."""

    number: Number
    reason: Text
    at: datetime
    by: str


NumberCommand = AssignNumber | ReleaseNumber


def decide(command: NumberCommand, state: NumberEvent | None) -> list[NumberEvent]:
    """What each command leads to; the state is what was said last."""
    match command:
        case AssignNumber():
            event = said(NumberAssigned, command, media=command.media or "")
            same = isinstance(state, NumberAssigned) and (
                msgspec.structs.replace(state, at=event.at, by=event.by) == event
            )
            return [] if same else [event]
        case ReleaseNumber():
            if state is None:
                raise Rejected("unknown_number", f"Nobody said what {command.number} is for.")
            return [] if isinstance(state, NumberReleased) else [said(NumberReleased, command)]


def evolve(state: NumberEvent | None, event: NumberEvent) -> NumberEvent:
    """The last word holds."""
    return event


number: Decider[NumberCommand, NumberEvent, NumberEvent | None] = Decider(
    name="number", events=NumberEvent, initial=None, decide=decide, evolve=evolve
)
