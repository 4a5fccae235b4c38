"""The month that both sides expect, as usage: so that terms can be priced before a call is made.

The volumes of a term sheet are averages; prices depend on more: on each call's seconds where they are rounded up, on
the hour where there are surcharges. The spread is fixed and the same for every sheet: the times of calls lie evenly
between a tenth and nineteen tenths of their average, calls evenly over the hours of service.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.contracts.rating.calendar import WEEKDAYS, days_between, days_of
from shared.contracts.rating.usage import HOT_LEADS, AgentUsage, CallUsage, Cancellation, Figure, SaleUsage, Usage
from shared.contracts.terms.pricing import CallDirection
from shared.contracts.terms.sheet import ExpectedVolumes, TermSheet
from shared.contracts.terms.values import exact

SPREAD = (1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
"""Tenths of the average time, each for a tenth of the calls."""
SCALE = 10**10
"""The denominator of an expected figure: a share with eight decimals is a whole number of its hundredths."""

T = TypeVar("T")
W = TypeVar("W", int, Decimal)
Slot = tuple[datetime, int]
"""A time, and how much of the month's calls come at times like it."""


def expected_month(terms: TermSheet) -> str:
    """The first month that the terms cover wholly; else the one in which they begin."""
    starts, ends = terms.validity.starts, terms.validity.ends
    if starts.day > 1:
        following = (starts.replace(day=1) + timedelta(days=32)).isoformat()[:7]
        if ends is None or days_of(following)[1] <= ends:
            return following
    return starts.isoformat()[:7]


def expected_calls(terms: TermSheet, month: str) -> int:
    """The calls that the terms expect of a month: those of its own row times its open days; of an average one where it
    has no row."""
    days = len(_open_days(terms, month))
    own = [row.calls_per_day for row in terms.volumes.months if row.name == month]
    return own[0] * days if own else _daily(terms.volumes, days)


def expected_usage(terms: TermSheet, month: str, *others: TermSheet) -> Usage:
    """The usage of a month by the expected volumes of `terms`. It is the same for the `others`, which are priced on it:
    it is told by the hour where one of them has surcharges, and has a figure for each of their service levels, and
    for hot leads, of which none is expected to be late."""
    volumes = terms.volumes
    days = _open_days(terms, month)
    hourly = any(sheet.pricing.surcharges for sheet in (terms, *others))
    slots = _slots(terms, days, hourly)
    if not slots:
        return Usage(figures=_figures(volumes, terms, *others))
    calls = list(_calls(volumes, slots, _daily(volumes, len(days))))
    answered = sum(call.count for call in calls if call.answered)
    contacts = sum(call.count for call in calls if call.contact)
    sold = list(_sales(terms, slots[0][0], contacts))
    sold_on = slots[0][0].astimezone(ZoneInfo(terms.schedule.time_zone)).date()
    return Usage(
        calls=calls,
        sales=[sale for sale, _ in sold],
        cancellations=[Cancellation(sale=sale.id, on=sold_on) for sale, cancelled in sold if cancelled],
        agents=list(_agents(volumes, slots, answered, len(days))),
        figures=_figures(volumes, terms, *others),
    )


def _daily(volumes: ExpectedVolumes, days: int) -> int:
    """The calls of an average month."""
    total = Decimal(sum(month.calls_per_day for month in volumes.months) * days) / len(volumes.months)
    return int(total.to_integral_value(ROUND_HALF_UP))


def _open_days(terms: TermSheet, month: str) -> list[date]:
    first, last = days_of(month)
    days = days_between(first, last)
    if terms.schedule.always:
        return days
    opened = {day.name for day in terms.schedule.hours}
    return [day for day in days if WEEKDAYS[day.weekday()] in opened and day not in terms.schedule.holidays]


