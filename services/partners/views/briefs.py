"""Which briefs are there, and which are still open?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.partners.events import BriefClosed, BriefEvent, BriefWritten
from shared.contracts.partners import TOPIC
from shared.kernel import View


class KnownBrief(msgspec.Struct, kw_only=True):
    """A brief as last written; `outcome` once it is closed. `changes` counts the events behind this."""

    written: BriefWritten | None = None
    outcome: str | None = None
    changes: int = 0


def by_brief(event: BriefEvent) -> Iterable[tuple[str, BriefEvent]]:
    """One document a brief."""
    return [(event.brief_id, event)]


def fold(doc: KnownBrief | None, event: BriefEvent, sign: int) -> KnownBrief:
    """The last word counts. A command's events are never reversed."""
    doc = doc or KnownBrief()
    doc.changes += 1
    match event:
        case BriefWritten():
            doc.written = event
        case BriefClosed(outcome=outcome):
            doc.outcome = outcome
    return doc


def newer(one: KnownBrief, other: KnownBrief) -> KnownBrief:
    """A brief's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


briefs = View("briefs", 1, TOPIC, BriefEvent, KnownBrief, by_brief, fold, newer)
