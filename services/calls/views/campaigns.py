"""What is each campaign, and does it run?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.calls.events.campaigns import (
    CampaignDescribed,
    CampaignEnded,
    CampaignEvent,
    CampaignPaused,
    CampaignStarted,
    CampaignState,
)
from shared.contracts.calls import TOPIC
from shared.kernel import View


class Turn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The campaign came into a state."""

    state: CampaignState
    at: datetime
    by: str
    reason: str = ""


class KnownCampaign(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A campaign. `turns`: its states, oldest first; `asked`: the certificates that it asks for, each with since when;
    `changes` counts the events behind this."""

    campaign: str
    described: CampaignDescribed | None = None
    state: CampaignState = "planned"
    turns: list[Turn] = []
    asked: dict[str, datetime] = {}
    changes: int = 0


def by_campaign(event: CampaignEvent) -> Iterable[tuple[str, CampaignEvent]]:
    """One document a campaign."""
    return [(event.campaign, event)]


def fold(doc: KnownCampaign | None, event: CampaignEvent, sign: int) -> KnownCampaign:
    """A command's events are never reversed."""
    doc = doc or KnownCampaign(campaign=event.campaign)
    doc.changes += 1
    match event:
        case CampaignDescribed():
            doc.described = event
            doc.asked = {name: doc.asked.get(name, event.at) for name in event.certificates}
        case CampaignStarted():
            _turn(doc, Turn(state="running", at=event.at, by=event.by))
        case CampaignPaused():
            _turn(doc, Turn(state="paused", at=event.at, by=event.by, reason=event.reason))
        case CampaignEnded():
            _turn(doc, Turn(state="ended", at=event.at, by=event.by, reason=event.reason))
    return doc


def _turn(doc: KnownCampaign, turn: Turn) -> None:
    doc.state = turn.state
    doc.turns.append(turn)


def newer(one: KnownCampaign, other: KnownCampaign) -> KnownCampaign:
    """A campaign is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


campaigns = View(
    "campaigns",
    2,
    TOPIC,
    CampaignEvent,
    KnownCampaign,
    by_campaign,
    fold,
    newer,
    indexes=("state", "campaign"),
    fields=lambda doc: {"state": doc.state, "campaign": doc.campaign},
)
