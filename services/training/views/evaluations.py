"""The evaluations: what did each side say of a call, what stands, and what may whom be shown?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from services.training.events.evaluations import (
    DisputeAnswered,
    DisputeDecided,
    DisputeRaised,
    EvaluationEvent,
    EvaluationSubmitted,
    Side,
    WaitingEnded,
)
from shared.contracts.training import TOPIC, EvaluationRecorded
from shared.kernel import View

EvaluationState = Literal["waiting", "recorded", "disputed"]


class KnownDispute(msgspec.Struct, kw_only=True):
    """A dispute, and what became of it."""

    raised: DisputeRaised
    answered: DisputeAnswered | None = None
    decided: DisputeDecided | None = None


class KnownEvaluation(msgspec.Struct, kw_only=True):
    """A call's evaluations. `submitted`: what each side said before it knew of the other; `recorded`: what stands, once
    it is in the open; `changes` counts the events behind this."""

    evaluation: str
    partner: str
    call: str
    submitted: dict[Side, EvaluationSubmitted] = {}
    recorded: dict[Side, EvaluationRecorded] = {}
    ended: WaitingEnded | None = None
    disputes: dict[str, KnownDispute] = {}
    changes: int = 0

    @property
    def state(self) -> EvaluationState:
        """`waiting` for the other side, `disputed` while a dispute is not decided, else `recorded`."""
        if not self.recorded:
            return "waiting"
        return "disputed" if any(one.decided is None for one in self.disputes.values()) else "recorded"

    @property
    def first(self) -> EvaluationSubmitted:
        """Any side's: what it says of the call's place is the same for both."""
        return next(iter(self.submitted.values()))

    def answers(self, side: Side) -> Mapping[str, str]:
        """The answers of a side that stand: those of the last decision that changed them, else its own."""
        changed = [
            one.decided for one in self.disputes.values() if one.raised.against == side and one.decided is not None
        ]
        last = max((one for one in changed if one.decision == "changed"), key=lambda one: one.at, default=None)
        return last.answers if last is not None else self.submitted[side].answers


def seen_by(doc: KnownEvaluation, side: Side | None) -> KnownEvaluation | None:
    """What a side may see of it: before it is in the open, what that side itself has said. None: nothing yet. No side:
    the agent, who sees what is in the open."""
    if doc.recorded:
        return doc
    own = {name: one for name, one in doc.submitted.items() if name == side}
    return msgspec.structs.replace(doc, submitted=own, changes=len(own)) if own else None


def by_call(event: EvaluationEvent) -> Iterable[tuple[str, EvaluationEvent]]:
    """One document a call."""
    return [(f"{event.partner_id}:{event.call}", event)]


def fold(doc: KnownEvaluation | None, event: EvaluationEvent, sign: int) -> KnownEvaluation:
    """A command's events are never reversed."""
    doc = doc or KnownEvaluation(
        evaluation=f"{event.partner_id}:{event.call}", partner=event.partner_id, call=event.call
    )
    doc.changes += 1
    match event:
        case EvaluationSubmitted(side=side):
            doc.submitted[side] = event
        case EvaluationRecorded(side=side):
            doc.recorded[side] = event
        case WaitingEnded():
            doc.ended = event
        case DisputeRaised(dispute=dispute):
            doc.disputes[dispute] = KnownDispute(raised=event)
        case DisputeAnswered(dispute=dispute):
            doc.disputes[dispute].answered = event
        case DisputeDecided(dispute=dispute):
            doc.disputes[dispute].decided = event
    return doc


def newer(one: KnownEvaluation, other: KnownEvaluation) -> KnownEvaluation:
    """A call's evaluations are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownEvaluation) -> dict[str, str | int | None]:
    """Found by whose call it is, by form and sample, and by the call's day."""
    first = doc.first
    return {
        "partner": doc.partner,
        "agent": first.agent,
        "form": first.form,
        "sample": first.sample,
        "day": first.day,
    }


evaluations = View(
    "call_evaluations",
    1,
    TOPIC,
    EvaluationEvent,
    KnownEvaluation,
    by_call,
    fold,
    newer,
    indexes=("partner", "agent", "form", "sample", "day"),
    fields=indexed,
)
