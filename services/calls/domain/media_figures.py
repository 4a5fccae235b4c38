"""What media cost for each call, contact and order: purchases beside what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from services.calls.events.campaigns import NumberAssigned, NumberEvent
from shared.contracts.selling import MediaBought

FORMULAS = {
    "cost": "sum of what was paid for media on the days asked for",
    "calls": "by campaign: calls offered and dialled; by medium: calls in on its numbers",
    "contacts": "results that say that the one who decides was spoken to",
    "orders": "orders of those days less the cancelled ones; repeat shipments are none",
    "cost_per_call": "cost / calls",
    "cost_per_contact": "cost / contacts",
    "cost_per_order": "cost / orders",
}
"""What is told beside the figures."""


class MediaRow(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a campaign or a medium (`name`); costs in minor units by currency, those for one thing with two
    decimals. None where it cannot be told: contacts and orders are known by campaign, not by number."""

    name: str
    cost: dict[str, int]
    calls: int
    contacts: int | None = None
    orders: int | None = None
    cost_per_call: dict[str, str]
    cost_per_contact: dict[str, str] | None = None
    cost_per_order: dict[str, str] | None = None


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a campaign in a time."""

    calls: int = 0
    contacts: int = 0
    orders: int = 0


def costs(bought: Iterable[MediaBought], by_media: bool, starts: date, ends: date) -> dict[str, dict[str, int]]:
    """By campaign or medium, what was paid on the days from `starts` until before `ends`, by currency."""
    found: dict[str, dict[str, int]] = {}
    for one in bought:
        if starts <= one.day < ends and one.amount.minor:
            sums = found.setdefault(one.media if by_media else one.campaign, {})
            sums[one.amount.currency] = sums.get(one.amount.currency, 0) + one.amount.minor
    return found


def by_campaign(cost: Mapping[str, dict[str, int]], came: Mapping[str, Came]) -> list[MediaRow]:
    """A row for each campaign that cost or brought something."""
    rows = []
    for name in sorted(cost.keys() | came.keys()):
        spent, one = cost.get(name, {}), came.get(name, Came())
        rows.append(
            MediaRow(
                name=name,
                cost=spent,
                calls=one.calls,
                contacts=one.contacts,
                orders=one.orders,
                cost_per_call=each(spent, one.calls),
                cost_per_contact=each(spent, one.contacts),
                cost_per_order=each(spent, one.orders),
            )
        )
    return rows


def by_medium(cost: Mapping[str, dict[str, int]], calls: Mapping[str, int]) -> list[MediaRow]:
    """A row for each medium that cost something or was called."""
    return [
        MediaRow(
            name=name,
            cost=cost.get(name, {}),
            calls=calls.get(name, 0),
            cost_per_call=each(cost.get(name, {}), calls.get(name, 0)),
        )
        for name in sorted(cost.keys() | calls.keys())
    ]


def medium_on(history: Sequence[NumberEvent], day: date) -> str:
    """The medium in which a number was shown on a day (UTC), as it was said last until then; empty for none."""
    said = [event for event in history if event.at.date() <= day]
    return said[-1].media if said and isinstance(said[-1], NumberAssigned) else ""


def each(cost: Mapping[str, int], things: int) -> dict[str, str]:
    """What one of so many things cost, in minor units with two decimals, rounded half up; nothing where none came."""
    if things <= 0:
        return {}
    cent = Decimal("0.01")
    return {each: str((Decimal(minor) / things).quantize(cent, ROUND_HALF_UP)) for each, minor in sorted(cost.items())}
