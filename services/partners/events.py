"""All that the partners service records, by aggregate: the public events, and those that only this service reads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from shared.contracts.partners import (
    AgentRegistered,
    CredentialIssued,
    CredentialRevoked,
    PartnerMoved,
    PartnerRegistered,
    SourceConfigured,
)
from shared.kernel import Event

Work = Literal["inbound", "outbound_telesales", "support"]
FoundBy = Literal["search", "network", "referral", "forum"]


class PartnerDescribed(Event, frozen=True, kw_only=True):
    """What is known of the company; the whole of it, as last said.

    `domain` is that of its website, `phone` its number as written by people; `seats` are workplaces.
    """

    partner_id: str
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    services: tuple[Work, ...] = ()
    seats: int | None = None
    found_by: FoundBy | None = None
    domain: str | None = None
    phone: str | None = None
    note: str = ""


class ContactNamed(Event, frozen=True, kw_only=True):
    """Somebody at the partner whom we talk to; the same name again replaces what was known."""

    partner_id: str
    name: str
    position: str = ""
    email: str | None = None
    phone: str | None = None
    languages: tuple[str, ...] = ()


class ContactRemoved(Event, frozen=True, kw_only=True):
    """We no longer talk to this person."""

    partner_id: str
    name: str


class OwnerAssigned(Event, frozen=True, kw_only=True):
    """One of us is responsible for the partner from now on."""

    partner_id: str
    owner: str
    at: datetime
    by: str


class NextActionPlanned(Event, frozen=True, kw_only=True):
    """What is to be done next about the partner, by whom and until when."""

    partner_id: str
    action: str
    owner: str
    due: date


class NextActionDone(Event, frozen=True, kw_only=True):
    """The next action was done, with what came of it."""

    partner_id: str
    at: datetime
    by: str
    outcome: str = ""


class FactNoted(Event, frozen=True, kw_only=True):
    """Something holds, or no longer, that conditions of the partner's moves look at.

    `fact` is its kind, `ref` what it is about (a contract, a month), `says` the rest in words. `proof` is the content
    hash of a document.
    """

    partner_id: str
    fact: str
    ref: str
    holds: bool
    says: str = ""
    proof: str | None = None


PartnerEvent = (
    PartnerRegistered
    | PartnerMoved
    | PartnerDescribed
    | ContactNamed
    | ContactRemoved
    | OwnerAssigned
    | NextActionPlanned
    | NextActionDone
    | FactNoted
)
IntegrationEvent = SourceConfigured | CredentialIssued | CredentialRevoked
AgentEvent = AgentRegistered

PartnersEvent = PartnerEvent | IntegrationEvent | AgentEvent
"""All that goes onto the service's topic: its own views are folded from there, others read the public ones."""
