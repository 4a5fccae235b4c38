"""What today's connector makes of the stored items of a document, beside what was told of it: a difference in facts.

Pure. The tracker itself takes the items in; so what is shown beforehand is what comes of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from services.calls.tracker.call_document import CallDocument
from services.calls.tracker.facts import day_of
from services.calls.tracker.items import Item, generation_of
from services.calls.tracker.tracker import Arrival, Context, take
from services.calls.views.measures import measures
from shared.contracts.calls import AgentStateChanged, PublicCallEvent

MOST_PASSES = 4
"""How often the items of a document are taken in at most: once, once more if others win then, and room for what moves
with them."""
MOST_EXAMPLES = 20
_decode: Callable[[bytes], PublicCallEvent] = msgspec.json.Decoder(PublicCallEvent).decode


class DayChange(msgspec.Struct, kw_only=True):
    """What changes on one day of the partner's zone: facts, and by how much its counters."""

    day: str
    added: int = 0
    changed: int = 0
    reversed: int = 0
    tally: dict[str, int] = {}


@dataclass
class Difference:
    """What changes by reading again. A fact that differs is `changed` where its day stays, else `reversed` on the one
    day and `added` on the other. `months` are those in which anything changes; `examples` some documents that do."""

    days: dict[str, DayChange] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    documents: int = 0

    @property
    def months(self) -> list[str]:
        """`2026-03`."""
        return sorted({day[:7] for day in self.days})

    def add(self, before: CallDocument, after: CallDocument) -> bool:
        """Count what one document changes; whether it does."""
        mine, theirs = _facts(before), _facts(after)
        if mine == theirs:
            return False
        self.documents += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{before.source}:{before.shown}")
        for key in sorted(mine.keys() | theirs.keys()):
            was, now = mine.get(key), theirs.get(key)
            if was != now:
                self._count(was, now)
        return True

    def _count(self, was: bytes | None, now: bytes | None) -> None:
        old, new = None if was is None else _decode(was), None if now is None else _decode(now)
        if old is not None and new is not None and _day(old) == _day(new):
            self._on(_day(new)).changed += 1
        else:
            if old is not None:
                self._on(_day(old)).reversed += 1
            if new is not None:
                self._on(_day(new)).added += 1
        for event, sign in ((old, -1), (new, +1)):
            if event is not None:
                self._measure(event, sign)

    def _measure(self, event: PublicCallEvent, sign: int) -> None:
        for cell, _, _, changes in measures(event):
            tally = self._on(cell.day).tally
            for counter, entry, amount in changes:
                name = counter if entry is None else f"{counter}.{entry}"
                tally[name] = tally.get(name, 0) + sign * amount
                if not tally[name]:
                    del tally[name]

    def _on(self, day: str) -> DayChange:
        return self.days.setdefault(day, DayChange(day=day))


def reparsed(document: CallDocument, items: Sequence[Arrival], context: Context) -> tuple[CallDocument, list[Item]]:
    """The document as it will be once these items have been appended, and what is to be appended for it, in order.

    `items` are all that came for the document, read by today's connector, in the order of the log (`unique`). Those
    that lost to another content when they came may win now, and only beside what the others say by now: so they are
    taken in again until nothing moves any more. What was read again, whatever became of it, is never read twice.
    """
    now, appended, at = document, list[Item](), document.at
    for _ in range(MOST_PASSES):
        moved = False
        for arrival in items:
            taken = take(now, replace(arrival, offset=at), context)
            at += 1
            moved = moved or taken.changed
            now = taken.document
        if not moved:
            break
        appended += [arrival.item for arrival in items]
    return now, appended if _facts(document) != _facts(now) else []


def unique(document: CallDocument, items: Iterable[tuple[int, Item]]) -> list[tuple[int, Item]]:
    """Of the items in the log (by offset) those to be read again, each under its next generation: what came twice under
    one key of the platform's once, what nobody could read not at all.

    Each is read by the settings by which it was read last.
    """
    unread = {one.delivery for one in document.known.values() if one.verdict == "invalid"}
    held = {one.delivery: one for one in document.known.values() if one.from_outside}
    came = {f"{item.delivery}.{item.index}": (offset, item) for offset, item in sorted(items, key=_offset) if item.came}
    seen: set[tuple[str, int, str]] = set()
    found = []
    for name, (offset, item) in came.items():
        mine = held.get(name)
        if name in unread:
            continue
        if item.key is not None:
            copy = (item.key, item.index, item.digest)
            if mine is None and copy in seen:
                continue
            seen.add(copy)
        revision = mine.revision if mine else item.revision
        generation = max(mine.generation if mine else 0, generation_of(revision)) + 1
        change: dict[str, Any] = {"revision": revision, "generation": generation, "retried": False}
        found.append((offset, msgspec.structs.replace(item, **change)))
    return found


def _offset(pair: tuple[int, Item]) -> int:
    return pair[0]


def _facts(document: CallDocument) -> dict[str, bytes]:
    return {key: bytes(told.event) for key, told in document.told.items()}


def _day(event: PublicCallEvent) -> str:
    return day_of(event.since, event.day_zone) if isinstance(event, AgentStateChanged) else event.day


def totals(days: Iterable[DayChange]) -> dict[str, int]:
    """Facts added, changed and reversed, of all days."""
    counts: Counter[str] = Counter(added=0, changed=0, reversed=0)
    for day in days:
        counts.update(added=day.added, changed=day.changed, reversed=day.reversed)
    return dict(counts)
