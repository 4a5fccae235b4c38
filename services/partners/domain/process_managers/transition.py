"""A partner's file says what its transition has to show before a move: a plan, switched lines, no severe issue."""

from __future__ import annotations

from services.partners.domain.lifecycle import Fact
from services.partners.domain.partner import NoteFact, partner
from services.partners.events.transition import (
    IssueRaised,
    IssueRegraded,
    IssueReopened,
    IssueResolved,
    LineListed,
    LineRemoved,
    LineSwitched,
    LineSwitchedBack,
    PlanAssigned,
    PlanMade,
)
from shared.contracts.partners import TOPIC
from shared.kernel import ProcessManager, Recorded, Send

Noted = (
    PlanMade
    | PlanAssigned
    | LineListed
    | LineRemoved
    | LineSwitched
    | LineSwitchedBack
    | IssueRaised
    | IssueRegraded
    | IssueReopened
    | IssueResolved
)


def handle(recorded: Recorded[Noted]) -> list[Send]:
    """One fact an event: a line is a fact until it is switched, an issue while it is open and severe."""
    event = recorded.event
    fact: Fact
    says = ""
    match event:
        case PlanMade(accountable=accountable) | PlanAssigned(accountable=accountable):
            fact, ref, holds, says = "transition_plan", "plan", True, f"accountable: {accountable}"
        case LineListed(number=number, purpose=purpose, switched=switched):
            fact, ref, holds, says = "unswitched_line", number, not switched, purpose
        case LineSwitchedBack(number=number, reason=reason):
            fact, ref, holds, says = "unswitched_line", number, True, reason
        case LineSwitched(number=number) | LineRemoved(number=number):
            fact, ref, holds = "unswitched_line", number, False
        case (
            IssueRaised(issue=issue, severity=severity, owner=owner)
            | IssueRegraded(issue=issue, severity=severity, owner=owner)
        ):
            fact, ref, holds, says = "severe_issue", issue, severity == "severe", owner
        case IssueReopened(issue=issue, severity=severity, reason=reason):
            fact, ref, holds, says = "severe_issue", issue, severity == "severe", reason
        case IssueResolved(issue=issue):
            fact, ref, holds = "severe_issue", issue, False
    return [
        Send(
            partner,
            event.partner_id,
            NoteFact(partner_id=event.partner_id, fact=fact, ref=ref, holds=holds, says=says),
        )
    ]


note_transition = ProcessManager("note_transition", TOPIC, Noted, handle)
