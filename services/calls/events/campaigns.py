"""What is recorded of campaigns, and of the numbers that customers call."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from shared.kernel import Event

CampaignState = Literal["planned", "running", "paused", "ended"]


class PartnerShare(msgspec.Struct, frozen=True, kw_only=True):
    """So many percent (a decimal in text) of the campaign's calls are meant for this partner."""

    partner: str
    percent: str


class CampaignDescribed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """What the campaign is; the whole of it, as last said.

    `campaign` is the id that telephony facts carry. `scripts` and `surveys`: id of the script, and of the survey that
    is asked after it, by language; `products`: SKUs that it sells; `certificates`: all that an agent must hold to take
    its calls. `starts` and `ends` are the days for which it is planned, both in it; no end: until further notice.
    """

    campaign: str
    name: str
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    scripts: dict[str, str] = msgspec.field(default_factory=dict)
    surveys: dict[str, str] = msgspec.field(default_factory=dict)
    products: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    partners: tuple[PartnerShare, ...] = ()
    starts: date
    ends: date | None = None
    at: datetime
    by: str


class CampaignStarted(Event, frozen=True, kw_only=True):
    """It runs, for the first time or again."""

    campaign: str
    at: datetime
    by: str


class CampaignPaused(Event, frozen=True, kw_only=True):
    """It stands still for a time."""

    campaign: str
    reason: str
    at: datetime
    by: str


class CampaignEnded(Event, frozen=True, kw_only=True):
    """It is over, and does not come back."""

    campaign: str
    reason: str
    at: datetime
    by: str


class NumberAssigned(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Whoever calls this number of ours (E.164) calls for the campaign, from the country. `media`: where the number is
    shown; `partner`: to whose switch it leads, where it is one partner's."""

    number: str
    campaign: str
    country: str
    media: str = ""
    partner: str | None = None
    at: datetime
    by: str


class NumberReleased(Event, frozen=True, kw_only=True):
    """The number is nobody's."""

    number: str
    reason: str
    at: datetime
    by: str


CampaignEvent = CampaignDescribed | CampaignStarted | CampaignPaused | CampaignEnded
NumberEvent = NumberAssigned | NumberReleased
