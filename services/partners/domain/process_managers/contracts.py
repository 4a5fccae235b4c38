"""A signed contract opens the partner's way to integration, notice the one to its end."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from shared.contracts.partners import TOPIC, ContractAmended, ContractSigned, ContractTerminated
from shared.kernel import ProcessManager, Recorded, Send

Kept = ContractSigned | ContractAmended | ContractTerminated


def handle(recorded: Recorded[Kept]) -> list[Send]:
    """Noted on the partner. An ended contract stays signed until its last day, which the notice says; an amendment may
    prolong one that was over."""
    event = recorded.event
    match event:
        case ContractSigned() | ContractAmended():
            fact, says = "signed_contract", f"from {event.effective}"
        case ContractTerminated():
            fact, says = "notice", f"until {event.ends}: {event.reason}"
    command = NoteFact(partner_id=event.partner_id, fact=fact, ref=event.contract_id, says=says)
    return [Send(partner, event.partner_id, command)]


note_contracts = ProcessManager("note_contracts", TOPIC, Kept, handle)
