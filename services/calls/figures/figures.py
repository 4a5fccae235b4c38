"""Sums into tables: grouping, order, paging, and an agent's place among its peers."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from services.calls.views.performance import Performance
from services.calls.views.performance_month import MonthPerformance, days_of
from services.calls.views.tally import Tally, empty, tally_of, total

RANKED_FROM = 20
"""Handled calls below which an agent has no place: too few to compare."""
PEERS_FROM = 5
"""Peers below which their quartiles are not shown: they would tell single persons' figures."""

Keys = tuple[str | None, ...]
P = TypeVar("P", bound=Performance)


@dataclass(frozen=True)
class Row:
    """One line of a table: what it is about, the sums, and the figure by which the table is sorted."""

    keys: Keys
    tally: Tally
    value: float | None = None


@dataclass(frozen=True)
class Place:
    """Where a row stands: `rank` from 1, ties sharing the better place; None when it has too little to compare."""

    rank: int | None
    of: int
    quartiles: tuple[float, float, float] | None


@dataclass(frozen=True)
class Order:
    """How rows are sorted: by figure (`by_value`), the rest by keys, `first` being the index of the leading key."""

    by_value: bool
    descending: bool
    first: int = 0

    def position(self, row: Row) -> tuple[Any, ...]:
        """Comparable positions: rows without a figure come last in either direction."""
        keys = (row.keys[self.first], *row.keys[: self.first], *row.keys[self.first + 1 :])
        names = tuple((key is not None, key or "") for key in keys)
        if not self.by_value:
            return names
        if row.value is None:
            return (True, 0.0, *names)
        return (False, -row.value if self.descending else row.value, *names)

    @property
    def backwards(self) -> bool:
        """Whether greater positions come first."""
        return self.descending and not self.by_value


def grouped(documents: Iterable[P], keys_of: Callable[[P], Keys]) -> dict[Keys, Tally]:
    """The sums of the documents by their keys, without empty ones. The documents stay as they are."""
    groups: dict[Keys, list[Tally]] = {}
    for document in documents:
        groups.setdefault(keys_of(document), []).append(document.tally)
    sums = {keys: total(tallies) for keys, tallies in groups.items()}
    return {keys: tally for keys, tally in sums.items() if not empty(tally)}


def grouped_months(
    months: Iterable[MonthPerformance], start: str, end: str, keys_of: Callable[[MonthPerformance], Keys]
) -> dict[Keys, Tally]:
    """The sums of the days `start` <= day < `end` by the documents' keys."""
    sums: dict[Keys, dict[str, int]] = {}
    for document in months:
        first, last = _days_within(document.month, start, end)
        counters = sums.setdefault(keys_of(document), {})
        for name, amounts in document.days.items():
            counters[name] = counters.get(name, 0) + sum(amounts[first:last])
    return _told(sums)


def grouped_days(
    months: Iterable[MonthPerformance], start: str, end: str, keys_of: Callable[[MonthPerformance, str], Keys]
) -> dict[Keys, Tally]:
    """The same, told apart by day: the keys are those of a document on a day."""
    sums: dict[Keys, dict[str, int]] = {}
    for document in months:
        for day, amounts in days_of(document):
            if start <= day < end:
                counters = sums.setdefault(keys_of(document, day), {})
                for name, amount in amounts.items():
                    counters[name] = counters.get(name, 0) + amount
    return _told(sums)


def _days_within(month: str, start: str, end: str) -> tuple[int, int]:
    """The part of a month's columns that lies in a range of days."""
    if not start[:7] <= month <= end[:7]:
        return 0, 0
    first = int(start[8:]) - 1 if start[:7] == month else 0
    return first, int(end[8:]) - 1 if end[:7] == month else 31


def _told(sums: Mapping[Keys, Mapping[str, int]]) -> dict[Keys, Tally]:
    return {keys: tally_of(counters) for keys, counters in sums.items() if any(counters.values())}


def ordered(rows: Iterable[Row], order: Order) -> list[Row]:
    """The rows in order."""
    return sorted(rows, key=order.position, reverse=order.backwards)


def page(rows: Sequence[Row], order: Order, after: Row | None, limit: int) -> tuple[list[Row], Row | None]:
    """At most `limit` ordered rows behind `after`, and the last of them if there are more.

    `after` need not be among the rows: figures may have changed since the page before.
    """
    if after is not None:
        mark = order.position(after)
        rows = [r for r in rows if (order.position(r) < mark if order.backwards else order.position(r) > mark)]
    found = list(rows[:limit])
    return found, found[-1] if len(rows) > limit else None


def places(rows: Sequence[Row], better_up: bool, group_of: Callable[[Row], Hashable]) -> list[Place]:
    """The place of each row among the rows of its group."""
    groups: dict[Hashable, list[float]] = {}
    for row in rows:
        if row.value is not None and row.tally.handled >= RANKED_FROM:
            groups.setdefault(group_of(row), []).append(row.value)
    ranks: dict[Hashable, dict[float, int]] = {}
    quartiles: dict[Hashable, tuple[float, float, float] | None] = {}
    for group, values in groups.items():
        values.sort(reverse=better_up)
        ranks[group] = {value: index for index, value in reversed(list(enumerate(values, 1)))}
        quartiles[group] = _quartiles(values)
    found = []
    for row in rows:
        group = group_of(row)
        ranked = row.value is not None and row.tally.handled >= RANKED_FROM
        rank = ranks[group][row.value] if ranked and row.value is not None else None
        found.append(Place(rank, len(groups.get(group, ())), quartiles.get(group)))
    return found


def _quartiles(values: list[float]) -> tuple[float, float, float] | None:
    if len(values) < PEERS_FROM:
        return None
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high
