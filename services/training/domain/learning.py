"""How the new agents of a partner learn: measured once a day, as long as it has some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shared.contracts.training import LearningMeasured, LearningVerdict
from shared.kernel import Command, Decider, said


class MeasureLearning(Command, frozen=True, kw_only=True):
    """So they learn until this day; see the event. A day that is not after the last one is a repeat."""

    partner_id: str
    agents: int
    began: date
    until: date
    contacts: int
    sales: int
    earlier: int
    earlier_contacts: int
    expected: str
    verdict: LearningVerdict
    share_percent: str
    chance: str
    evidence: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Learning:
    """The last day that was measured."""

    until: date | None = None


def decide(command: MeasureLearning, state: Learning) -> list[LearningMeasured]:
    """Days are measured in their order."""
    if state.until is not None and command.until <= state.until:
        return []
    return [said(LearningMeasured, command)]


def evolve(state: Learning, event: LearningMeasured) -> Learning:
    """The last word holds."""
    return Learning(event.until)


learning = Decider("learning", LearningMeasured, Learning(), decide, evolve)
