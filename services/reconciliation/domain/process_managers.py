"""What follows from invoices: what their months pay for sales stands in the partner's ledger."""

from __future__ import annotations

from services.reconciliation.domain.billing import EnterCommissions, billing
from services.reconciliation.events.invoices import CommissionsForwarded
from shared.contracts.reconciliation import TOPIC
from shared.kernel import ProcessManager, Recorded, Send


def handle(recorded: Recorded[CommissionsForwarded]) -> list[Send]:
    """The ledger is written for what accounting has, and nothing else."""
    event = recorded.event
    command = EnterCommissions(
        partner_id=event.partner_id,
        month=event.month,
        commissions=event.commissions,
        clawed_back=event.clawed_back,
        at=event.at,
    )
    return [Send(billing, event.partner_id, command)]


enter_commissions = ProcessManager("enter_commissions", TOPIC, CommissionsForwarded, handle)
