"""The integration of one telephony source: settings by revision, credentials that count, what its sandbox has shown.

Checks and conformance are kept at the source that they are about; its sandbox is a source of its own, with its own
settings, which follow, and its own credentials.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from services.partners.events import CheckPassed, ConformanceLost, ConformancePassed, IntegrationEvent
from shared.contracts.conformance import REQUIRED
from shared.contracts.partners import (
    Clock,
    CredentialIssued,
    CredentialLimited,
    CredentialRevoked,
    SourceConfigured,
    SourceSettings,
    sandbox_of,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import Ident, Slug

SourceId = Ident
Scheme = Slug
Map = Literal["dispositions", "agent_states", "queues", "campaigns", "numbers", "agents"]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
MATTERS = ("connector", "time_zone", "sale_on", "reports_holds", "options")
"""Settings that decide how deliveries are understood: a change of one takes back what a sandbox has shown."""


class ConfigureSource(Command, frozen=True, kw_only=True):
    """Set up a telephony source, or change how it is read from now on."""

    source_id: SourceId
    settings: SourceSettings


class MapCodes(Command, frozen=True, kw_only=True):
    """Decide what codes of the platform mean, one map at a time; the others stay as they are.

    It is a new revision of the settings, by which everything that waited for the decision is read again. 409
    `unknown_source`.
    """

    source_id: SourceId
    map: Map
    codes: Annotated[dict[Code, Code], msgspec.Meta(min_length=1, max_length=1000)]


class OpenSandbox(Command, frozen=True, kw_only=True):
    """Set up the sandbox of a source, or take over how the source is read now. `public_url` is the sandbox's own."""

    source_id: SourceId
    settings: SourceSettings
    public_url: str
    clock: Clock = "live"


class FollowSource(Command, frozen=True, kw_only=True):
    """The source that this sandbox stands for is read in another way now; nothing happens where there is no sandbox."""

    source_id: str
    settings: SourceSettings


class IssueCredential(Command, frozen=True, kw_only=True):
    """Let a secret count, which lies in the vault already. Others of the scheme go on counting: that is a rotation."""

    source_id: SourceId
    credential_id: str
    scheme: Scheme


class LimitCredential(Command, frozen=True, kw_only=True):
    """Let a secret count until a time and no longer. 409 `unknown_credential`."""

    source_id: SourceId
    credential_id: str
    until: Annotated[datetime, msgspec.Meta(tz=True)]


class EndCredential(Command, frozen=True, kw_only=True):
    """The time of a secret may be over: if it is `at`, it counts no longer, for good. 409 `not_over` where it counts
    on: whoever asks has seen an earlier time than the one that holds."""

    source_id: str
    credential_id: str
    at: datetime


class RevokeCredential(Command, frozen=True, kw_only=True):
    """Let a secret count no longer."""

    source_id: SourceId
    credential_id: str


class NoteCheck(Command, frozen=True, kw_only=True):
    """The sandbox of the source has shown something that its platform must deliver."""

    source_id: str
    check: str
    at: datetime


IntegrationCommand = (
    ConfigureSource
    | MapCodes
    | OpenSandbox
    | FollowSource
    | IssueCredential
    | LimitCredential
    | EndCredential
    | RevokeCredential
    | NoteCheck
)


@dataclass(frozen=True)
class Integration:
    """The settings of the last revision (0: none yet), the credentials ever issued, and what its sandbox has shown."""

    revision: int = 0
    settings: SourceSettings | None = None
    active: Mapping[str, datetime | None] = field(default_factory=dict)
    revoked: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    conformant: bool = False


def decide(command: IntegrationCommand, state: Integration) -> list[IntegrationEvent]:
    """A source never changes its partner: its past would count for somebody else. A revoked secret stays so."""
    match command:
        case ConfigureSource(source_id=source_id, settings=settings):
            return _configured(_own(source_id), settings, state)
        case MapCodes(source_id=source_id, map=name, codes=codes):
            known = _settings(_own(source_id), state)
            merged = msgspec.structs.replace(known, **{name: {**getattr(known, name), **codes}})
            return _configured(source_id, merged, state)
        case OpenSandbox(source_id=source_id, settings=settings, clock=clock, public_url=public_url):
            return _configured(source_id, _tried(settings, clock, public_url), state)
        case FollowSource(source_id=source_id, settings=settings):
            if state.settings is None:
                return []
            return _configured(source_id, _tried(settings, state.settings.clock, state.settings.public_url), state)
        case IssueCredential() | LimitCredential() | RevokeCredential():
            return _credential(command, state)
        case EndCredential(source_id=source_id, credential_id=credential_id, at=at):
            until = state.active.get(credential_id)
            if credential_id in state.active and (until is None or at < until):
                raise Rejected("not_over", f"The credential {credential_id} counts on.")
            if until is None:
                return []
            return _credential(RevokeCredential(source_id=source_id, credential_id=credential_id), state)
        case NoteCheck():
            return _noted(command, state)


