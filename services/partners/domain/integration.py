"""The integration of one telephony source: its settings by revision, and the credentials that count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import msgspec

from services.partners.events import IntegrationEvent
from shared.contracts.partners import CredentialIssued, CredentialRevoked, SourceConfigured, SourceSettings
from shared.kernel import Command, Decider, Rejected

SourceId = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Scheme = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]


class ConfigureSource(Command, frozen=True, kw_only=True):
    """Set up a telephony source, or change how it is read from now on."""

    source_id: SourceId
    settings: SourceSettings


class IssueCredential(Command, frozen=True, kw_only=True):
    """Let a secret count, which lies in the vault already. Others of the scheme go on counting: that is a rotation."""

    source_id: SourceId
    credential_id: str
    scheme: Scheme


class RevokeCredential(Command, frozen=True, kw_only=True):
    """Let a secret count no longer."""

    source_id: SourceId
    credential_id: str


IntegrationCommand = ConfigureSource | IssueCredential | RevokeCredential


@dataclass(frozen=True)
class Integration:
    """The settings of the last revision (0: none yet), and the credentials ever issued."""

    revision: int = 0
    settings: SourceSettings | None = None
    active: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()


def decide(command: IntegrationCommand, state: Integration) -> list[IntegrationEvent]:
    """A source never changes its partner: its past would count for somebody else. A revoked secret stays so."""
    match command:
        case ConfigureSource(source_id=source_id, settings=settings):
            if settings == state.settings:
                return []
            if state.settings is not None and settings.partner != state.settings.partner:
                raise Rejected("source_of_another_partner", f"The source {source_id} belongs to another partner.")
            return [SourceConfigured(source_id=source_id, revision=state.revision + 1, settings=settings)]
        case IssueCredential(source_id=source_id, credential_id=credential_id, scheme=scheme):
            if state.settings is None:
                raise Rejected("unknown_source", f"There is no source {source_id}.")
            if credential_id in state.revoked:
                raise Rejected("credential_revoked", f"The credential {credential_id} was revoked; issue a new one.")
            if credential_id in state.active:
                return []
            return [
                CredentialIssued(
                    source_id=source_id, credential_id=credential_id, scheme=scheme, partner_id=state.settings.partner
                )
            ]
        case RevokeCredential(source_id=source_id, credential_id=credential_id):
            if credential_id in state.revoked:
                return []
            if credential_id not in state.active:
                raise Rejected("unknown_credential", f"The source {source_id} has no credential {credential_id}.")
            partner_id = state.settings.partner if state.settings else None
            return [CredentialRevoked(source_id=source_id, credential_id=credential_id, partner_id=partner_id)]


def evolve(state: Integration, event: IntegrationEvent) -> Integration:
    """Settings replace each other; a credential is active until it is revoked."""
    match event:
        case SourceConfigured(revision=revision, settings=settings):
            return replace(state, revision=revision, settings=settings)
        case CredentialIssued(credential_id=credential_id):
            return replace(state, active=state.active | {credential_id})
        case CredentialRevoked(credential_id=credential_id):
            return replace(state, active=state.active - {credential_id}, revoked=state.revoked | {credential_id})


integration = Decider("integration", IntegrationEvent, Integration(), decide, evolve)
