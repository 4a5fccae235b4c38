"""A partner's file says which of its credentials count: it can't be closed while one does."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from shared.contracts.partners import TOPIC, CredentialIssued, CredentialRevoked
from shared.kernel import ProcessManager, Recorded, Send


def handle(recorded: Recorded[CredentialIssued | CredentialRevoked]) -> list[Send]:
    """Noted on the partner whose source it is. Credentials issued before events named their partner are not seen."""
    event = recorded.event
    if event.partner_id is None:
        return []
    holds = isinstance(event, CredentialIssued)
    command = NoteFact(
        partner_id=event.partner_id,
        fact="active_credential",
        ref=event.credential_id,
        holds=holds,
        says=event.source_id,
    )
    return [Send(partner, event.partner_id, command)]


note_credentials = ProcessManager("note_credentials", TOPIC, CredentialIssued | CredentialRevoked, handle)
