"""The ramp starts when the partner moves to that stage, and the partner's file says when its last phase is done."""

from __future__ import annotations

from services.partners.domain.partner import NoteFact, partner
from services.partners.domain.ramp import StartRamp, ramp
from shared.contracts.partners import TOPIC, PartnerMoved, RampAdvanced
from shared.kernel import ProcessManager, Recorded, Send


def handle(recorded: Recorded[PartnerMoved | RampAdvanced]) -> list[Send]:
    """A later move to the ramp goes on where it stood."""
    match recorded.event:
        case PartnerMoved(partner_id=partner_id, target="ramping", at=at):
            return [Send(ramp, partner_id, StartRamp(partner_id=partner_id, at=at))]
        case RampAdvanced(partner_id=partner_id, target=None, phase=phase):
            note = NoteFact(partner_id=partner_id, fact="completed_ramp", ref="ramp", says=f"the last phase: {phase}")
            return [Send(partner, partner_id, note)]
        case _:
            return []


follow_ramp = ProcessManager("follow_ramp", TOPIC, PartnerMoved | RampAdvanced, handle)
