"""Which defects of ours were found, how far are they, and with which release did their fixtures pass?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from services.reconciliation.events.defects import (
    DefectAcknowledged,
    DefectClosed,
    DefectEvent,
    DefectReopened,
    DefectReplayed,
)
from shared.contracts.reconciliation import TOPIC, DefectSpecified
from shared.kernel import View

Stage = Literal["open", "acknowledged", "closed"]


class DefectStep(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, for the defect's history."""

    what: str
    says: str
    at: datetime
    by: str


class KnownDefect(msgspec.Struct, kw_only=True):
    """A defect. `specified`: as it was found last, `months`: where, since it was last closed; `replays`: of the fixture
    that holds, the last at the end; `changes` counts the events behind this."""

    defect_id: str
    partner_id: str
    stage: Stage = "open"
    specified: DefectSpecified | None = None
    months: list[str] = []
    ticket: str = ""
    replays: list[DefectReplayed] = []
    history: list[DefectStep] = []
    changes: int = 0

    @property
    def found(self) -> DefectSpecified:
        """How it was found last. LookupError where nothing says so yet: a defect begins by being found."""
        if self.specified is None:
            raise LookupError(self.defect_id)
        return self.specified


def by_defect(event: DefectEvent) -> Iterable[tuple[str, DefectEvent]]:
    """One document a defect."""
    return [(event.defect_id, event)]


def fold(doc: KnownDefect | None, event: DefectEvent, sign: int) -> KnownDefect:
    """A command's events are never reversed."""
    doc = doc or KnownDefect(defect_id=event.defect_id, partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case DefectSpecified():
            before = [] if doc.stage == "closed" else doc.months
            doc.months = sorted({*before, event.month})
            doc.replays = [one for one in doc.replays if one.fixture == event.fixture]
            doc.specified = event
            _noted(doc, event, "found", f"{event.calls} calls in {event.month} where {event.predicate}")
        case DefectAcknowledged():
            doc.stage, doc.ticket = "acknowledged", event.ticket
            _noted(doc, event, "taken on", event.ticket)
        case DefectReplayed():
            doc.replays.append(event)
            outcome = f"{event.differing} of {event.of} calls differ" if event.differing else "passes"
            _noted(doc, event, "replayed", f"release {event.release}: {outcome}")
        case DefectClosed():
            doc.stage = "closed"
            _noted(doc, event, "closed", f"release {event.release}; gone from {', '.join(event.months)}")
        case DefectReopened():
            doc.stage = "acknowledged" if doc.ticket else "open"
            _noted(doc, event, "reopened", event.reason)
    return doc


def _noted(doc: KnownDefect, event: DefectEvent, what: str, says: str) -> None:
    doc.history.append(DefectStep(what=what, says=says, at=event.at, by=event.by))


def newer(one: KnownDefect, other: KnownDefect) -> KnownDefect:
    """A defect's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownDefect) -> dict[str, str | int | None]:
    """Found by partner and stage."""
    return {"partner": doc.partner_id, "stage": doc.stage}


defects = View(
    "defects",
    1,
    TOPIC,
    DefectEvent,
    KnownDefect,
    by_defect,
    fold,
    newer,
    indexes=("partner", "stage"),
    fields=indexed,
)
