"""Who may become an agent, and how far are they?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.training.events.candidates import (
    CandidateErased,
    CandidateEvent,
    CandidateMoved,
    CandidateRegistered,
    CandidateStage,
)
from shared.contracts.training import TOPIC
from shared.kernel import View


class KnownCandidate(msgspec.Struct, kw_only=True):
    """A candidate. `moves`: stages they came to, oldest first; `changes` counts the events behind this."""

    partner_id: str
    candidate: str
    registered: CandidateRegistered | None = None
    stage: CandidateStage = "applied"
    moves: list[CandidateMoved] = []
    erased: bool = False
    changes: int = 0


def by_candidate(event: CandidateEvent) -> Iterable[tuple[str, CandidateEvent]]:
    """One document a candidate."""
    return [(f"{event.partner_id}:{event.candidate}", event)]


def fold(doc: KnownCandidate | None, event: CandidateEvent, sign: int) -> KnownCandidate:
    """A command's events are never reversed."""
    doc = doc or KnownCandidate(partner_id=event.partner_id, candidate=event.candidate)
    doc.changes += 1
    match event:
        case CandidateRegistered():
            doc.registered = event
        case CandidateMoved(stage=stage):
            doc.stage = stage
            doc.moves.append(event)
        case CandidateErased():
            doc.erased = True
    return doc


def newer(one: KnownCandidate, other: KnownCandidate) -> KnownCandidate:
    """A candidate is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownCandidate) -> dict[str, str | int | None]:
    """Found by partner and stage."""
    return {"partner": doc.partner_id, "stage": doc.stage}


candidates = View(
    "candidates",
    1,
    TOPIC,
    CandidateEvent,
    KnownCandidate,
    by_candidate,
    fold,
    newer,
    indexes=("partner", "stage"),
    fields=indexed,
)
