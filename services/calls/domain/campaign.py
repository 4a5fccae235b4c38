"""A campaign: what it sells, where and with whom, and whether it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from services.calls.domain.campaign_rules import CampaignId
from services.calls.domain.product import Name, Sku, Text
from services.calls.events.campaign_rules import COMPANY
from services.calls.events.campaigns import (
    CampaignDescribed,
    CampaignEnded,
    CampaignEvent,
    CampaignPaused,
    CampaignStarted,
    CampaignState,
    PartnerShare,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Country, Ident, Language, PartnerId

ScriptId = Ident


class AskedShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A partner's share as it is asked for; see `PartnerShare`."""

    partner: PartnerId
    percent: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?$(?!\n)")]


class DescribeCampaign(Command, frozen=True, kw_only=True):
    """Say what the campaign is; a new one is made by it, planned and not yet running. Shares of partners add up to 100
    percent, where there are any. `certificates`: all that an agent must hold to take its calls.

    409 `name_taken` for the id `company`, `ends_before`, `partner_twice`, `shares_wrong`, `script_language` where a
    script or a survey is in a language that the campaign does not speak, `campaign_ended`.
    """

    campaign: CampaignId
    name: Name
    countries: Annotated[tuple[Country, ...], msgspec.Meta(min_length=1, max_length=50)]
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=20)]
    scripts: dict[Language, ScriptId] = msgspec.field(default_factory=dict)
    surveys: dict[Language, ScriptId] = msgspec.field(default_factory=dict)
    products: Annotated[tuple[Sku, ...], msgspec.Meta(max_length=200)] = ()
    certificates: Annotated[tuple[Sku, ...], msgspec.Meta(max_length=20)] = ()
    partners: Annotated[tuple[AskedShare, ...], msgspec.Meta(max_length=100)] = ()
    starts: date
    ends: date | None = None
    at: datetime
    by: str


class StartCampaign(Command, frozen=True, kw_only=True):
    """Let it run, for the first time or after a pause. 409 `unknown_campaign`, `campaign_ended`."""

    campaign: CampaignId
    at: datetime
    by: str


class PauseCampaign(Command, frozen=True, kw_only=True):
    """Let it stand still. 409 `unknown_campaign`, `not_running`, `campaign_ended`."""

    campaign: CampaignId
    reason: Text
    at: datetime
    by: str


class EndCampaign(Command, frozen=True, kw_only=True):
    """End it for good; what it sold stays. 409 `unknown_campaign`."""

    campaign: CampaignId
    reason: Text
    at: datetime
    by: str


CampaignCommand = DescribeCampaign | StartCampaign | PauseCampaign | EndCampaign


@dataclass(frozen=True)
class Campaign:
    """What is known of it; `described` is None before the first word."""

    described: CampaignDescribed | None = None
    state: CampaignState = "planned"


def decide(command: CampaignCommand, state: Campaign) -> list[CampaignEvent]:
    """What each command leads to."""
    if isinstance(command, DescribeCampaign):
        return _describe(command, state)
    if state.described is None:
        raise Rejected("unknown_campaign", f"There is no campaign {command.campaign}.")
    if isinstance(command, EndCampaign):
        return [] if state.state == "ended" else [said(CampaignEnded, command)]
    if state.state == "ended":
        raise Rejected("campaign_ended", f"{command.campaign} is over.")
    match command:
        case StartCampaign():
            return [] if state.state == "running" else [said(CampaignStarted, command)]
        case PauseCampaign():
            if state.state == "planned":
                raise Rejected("not_running", f"{command.campaign} does not run yet.")
            return [] if state.state == "paused" else [said(CampaignPaused, command)]


def _describe(command: DescribeCampaign, state: Campaign) -> list[CampaignEvent]:
    partners = tuple(PartnerShare(partner=one.partner, percent=one.percent) for one in command.partners)
    event = said(CampaignDescribed, command, partners=partners)
    known = state.described
    if known is not None and msgspec.structs.replace(known, at=event.at, by=event.by) == event:
        return []
    if state.state == "ended":
        raise Rejected("campaign_ended", f"{command.campaign} is over.")
    if command.campaign == COMPANY:
        raise Rejected("name_taken", f"{COMPANY} stands for the rules of all campaigns.")
    if command.ends is not None and command.ends < command.starts:
        raise Rejected("ends_before", "It would be over before it begins.")
    if len({one.partner for one in partners}) < len(partners):
        raise Rejected("partner_twice", "A partner has one share.")
    whole = sum(Decimal(one.percent) for one in partners)
    if partners and whole != 100:
        raise Rejected("shares_wrong", f"The shares of the partners come to {whole} percent, not to 100.")
    if strange := sorted({*command.scripts, *command.surveys} - set(command.languages)):
        raise Rejected("script_language", f"The campaign does not speak {', '.join(strange)}.")
    return [event]


def evolve(state: Campaign, event: CampaignEvent) -> Campaign:
    """What each event changes."""
    match event:
        case CampaignDescribed():
            return replace(state, described=event)
        case CampaignStarted():
            return replace(state, state="running")
        case CampaignPaused():
            return replace(state, state="paused")
        case CampaignEnded():
            return replace(state, state="ended")


campaign: Decider[CampaignCommand, CampaignEvent, Campaign] = Decider(
    name="campaign", events=CampaignEvent, initial=Campaign(), decide=decide, evolve=evolve
)
