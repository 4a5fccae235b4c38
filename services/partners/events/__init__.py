"""All that the partners service records, by aggregate: the public events, and those that only this service reads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from services.partners.events.contracts import ContractEvent
from services.partners.events.support import SupportEvent
from services.partners.events.transition import RampEvent, ScenarioEvent, TransitionEvent
from shared.contracts.partners import (
    AgentRegistered,
    CredentialIssued,
    CredentialLimited,
    CredentialRevoked,
    PartnerMoved,
    PartnerRegistered,
    SourceConfigured,
)
from shared.kernel import Event, Money
from shared.names import Country, Digest

Work = Literal["inbound", "outbound_telesales", "support"]
FoundBy = Literal["search", "network", "referral", "forum"]
Centre = Literal["own", "outsourced", "either"]


class PartnerDescribed(Event, frozen=True, kw_only=True):
    """What is known of the company; the whole of it, as last said.

    `domain` is that of its website, `phone` its number as written by people; `seats` are workplaces;
    `around_the_clock`: whether it works at all hours; `hourly_rate` is what it asks for an hour of an agent, roughly.
    """

    partner_id: str
    countries: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    services: tuple[Work, ...] = ()
    seats: int | None = None
    found_by: FoundBy | None = None
    domain: str | None = None
    phone: str | None = None
    skills: tuple[str, ...] = ()
    around_the_clock: bool | None = None
    hourly_rate: Money | None = None
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


class DocumentFiled(Event, frozen=True, kw_only=True):
    """A document lies in the partner's file: proofs, evidence, agreements. `digest` is its content hash, `media` what
    its content is, `size` in bytes."""

    partner_id: str
    digest: str
    name: str
    media: str
    size: int
    at: datetime
    by: str


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
    | DocumentFiled
)


class BriefWritten(Event, frozen=True, kw_only=True):
    """What is wanted of a new centre, own or outsourced; the whole of it, as last said.

    `calls_a_day` by month (`2026-05`); `hourly_budget` for an hour of an agent, `monthly_budget` for all of
    `agent_hours` a month.
    """

    brief_id: str
    title: str
    centre: Centre
    services: tuple[Work, ...]
    languages: tuple[str, ...]
    countries: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    calls_a_day: dict[str, int]
    seats: int | None = None
    around_the_clock: bool = False
    hours: str = ""
    agent_hours: int | None = None
    hourly_budget: Money | None = None
    monthly_budget: Money | None = None
    note: str = ""
    at: datetime
    by: str


class BriefClosed(Event, frozen=True, kw_only=True):
    """Nobody is looked for any more; `outcome` says why."""

    brief_id: str
    outcome: str
    at: datetime
    by: str


BriefEvent = BriefWritten | BriefClosed


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a scorecard. `weight` says how much it counts beside the others; below `minimum` points on average
    nobody is taken."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$(?!\n)")]
    text: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)]
    guidance: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    minimum: Annotated[int, msgspec.Meta(ge=1, le=5)] | None = None


class Score(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One evaluator on one criterion: 0 to 5 points, or None where it does not apply; with evidence by content hash."""

    points: Annotated[int, msgspec.Meta(ge=0, le=5)] | None
    comment: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    evidence: tuple[Digest, ...] = ()


class ScorecardDefined(Event, frozen=True, kw_only=True):
    """A template of criteria to score candidates by, or a new version of one; evaluations keep the one they began
    with."""

    scorecard_id: str
    title: str
    criteria: tuple[Criterion, ...]
    evaluators: int
    at: datetime
    by: str


class EvaluationOpened(Event, frozen=True, kw_only=True):
    """A candidate is evaluated by these criteria; `evaluators` have to score all of them before it can be decided."""

    evaluation_id: str
    partner_id: str
    scorecard_id: str
    criteria: tuple[Criterion, ...]
    evaluators: int
    at: datetime
    by: str


class CandidateScored(Event, frozen=True, kw_only=True):
    """An evaluator's scores, all that they gave; the same evaluator again replaces them."""

    evaluation_id: str
    partner_id: str
    scores: dict[str, Score]
    at: datetime
    by: str


class EvaluationDecided(Event, frozen=True, kw_only=True):
    """The evaluation came to an end: the candidate is taken further or not, for a reason."""

    evaluation_id: str
    partner_id: str
    decision: Literal["take", "leave"]
    reason: str
    at: datetime
    by: str


ScorecardEvent = ScorecardDefined
EvaluationEvent = EvaluationOpened | CandidateScored | EvaluationDecided


class SpokenLanguage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language (BCP 47) and how many agents speak it well enough to sell in it."""

    language: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)")]
    agents: Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A room where agents work. `volume_m3` is the floor's, `workplaces` those used at once; `zones` are how it is
    divided; `lines` the phone lines or channels, `numbers` those that customers see (E.164); `internet_mbit` the
    guaranteed rate, `internet_lines` how many independent ones; `technicians` and the hours that they cover."""

    address: Annotated[str, msgspec.Meta(max_length=500)] = ""
    country: Country | None = None
    volume_m3: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] | None = None
    workplaces: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    zones: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...] = ()
    lines: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    numbers: tuple[Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{5,14}$(?!\n)")], ...] = ()
    headsets: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None
    equipment: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    internet_mbit: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    internet_lines: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    technicians: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    technicians_hours: Annotated[str, msgspec.Meta(max_length=200)] = ""
    recruitment: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    languages: tuple[SpokenLanguage, ...] = ()


class SiteDescribed(Event, frozen=True, kw_only=True):
    """What is known of a site of the partner's; the whole of it, as last said."""

    site_id: str
    partner_id: str
    site: Site
    at: datetime
    by: str


class ReadinessChecked(Event, frozen=True, kw_only=True):
    """Somebody looked whether a point of the readiness checklist is met, and says so, with proof by content hash."""

    site_id: str
    partner_id: str
    item: str
    met: bool
    says: str
    proof: str | None
    at: datetime
    by: str


SiteEvent = SiteDescribed | ReadinessChecked


class CheckPassed(Event, frozen=True, kw_only=True):
    """The source's sandbox has shown something that its platform must deliver."""

    source_id: str
    check: str
    at: datetime


class ConformancePassed(Event, frozen=True, kw_only=True):
    """The source's sandbox has shown all that its platform must deliver."""

    source_id: str
    partner_id: str
    connector: str
    at: datetime


class ConformanceLost(Event, frozen=True, kw_only=True):
    """What was shown counts no longer: the source is read in another way now."""

    source_id: str
    partner_id: str


IntegrationEvent = (
    SourceConfigured
    | CredentialIssued
    | CredentialLimited
    | CredentialRevoked
    | CheckPassed
    | ConformancePassed
    | ConformanceLost
)
AgentEvent = AgentRegistered

PartnersEvent = (
    PartnerEvent
    | BriefEvent
    | ScorecardEvent
    | EvaluationEvent
    | SiteEvent
    | IntegrationEvent
    | AgentEvent
    | TransitionEvent
    | ScenarioEvent
    | RampEvent
    | SupportEvent
    | ContractEvent
)
"""All that goes onto the service's topic: its own views are folded from there, others read the public ones."""