def _settings(source_id: str, state: Integration) -> SourceSettings:
    if state.settings is None:
        raise Rejected("unknown_source", f"There is no source {source_id}.")
    return state.settings


def _configured(source_id: str, settings: SourceSettings, state: Integration) -> list[IntegrationEvent]:
    known = state.settings
    if settings == known:
        return []
    if known is not None and settings.partner != known.partner:
        raise Rejected("source_of_another_partner", f"The source {source_id} belongs to another partner.")
    events: list[IntegrationEvent] = [
        SourceConfigured(source_id=source_id, revision=state.revision + 1, settings=settings)
    ]
    if state.passed and any(getattr(settings, name) != getattr(known, name) for name in MATTERS):
        events.append(ConformanceLost(source_id=source_id, partner_id=settings.partner))
    return events


def _own(source_id: str) -> str:
    """The id, where it is not a sandbox's, which is read as its source is."""
    if (source := sandbox_of(source_id)) is not None:
        raise Rejected("a_sandbox", f"A sandbox is read as its source is: say it of {source}.")
    return source_id


def _tried(settings: SourceSettings, clock: Clock, public_url: str) -> SourceSettings:
    """The settings of a source as those of its sandbox: counted as a test, and open to every network."""
    return msgspec.structs.replace(settings, counts="test", clock=clock, public_url=public_url, networks=())


def _credential(
    command: IssueCredential | LimitCredential | RevokeCredential, state: Integration
) -> list[IntegrationEvent]:
    source_id, credential_id = command.source_id, command.credential_id
    partner_id = state.settings.partner if state.settings else None
    if isinstance(command, IssueCredential):
        partner_id = _settings(source_id, state).partner
        if credential_id in state.revoked:
            raise Rejected("credential_revoked", f"The credential {credential_id} was revoked; issue a new one.")
        if credential_id in state.active:
            return []
        return [
            CredentialIssued(
                source_id=source_id, credential_id=credential_id, scheme=command.scheme, partner_id=partner_id
            )
        ]
    if credential_id in state.revoked:
        return []
    if credential_id not in state.active:
        raise Rejected("unknown_credential", f"The source {source_id} has no credential {credential_id}.")
    if isinstance(command, RevokeCredential):
        return [CredentialRevoked(source_id=source_id, credential_id=credential_id, partner_id=partner_id)]
    if state.active[credential_id] == command.until:
        return []
    return [
        CredentialLimited(source_id=source_id, credential_id=credential_id, until=command.until, partner_id=partner_id)
    ]


def _noted(command: NoteCheck, state: Integration) -> list[IntegrationEvent]:
    """Each check once; with the last required one the source is conformant."""
    if state.settings is None or command.check in state.passed:
        return []
    events: list[IntegrationEvent] = [said(CheckPassed, command)]
    required = REQUIRED.get(state.settings.connector)
    if required and not state.conformant and state.passed | {command.check} >= set(required):
        events.append(
            ConformancePassed(
                source_id=command.source_id,
                partner_id=state.settings.partner,
                connector=state.settings.connector,
                at=command.at,
            )
        )
    return events


def evolve(state: Integration, event: IntegrationEvent) -> Integration:
    """Settings replace each other; a credential is active until it is revoked."""
    match event:
        case SourceConfigured(revision=revision, settings=settings):
            return replace(state, revision=revision, settings=settings)
        case CredentialIssued(credential_id=credential_id):
            return replace(state, active={**state.active, credential_id: None})
        case CredentialLimited(credential_id=credential_id, until=until):
            return replace(state, active={**state.active, credential_id: until})
        case CredentialRevoked(credential_id=credential_id):
            left = {known: until for known, until in state.active.items() if known != credential_id}
            return replace(state, active=left, revoked=state.revoked | {credential_id})
        case CheckPassed(check=check):
            return replace(state, passed=state.passed | {check})
        case ConformancePassed():
            return replace(state, conformant=True)
        case ConformanceLost():
            return replace(state, passed=frozenset(), conformant=False)


integration = Decider("integration", IntegrationEvent, Integration(), decide, evolve)
