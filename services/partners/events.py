"""All that the partners service records, by aggregate. Nothing of it is private, so far."""

from __future__ import annotations

from shared.contracts.partners import (
    AgentRegistered,
    CredentialIssued,
    CredentialRevoked,
    PartnerRegistered,
    SourceConfigured,
)

PartnerEvent = PartnerRegistered
IntegrationEvent = SourceConfigured | CredentialIssued | CredentialRevoked
AgentEvent = AgentRegistered
