"""An action that is carried over stands in the next month's review."""

from __future__ import annotations

from services.partners.domain.review import AgreeAction, review, stream_id
from services.partners.events.support import ActionCarried
from shared.contracts.partners import TOPIC
from shared.contracts.rating import months_later
from shared.kernel import ProcessManager, Recorded, Send


def handle(recorded: Recorded[ActionCarried]) -> list[Send]:
    """Under the same id, so that its whole way can be followed."""
    event = recorded.event
    month = months_later(event.month, 1)
    command = AgreeAction(
        partner_id=event.partner_id,
        month=month,
        action_id=event.action_id,
        text=event.text,
        owner=event.owner,
        due=event.due,
        at=event.at,
        by=event.by,
        carried_from=event.month,
    )
    return [Send(review, stream_id(event.partner_id, month), command)]


carry_actions = ProcessManager("carry_actions", TOPIC, ActionCarried, handle)
