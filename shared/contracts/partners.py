"""Public events of the partners service: partners, their telephony sources, their agents."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from shared.contracts.terms import TermSheet
from shared.kernel import PublicEvent

TOPIC = "tallyline.partners"
SANDBOX = ".sandbox"
"""The end of a sandbox's id: `acme-twilio.sandbox` is where the source `acme-twilio` is tried out."""
COMMON = frozenset({"bearer", "replay"})
"""Schemes that a source of any platform may use."""
DIGESTED = COMMON | {"api-key-header", "basic", "body-token", "header-token", "query-key"}
"""Schemes whose keys are shown to us as they are: a digest is enough to know them again, and nobody can read them."""

Clock = Literal["live", "replay"]
Counts = Literal["production", "test"]
Stage = Literal[
    "found", "contacted", "evaluating", "negotiating", "contracted", "integrating", "testing", "ramping", "live",
    "paused", "ending", "ended", "rejected",
]  # fmt: skip


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How one telephony source of a partner is read. Everything but its secrets, which lie in the vault.

    `connector` names the platform; `public_url` is the address that the platform was given (signatures are checked
    against it, never against the request's own host); `time_zone` is the zone of the vendor's local times; `day_zone`
    the zone in which days are cut (the contract's). `dispositions`, `agent_states`, `queues`, `campaigns` map the
    vendor's codes to ours, `numbers` our numbers to the campaigns that they serve where the platform names none,
    `agents` the vendor's ids of agents to ours. An empty map of `queues`, `campaigns` or `agents` leaves them as sent.
    `networks` are those that may deliver (CIDR; none: any). `options` is what only this connector knows of (CDR
    columns, attribute names, trunks).
    `test_numbers` are telephone numbers of our own, as the platform sends them without separators, each with a name:
    a call from or to one of them is a test call, whatever the source counts as.
    """

    connector: str
    partner: str
    time_zone: str = "UTC"
    day_zone: str = "UTC"
    public_url: str = ""
    clock: Clock = "live"
    counts: Counts = "production"
    dispositions: dict[str, str] = {}
    agent_states: dict[str, str] = {}
    queues: dict[str, str] = {}
    campaigns: dict[str, str] = {}
    numbers: dict[str, str] = {}
    agents: dict[str, str] = {}
    networks: tuple[str, ...] = ()
    sale_on: tuple[str, ...] = ()
    reports_holds: bool = True
    options: dict[str, Any] = {}
    test_numbers: dict[str, str] = {}


class PartnerRegistered(PublicEvent, frozen=True, kw_only=True):
    """A partner is known to us, with the zone in which its days are cut until a contract names one."""

    partner_id: str
    name: str
    country: str | None = None
    time_zone: str = "UTC"


class SourceConfigured(PublicEvent, frozen=True, kw_only=True):
    """A telephony source exists, or its settings changed. `revision` counts from 1; items carry the one they met."""

    source_id: str
    revision: int
    settings: SourceSettings


class CredentialIssued(PublicEvent, frozen=True, kw_only=True):
    """A secret by which a source's deliveries are known to be authentic. The secret itself lies in the vault."""

    source_id: str
    credential_id: str
    scheme: str
    partner_id: str | None = None


class CredentialLimited(PublicEvent, frozen=True, kw_only=True):
    """A secret counts until `until` and no longer: another one has taken its place."""

    source_id: str
    credential_id: str
    until: datetime
    partner_id: str | None = None


class CredentialRevoked(PublicEvent, frozen=True, kw_only=True):
    """A secret no longer counts."""

    source_id: str
    credential_id: str
    partner_id: str | None = None


class AgentRegistered(PublicEvent, frozen=True, kw_only=True):
    """An agent of a partner, under the vendor's id. First sight registers it with no name and no team."""

    partner_id: str
    agent: str
    name: str | None = None
    team: str | None = None
    languages: tuple[str, ...] = ()


class PartnerMoved(PublicEvent, frozen=True, kw_only=True):
    """The co-operation with a partner is in another stage from now on.

    `overridden` are the conditions that `by` passed by, for `reason`. `adopted`: the co-operation is older than our
    record of it and came in at this stage, without conditions.
    """

    partner_id: str
    source: Stage
    target: Stage
    at: datetime
    by: str
    reason: str = ""
    overridden: tuple[str, ...] = ()
    adopted: bool = False


class RampLearning(msgspec.Struct, frozen=True, kw_only=True):
    """How the partner's new agents learn beside earlier ones, as the training service told it last (see its
    `LearningMeasured`): what they did, what the earlier ones would have, and how far apart that is."""

    until: date
    agents: int
    contacts: int
    sales: int
    earlier: int
    earlier_contacts: int
    expected: str
    verdict: str
    share_percent: str
    chance: str
    evidence: str


class RampFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner's calls came to on the days from `since` until `until`, both whole days in the partner's zone.

    `days` with calls; `calls` begun; offered to agents, and answered of those; dialled, and of those answered by a
    human; `ended`, and `flawed` of those: without a beginning, or with an impossible duration. `learning`: of new
    agents; None where nobody has told.
    """

    since: str
    until: str
    days: int = 0
    calls: int = 0
    offered: int = 0
    answered: int = 0
    dialed: int = 0
    reached: int = 0
    ended: int = 0
    flawed: int = 0
    learning: RampLearning | None = None


class RampAdvanced(PublicEvent, frozen=True, kw_only=True):
    """A phase of the ramp has met its exit criteria, by these figures, and the next one is in force.

    `target` and `daily_cap` are None when it was the last: no cap holds any more.
    """

    partner_id: str
    phase: str
    target: str | None
    daily_cap: int | None
    figures: RampFigures
    at: datetime
    by: str


class RampCapExceeded(PublicEvent, frozen=True, kw_only=True):
    """A partner had more calls on a day (in its zone) than the phase of its ramp allows; `calls` when it was seen."""

    partner_id: str
    phase: str
    day: str
    daily_cap: int
    calls: int
    at: datetime


class Signer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who signed for one side."""

    name: str
    position: str
    side: Literal["ours", "partner"]


class ContractSigned(PublicEvent, frozen=True, kw_only=True):
    """Both sides signed a contract: version 1 of its terms, from `effective` on.

    `contract_id` is `<partner_id>:<name>`; `documents` are the content hashes of what was signed.
    """

    contract_id: str
    partner_id: str
    version: int
    effective: date
    terms: TermSheet
    signed_on: date
    signers: tuple[Signer, ...]
    documents: tuple[str, ...]
    at: datetime
    by: str


class ContractAmended(PublicEvent, frozen=True, kw_only=True):
    """A further version of a contract's terms, the whole of them, from `effective` on. `changed` are the paths of the
    terms that differ from the version before."""

    contract_id: str
    partner_id: str
    version: int
    effective: date
    terms: TermSheet
    changed: tuple[str, ...]
    reason: str
    signed_on: date
    signers: tuple[Signer, ...]
    documents: tuple[str, ...]
    at: datetime
    by: str


class ContractTerminated(PublicEvent, frozen=True, kw_only=True):
    """Notice was given: `ends` is the contract's last day. `for_cause`: without the period of notice."""

    contract_id: str
    partner_id: str
    ends: date
    notice_on: date
    notice_by: Literal["ours", "partner"]
    for_cause: bool
    reason: str
    documents: tuple[str, ...]
    at: datetime
    by: str


PublicPartnerEvent = (
    PartnerRegistered
    | PartnerMoved
    | SourceConfigured
    | CredentialIssued
    | CredentialLimited
    | CredentialRevoked
    | AgentRegistered
    | RampAdvanced
    | RampCapExceeded
    | ContractSigned
    | ContractAmended
    | ContractTerminated
)


def sandbox_of(source_id: str) -> str | None:
    """The source that a sandbox stands for; None for a source that is none."""
    return source_id.removesuffix(SANDBOX) if source_id.endswith(SANDBOX) else None


def kept(scheme: str, secret: str) -> str:
    """What is kept of a secret to know it again: its SHA-256 for keys that are sent as they are, else the secret."""
    return hashlib.sha256(secret.encode()).hexdigest() if scheme in DIGESTED else secret
