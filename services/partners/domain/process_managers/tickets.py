"""Open tickets stand in a partner's file, which can't be closed over them; what is merged is known in both tickets."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from services.partners.domain.ticket import AbsorbTicket, ticket
from services.partners.events.support import TicketMerged, TicketOpened, TicketReopened, TicketResolved
from shared.contracts.partners import TOPIC
from shared.kernel import ProcessManager, Recorded, Send

Seen = TicketOpened | TicketReopened | TicketResolved | TicketMerged


def handle(recorded: Recorded[Seen]) -> list[Send]:
    """A ticket is open until it is resolved or goes on in another one."""
    event = recorded.event
    opens = isinstance(event, TicketOpened | TicketReopened)
    note = NoteFact(
        partner_id=event.partner_id,
        fact="open_ticket",
        ref=event.ticket_id,
        holds=opens,
        says=event.subject if isinstance(event, TicketOpened | TicketReopened) else "",
    )
    noted = [Send(partner, event.partner_id, note)]
    if isinstance(event, TicketMerged):
        absorb = AbsorbTicket(ticket_id=event.into, source=event.ticket_id)
        noted.append(Send(ticket, event.into, absorb))
    return noted


note_tickets = ProcessManager("note_tickets", TOPIC, Seen, handle)
