"""The sums behind every performance figure: counters that can be added, taken back, and added to each other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from shared.contracts.codes import WAIT_BOUNDS_S

_BOUNDS_MS = tuple(bound * 1000 for bound in WAIT_BOUNDS_S)

Change = tuple[str, str | int | None, int]
"""One step of one counter: the tally's field, the entry within it (dict key or bucket; None: a number), by how much."""


class Tally(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sums over the calls and agent states of some selection. Durations are milliseconds.

    Offered calls are `answered`, `abandoned`, `flowed_out` (ended otherwise) or still open. `short_abandoned` are those
    abandoned within 5 s. `dials` are our attempts: `connects` those that somebody or something answered,
    `dial_contacts` those that a human answered, `ring_ms` their time until then; `contacts` are all calls that a human
    answered. `decision_contacts` are results that say the one who decides was spoken to. `handled` counts agents'
    parts of calls (legs); `talk_known`, `hold_known` and `wrap_known` count those whose duration is known.
    `units` are pieces sold (1 where the telephony gives no quantity). `orders` counts sales with an amount, `revenue`
    sums them in minor units, both by currency. `sales_confirmed` are orders that were placed, `sales_cancelled` those
    taken back as a whole, both without repeat shipments; `revenue_confirmed` is what customers pay for them, with tax,
    `upsell_confirmed` the part of it for upsells and cross-sells, `revenue_cancelled` what was cancelled or came back,
    and `orders_confirmed` their number, by currency. `agent_ms` is time by agent state, without offline.

    One content has one form: a histogram of zeros is empty, dict entries at zero vanish, keys are sorted.
    """

    offered: int = 0
    answered: int = 0
    answered_wait_ms: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    abandoned_wait_ms: int = 0
    flowed_out: int = 0
    dials: int = 0
    connects: int = 0
    contacts: int = 0
    dial_contacts: int = 0
    ring_ms: int = 0
    decision_contacts: int = 0
    handled: int = 0
    talk_ms: int = 0
    talk_known: int = 0
    hold_ms: int = 0
    hold_known: int = 0
    wrap_ms: int = 0
    wrap_known: int = 0
    cold_transfers: int = 0
    warm_transfers: int = 0
    unknown_transfers: int = 0
    sales_reported: int = 0
    units: int = 0
    sales_confirmed: int = 0
    sales_cancelled: int = 0
    answered_waits: list[int] = []
    abandoned_waits: list[int] = []
    dispositions: dict[str, int] = {}
    orders: dict[str, int] = {}
    revenue: dict[str, int] = {}
    orders_confirmed: dict[str, int] = {}
    revenue_confirmed: dict[str, int] = {}
    upsell_confirmed: dict[str, int] = {}
    revenue_cancelled: dict[str, int] = {}
    agent_ms: dict[str, int] = {}

    def apply(self, field: str, entry: str | int | None, amount: int) -> None:
        """Take one change in; a negative amount takes it back."""
        if entry is None:
            setattr(self, field, getattr(self, field) + amount)
        elif isinstance(entry, int):
            setattr(self, field, _counted(getattr(self, field), entry, amount))
        else:
            entries: dict[str, int] = getattr(self, field)
            if entry in entries:
                entries[entry] += amount
                if not entries[entry]:
                    del entries[entry]
            elif amount:
                entries[entry] = amount
                if len(entries) > 1:
                    setattr(self, field, dict(sorted(entries.items())))

    def add(self, other: Tally) -> None:
        """Add another tally."""
        for field in NUMBERS:
            amount = getattr(other, field)
            if amount:
                setattr(self, field, getattr(self, field) + amount)
        for field in HISTOGRAMS:
            for bucket, amount in enumerate(getattr(other, field)):
                if amount:
                    self.apply(field, bucket, amount)
        for field in MAPS:
            for entry, amount in getattr(other, field).items():
                self.apply(field, entry, amount)


def _names(kind: str) -> tuple[str, ...]:
    fields = msgspec.structs.fields(Tally)
    return tuple(field.name for field in fields if str(field.type).startswith(kind))


NUMBERS = _names("<class 'int'>")
HISTOGRAMS = _names("list")
MAPS = _names("dict")


def empty(tally: Tally) -> bool:
    """Whether nothing is counted."""
    return tally == _NOTHING


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of tallies, column by column: much quicker than adding them one by one."""
    found = list(tallies)
    if not found:
        return Tally()
    columns = list(zip(*map(msgspec.structs.astuple, found), strict=True))
    numbers: dict[str, Any] = dict(zip(NUMBERS, map(sum, columns), strict=False))
    result = Tally(**numbers)
    rest = iter(columns[len(NUMBERS) :])
    for field, column in zip(HISTOGRAMS, rest, strict=False):
        if any(column) and any(histogram := [sum(bucket) for bucket in zip(*filter(None, column), strict=True)]):
            setattr(result, field, histogram)
    for field, column in zip(MAPS, rest, strict=True):
        sums: dict[str, int] = {}
        for entries in column:
            for entry, amount in entries.items():
                sums[entry] = sums.get(entry, 0) + amount
        if sums:
            setattr(result, field, {entry: sums[entry] for entry in sorted(sums) if sums[entry]})
    return result


def tally_of(counters: Mapping[str, int]) -> Tally:
    """The tally of these counters, by their names."""
    numbers: dict[str, Any] = {name: amount for name, amount in counters.items() if ":" not in name}
    tally = Tally(**numbers)
    for name, amount in counters.items():
        if ":" in name:
            tally.apply(*change_of(name, amount))
    return tally


def wait_bucket(wait_ms: int) -> int:
    """The bucket of the histogram that a wait belongs to."""
    return bisect_left(_BOUNDS_MS, wait_ms)


def within(histogram: list[int], seconds: int) -> int:
    """How many waited at most so long. ValueError when `seconds` is not one of the bounds."""
    return sum(histogram[: WAIT_BOUNDS_S.index(seconds) + 1])


def name_of(field: str, entry: str | int | None) -> str:
    """The name of a counter as one word: `talk_ms`, `dispositions:sale`, `answered_waits:3`."""
    return field if entry is None else f"{field}:{entry}"


def change_of(name: str, amount: int) -> Change:
    """The change that `name_of` named."""
    field, colon, entry = name.partition(":")
    if not colon:
        return field, None, amount
    return field, int(entry) if field in HISTOGRAMS else entry, amount


def _counted(histogram: list[int], bucket: int, amount: int) -> list[int]:
    if not histogram:
        histogram = [0] * (len(WAIT_BOUNDS_S) + 1)
    histogram[bucket] += amount
    return histogram if any(histogram) else []


_NOTHING = Tally()