def _slots(terms: TermSheet, days: Sequence[date], hourly: bool) -> list[Slot]:
    """The times at which calls come. Days that no surcharge can tell apart are one."""
    hours: dict[str, range] = {
        day.name: range(int(day.opens[:2]), -(-_minutes(day.closes) // 60)) for day in terms.schedule.hours
    }
    alike: dict[tuple[str, int, bool], Slot] = {}
    for day in days:
        weekday = WEEKDAYS[day.weekday()]
        for hour in range(24) if terms.schedule.always else hours[weekday]:
            key = (weekday, hour, day in terms.schedule.holidays) if hourly else ("", 0, False)
            at = datetime.combine(day, time(hour), ZoneInfo(terms.schedule.time_zone)).astimezone(UTC)
            first, weight = alike.get(key, (at, 0))
            alike[key] = (first, weight + 1)
    return list(alike.values())


def _calls(volumes: ExpectedVolumes, slots: Sequence[Slot], total: int) -> Iterator[CallUsage]:
    shares = list(_campaigns(volumes))
    inbound = exact(volumes.inbound_percent)
    answered = exact(volumes.answered_percent)
    contact = exact(volumes.contact_percent)
    directions: tuple[CallDirection, ...] = ("inbound", "outbound")
    number = 0
    for (at, _), in_slot in _shared(total, slots):
        for (campaign, _), of_campaign in _shared(in_slot, shares):
            for direction, directed in zip(directions, _split(of_campaign, inbound), strict=True):
                taken, lost = _split(directed, answered)
                reached, others = _split(taken, contact)
                for count, is_answered, is_contact in (
                    (lost, False, False),
                    (others, True, False),
                    (reached, True, True),
                ):
                    spread = [(tenths, 1) for tenths in SPREAD] if is_answered else [(0, 1)]
                    for (tenths, _), alike in _shared(count, spread):
                        number += 1
                        yield CallUsage(
                            id=f"expected-{number}",
                            at=at,
                            direction=direction,
                            campaign=campaign,
                            talk_seconds=volumes.talk_seconds * tenths // 10,
                            hold_seconds=volumes.hold_seconds * tenths // 10,
                            wrap_seconds=volumes.wrap_seconds * tenths // 10,
                            answered=is_answered,
                            handled=is_answered,
                            contact=is_contact,
                            count=alike,
                        )


def _sales(terms: TermSheet, at: datetime, contacts: int) -> Iterator[tuple[SaleUsage, bool]]:
    """Sales, and whether they are cancelled: in ten parts, so that cancelled ones stand in all tiers."""
    volumes = terms.volumes
    sold, _ = _split(contacts, exact(volumes.conversion_percent))
    parts = [(part, 1) for part in range(10)]
    for (campaign, _), count in _shared(sold, list(_campaigns(volumes))):
        cancelled, kept = _split(count, exact(volumes.cancelled_percent))
        for gone, number in ((True, cancelled), (False, kept)):
            for (part, _), alike in _shared(number, parts):
                sale = SaleUsage(
                    id=f"{part} {'cancelled' if gone else 'kept'} {campaign or ''}",
                    at=at,
                    amount_minor=volumes.average_order_minor,
                    currency=terms.payment.currency,
                    campaign=campaign,
                    count=alike,
                )
                yield sale, gone


def _agents(volumes: ExpectedVolumes, slots: Sequence[Slot], answered: int, days: int) -> Iterator[AgentUsage]:
    """The paid hours: as much of them as calls need is on calls and wrapping up, the rest is waiting for calls."""
    paid = volumes.agent_hours_per_day * 3600 * days
    for (campaign, _), seconds in _shared(paid, list(_campaigns(volumes))):
        calls = answered * seconds // paid if paid else 0
        for (at, _), (in_slot, own) in zip(slots, _pairs(seconds, calls, slots), strict=True):
            left = in_slot
            for state, each in (
                ("on_call", volumes.talk_seconds + volumes.hold_seconds),
                ("wrap_up", volumes.wrap_seconds),
            ):
                count = min(own, left // each) if each else 0
                left -= count * each
                if count:
                    yield AgentUsage(
                        agent=f"expected {campaign or ''}",
                        at=at,
                        state=state,
                        seconds=each,
                        campaign=campaign,
                        count=count,
                    )
            if left:
                yield AgentUsage(
                    agent=f"expected {campaign or ''}", at=at, state="available", seconds=left, campaign=campaign
                )


def _pairs(seconds: int, calls: int, slots: Sequence[Slot]) -> list[tuple[int, int]]:
    return list(zip(_apportioned(seconds, slots), _apportioned(calls, slots), strict=True))


def _figures(volumes: ExpectedVolumes, *sheets: TermSheet) -> list[Figure]:
    values: dict[str, str] = {}
    for sheet in sheets:
        for level in sheet.service_levels:
            values.setdefault(level.name, volumes.service_level_percent or level.target_percent)
        if sheet.measures.hot_lead_credits:
            values[HOT_LEADS] = "100"  # nobody plans to be late
    values["conversion"] = volumes.conversion_percent
    if volumes.quality_percent is not None:
        values["quality"] = volumes.quality_percent
    return [
        Figure(name=name, numerator=int(exact(value) * (SCALE // 100)), denominator=SCALE)
        for name, value in values.items()
    ]


def _campaigns(volumes: ExpectedVolumes) -> Iterator[tuple[str | None, Decimal]]:
    """Campaigns with their shares; what is left belongs to none."""
    left = Decimal(100)
    for campaign in volumes.campaigns:
        share = exact(campaign.percent)
        left -= share
        yield campaign.name, share
    if left:
        yield None, left


def _split(count: int, percent: Decimal) -> tuple[int, int]:
    """So many of them, and the others."""
    part = int((count * percent / 100).to_integral_value(ROUND_HALF_UP))
    return part, count - part


def _shared(count: int, shares: Sequence[tuple[T, W]]) -> Iterator[tuple[tuple[T, W], int]]:
    """Each share with its part of the count; those without one are left out."""
    return ((share, part) for share, part in zip(shares, _apportioned(count, shares), strict=True) if part)


def _apportioned(count: int, shares: Sequence[tuple[T, W]]) -> list[int]:
    """Whole numbers in proportion, which add up to the count."""
    total = sum((Decimal(weight) for _, weight in shares), Decimal())
    parts, running, told = [], Decimal(), 0
    for _, weight in shares:
        running += weight
        upto = int((count * running / total).to_integral_value(ROUND_HALF_UP))
        parts.append(upto - told)
        told = upto
    return parts


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
