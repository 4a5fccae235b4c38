"""Which scorecards are there?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.partners.events import ScorecardDefined
from shared.contracts.partners import TOPIC
from shared.kernel import View


class KnownScorecard(msgspec.Struct, kw_only=True):
    """A scorecard as last defined, and how often it was."""

    defined: ScorecardDefined
    versions: int = 1


def by_scorecard(event: ScorecardDefined) -> Iterable[tuple[str, ScorecardDefined]]:
    """One document a scorecard."""
    return [(event.scorecard_id, event)]


def fold(doc: KnownScorecard | None, event: ScorecardDefined, sign: int) -> KnownScorecard:
    """The last definition counts. A command's events are never reversed."""
    return KnownScorecard(defined=event, versions=doc.versions + 1 if doc else 1)


def newer(one: KnownScorecard, other: KnownScorecard) -> KnownScorecard:
    """A scorecard's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.versions >= other.versions else other


scorecards = View("scorecards", 1, TOPIC, ScorecardDefined, KnownScorecard, by_scorecard, fold, newer)
