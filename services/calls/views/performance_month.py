"""Tallies of a month, day by day in columns, and their sums: any range of days is read from few documents, and for a
whole month the columns are passed over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from services.calls.views.cells import Part, identity_fields, key_of, router_by, whose
from services.calls.views.measures import CountedEvent
from services.calls.views.performance import Performance
from services.calls.views.tally import name_of, tally_of
from shared.contracts.calls import TOPIC
from shared.kernel import View


class MonthTotal(Performance, kw_only=True, omit_defaults=True):
    """The sums of one cell over a month in the partner's zone; not yet `summed` in a document of an older release."""

    month: str
    summed: bool = False


class MonthPerformance(MonthTotal, kw_only=True, omit_defaults=True):
    """The same, and the sums of each day.

    `days` gives each counter's amounts by day, from the first of the month on; zeros at the end, and counters of
    zeros, are left out.
    """

    days: dict[str, list[int]] = msgspec.field(default_factory=dict)


T = TypeVar("T", bound=MonthTotal)


def fold(doc: MonthPerformance | None, part: Part, sign: int) -> MonthPerformance:
    """Take the changes of one day in, or back."""
    cell, changes = part
    doc = doc or MonthPerformance(month=cell.day[:7], **whose(cell))
    if not doc.summed:
        doc.tally = tally_of({name: sum(amounts) for name, amounts in doc.days.items()})
        doc.summed = True
    before = len(doc.days)
    day = int(cell.day[8:]) - 1
    for field, entry, amount in changes:
        _add(doc.days, name_of(field, entry), day, sign * amount)
        doc.tally.apply(field, entry, sign * amount)
    if len(doc.days) > before:
        doc.days = dict(sorted(doc.days.items()))
    return doc


def merge(one: MonthPerformance, other: MonthPerformance) -> MonthPerformance:
    """Two shards of one document, added up."""
    merge_totals(one, other)
    for name, amounts in other.days.items():
        for day, amount in enumerate(amounts):
            _add(one.days, name, day, amount)
    one.days = dict(sorted(one.days.items()))
    return one


def merge_totals(one: T, other: T) -> T:
    """Two shards of the sums alone."""
    one.tally.add(other.tally)
    one.summed = one.summed and other.summed
    return one


def days_of(doc: MonthPerformance) -> Iterable[tuple[str, dict[str, int]]]:
    """The counters of each day that has any, by date."""
    for day in range(max((len(amounts) for amounts in doc.days.values()), default=0)):
        counters = {name: amounts[day] for name, amounts in doc.days.items() if day < len(amounts) and amounts[day]}
        if counters:
            yield f"{doc.month}-{day + 1:02}", counters


def _add(days: dict[str, list[int]], name: str, day: int, amount: int) -> None:
    if not amount:
        return
    amounts = days.setdefault(name, [])
    if day >= len(amounts):
        amounts.extend([0] * (day + 1 - len(amounts)))
    amounts[day] += amount
    while amounts and not amounts[-1]:
        amounts.pop()
    if not amounts:
        del days[name]


def route(event: CountedEvent) -> list[tuple[str, Part]]:
    """Routed by day first: a state over midnight belongs to two days of one document."""
    return [(key_of(cell.day[:7], cell), (cell, changes)) for _, (cell, changes) in _by_day(event)]


_by_day = router_by(lambda cell: cell.day)

performance_month: View[CountedEvent, MonthPerformance, Part] = View(
    "performance_month",
    version=3,
    topic=TOPIC,
    events=CountedEvent,
    doc=MonthPerformance,
    route=route,
    fold=fold,
    merge=merge,
    indexes=("partner", "campaign", "agent", "counts", "month"),
    fields=lambda doc: identity_fields(doc) | {"month": doc.month},
)

_whole: View[CountedEvent, Any, Part] = performance_month
month_totals = replace(_whole, doc=MonthTotal, merge=merge_totals)
"""The same documents, read without their columns."""
