"""What was paid for media in a month, campaign by campaign, by the purchases that were told day by day?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from shared.contracts.calls import TOPIC
from shared.contracts.selling import MediaBought
from shared.kernel import View

Sums = dict[str, dict[str, dict[str, int]]]
"""Campaign -> partner, `""` for all partners -> currency -> minor units."""


class MediaSpent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sums of a month. A campaign stays in it once a purchase was told of it, also when the sum is nothing."""

    month: str
    spent: Sums = {}


def by_month(event: MediaBought) -> Iterable[tuple[str, MediaBought]]:
    """One document a month."""
    return [(event.month, event)]


def fold(doc: MediaSpent | None, event: MediaBought, sign: int) -> MediaSpent:
    """The amount comes in the place of the one before, so that the order of events plays no part."""
    doc = doc or MediaSpent(month=event.month)
    partner = event.partner or ""
    sums: dict[str, int] = {event.amount.currency: sign * event.amount.minor}
    if event.before is not None:
        sums[event.before.currency] = sums.get(event.before.currency, 0) - sign * event.before.minor
    doc.spent = _together(doc.spent, {event.campaign: {partner: sums}})
    return doc


def add(one: MediaSpent, other: MediaSpent) -> MediaSpent:
    """Campaigns are in several partitions."""
    return msgspec.structs.replace(one, spent=_together(one.spent, other.spent))


def _together(one: Sums, other: Sums) -> Sums:
    """One content has one form, so that two ways to the same sums give the same document."""
    found: Sums = {}
    for campaign in sorted(one.keys() | other.keys()):
        left, right = one.get(campaign, {}), other.get(campaign, {})
        sums = {name: _sum(left.get(name, {}), right.get(name, {})) for name in sorted(left.keys() | right.keys())}
        found[campaign] = {name: each for name, each in sums.items() if each}
    return found


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    sums = {each: one.get(each, 0) + other.get(each, 0) for each in sorted(one.keys() | other.keys())}
    return {currency: minor for currency, minor in sums.items() if minor}


media_spent = View("media_spent", 1, TOPIC, MediaBought, MediaSpent, by_month, fold, add)
