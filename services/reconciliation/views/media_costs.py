"""What was spent on media in a month, for which campaign and partner?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.reconciliation.events.economics import MediaCostTold
from shared.contracts.reconciliation import TOPIC
from shared.kernel import View


class KnownMediaCosts(msgspec.Struct, kw_only=True):
    """The last amounts, by campaign and partner, `""` for all partners; `changes` counts the events behind it."""

    month: str
    told: dict[str, dict[str, MediaCostTold]] = {}
    changes: int = 0


def by_month(event: MediaCostTold) -> Iterable[tuple[str, MediaCostTold]]:
    """One document a month."""
    return [(event.month, event)]


def fold(doc: KnownMediaCosts | None, event: MediaCostTold, sign: int) -> KnownMediaCosts:
    """A command's events are never reversed."""
    doc = doc or KnownMediaCosts(month=event.month)
    doc.told.setdefault(event.campaign, {})[event.partner_id or ""] = event
    doc.changes += 1
    return doc


def newer(one: KnownMediaCosts, other: KnownMediaCosts) -> KnownMediaCosts:
    """A month's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


known_media_costs = View("media_costs", 1, TOPIC, MediaCostTold, KnownMediaCosts, by_month, fold, newer)
