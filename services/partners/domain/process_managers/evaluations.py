"""A decided evaluation opens, or closes, the partner's way to negotiations."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from services.partners.events import EvaluationDecided
from shared.contracts.partners import TOPIC
from shared.kernel import ProcessManager, Recorded, Send


def handle(recorded: Recorded[EvaluationDecided]) -> list[Send]:
    """Noted on the partner, with the reason."""
    event = recorded.event
    command = NoteFact(
        partner_id=event.partner_id,
        fact="positive_evaluation",
        ref=event.evaluation_id,
        holds=event.decision == "take",
        says=event.reason,
    )
    return [Send(partner, event.partner_id, command)]


note_evaluations = ProcessManager("note_evaluations", TOPIC, EvaluationDecided, handle)
