"""Which rates of currencies were told of a month's days?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.reconciliation.events.economics import RateTold
from shared.contracts.reconciliation import TOPIC
from shared.kernel import View


class KnownRates(msgspec.Struct, kw_only=True):
    """The last that was told, by currency and day; `changes` counts the events behind it."""

    month: str
    told: dict[str, dict[str, RateTold]] = {}
    changes: int = 0


def by_month(event: RateTold) -> Iterable[tuple[str, RateTold]]:
    """One document a month."""
    return [(event.month, event)]


def fold(doc: KnownRates | None, event: RateTold, sign: int) -> KnownRates:
    """A command's events are never reversed."""
    doc = doc or KnownRates(month=event.month)
    doc.told.setdefault(event.currency, {})[event.day.isoformat()] = event
    doc.changes += 1
    return doc


def newer(one: KnownRates, other: KnownRates) -> KnownRates:
    """A month's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


known_rates = View("rates", 1, TOPIC, RateTold, KnownRates, by_month, fold, newer)
