"""How do the new agents of a partner learn, as it was measured last?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.training import TOPIC, LearningMeasured
from shared.kernel import View


class KnownLearning(msgspec.Struct, kw_only=True):
    """A partner's last measurement."""

    measured: LearningMeasured


def by_partner(event: LearningMeasured) -> Iterable[tuple[str, LearningMeasured]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownLearning | None, event: LearningMeasured, sign: int) -> KnownLearning:
    """The last word holds. A command's events are never reversed."""
    return KnownLearning(measured=event)


def later(one: KnownLearning, other: KnownLearning) -> KnownLearning:
    """A partner's are in one partition: there is one shard, but for a moment of a move."""
    return one if one.measured.until >= other.measured.until else other


learnings = View("measured_learning", 1, TOPIC, LearningMeasured, KnownLearning, by_partner, fold, later)
