"""Of which months does no report come any more?"""

from __future__ import annotations

from collections.abc import Iterable

from services.reconciliation.events.retention import MonthReleased
from shared.contracts.reconciliation import TOPIC
from shared.kernel import View


def by_month(event: MonthReleased) -> Iterable[tuple[str, MonthReleased]]:
    """One document a partner and month: what was said of it."""
    return [(f"{event.partner_id}:{event.month}", event)]


def fold(doc: MonthReleased | None, event: MonthReleased, sign: int) -> MonthReleased:
    """It is said once."""
    return doc or event


def either(one: MonthReleased, other: MonthReleased) -> MonthReleased:
    """A month's events are in one partition: there is one shard, but for a moment of a move."""
    return one


released_months = View("released_months", 1, TOPIC, MonthReleased, MonthReleased, by_month, fold, either)
