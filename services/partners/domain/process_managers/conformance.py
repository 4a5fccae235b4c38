"""A partner's file says which of its sources are conformant: no test calls before one is."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from services.partners.events import ConformanceLost, ConformancePassed
from shared.contracts.partners import TOPIC
from shared.kernel import ProcessManager, Recorded, Send


def handle(recorded: Recorded[ConformancePassed | ConformanceLost]) -> list[Send]:
    """Noted on the partner whose source it is."""
    event = recorded.event
    passed = isinstance(event, ConformancePassed)
    command = NoteFact(
        partner_id=event.partner_id,
        fact="conformant_source",
        ref=event.source_id,
        holds=passed,
        says=event.connector if isinstance(event, ConformancePassed) else "",
    )
    return [Send(partner, event.partner_id, command)]


note_conformance = ProcessManager("note_conformance", TOPIC, ConformancePassed | ConformanceLost, handle)
