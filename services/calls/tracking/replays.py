"""Runs today's connector over what is stored of a source: says what would change, and appends what brings it about.

A document's items are appended once more, as the next reading of them; the tracker takes back what it told and tells
it anew. Killed and asked again, it finds what is still to be done: what was applied differs no more, and what was
appended twice is passed over.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec

from services.calls.connectors.base import Slice
from services.calls.doors.sources import Source, Sources
from services.calls.tracker.call_document import AGENTS, CALLS, CallDocument
from services.calls.tracker.items import Item, decode_content, decode_item, encode_item
from services.calls.tracker.reparse import Difference, reparsed, unique
from services.calls.tracker.tracker import Arrival, Context, tests_of
from services.calls.tracking.reread import Reread
from services.calls.tracking.tracking import swap
from services.calls.views.agreed_months import AgreedMonths, agreed_months
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.contracts.partners import SourceSettings
from shared.engine.appender import Appender
from shared.faults import reach
from shared.kernel import Rejected
from shared.ports import Bus, Documents, Outgoing
from shared.vault import KeyDestroyed, Unopenable, Vault

PAGE = 1_000
_decode = msgspec.json.Decoder(CallDocument).decode


class MonthViews(Protocol):
    """How the view of agreed months is read."""

    async def get(self, view: Any, keys: Sequence[str]) -> dict[str, Any]:
        """The documents of these keys."""
        ...


@dataclass
class Replayed:
    """What was found. `left` counts documents that are left as they are: `erased` (a customer of theirs was), and items
    that can't be read: `destroyed` (the key of their month), `unreadable` (by today's connector; they count as they
    were read before). `agreed`: months in which something would change and that stand. `appended` items."""

    source: str
    documents: int = 0
    items: int = 0
    appended: int = 0
    difference: Difference = field(default_factory=Difference)
    left: Counter[str] = field(default_factory=Counter)
    agreed: list[str] = field(default_factory=list)


Log = dict[str, list[tuple[int, int]]]
"""Where in the log (partition, offset) the items of a document stand."""


class Replays:
    """Asked by hand; one source and period at a time."""

    def __init__(
        self,
        bus: Bus,
        documents: Documents,
        sources: Sources,
        appender: Appender,
        vault: Vault,
        reread: Reread,
        views: MonthViews,
    ) -> None:
        self._bus = bus
        self._documents = documents
        self._sources = sources
        self._appender = appender
        self._vault = vault
        self._reread = reread
        self._views = views

    async def run(self, source_id: str, low: datetime, high: datetime, apply: bool) -> Replayed:
        """Calls that began, or of which anything came, and agents' days that lie within `low <= t < high`.

        LookupError when the source can't be served; Rejected `month_agreed`: what would change lies in months that
        stand, and nothing is appended.
        """
        source = self._sources.get(source_id)
        if source is None:
            raise LookupError(f"the source {source_id} can't be served")
        began = {stored.id async for stored in self._reread.of_period(source, low, high)}
        log = await self._log(source, began, low, high)
        found = await self._documents_of(sorted(began | log.keys()))
        done = Replayed(source_id, documents=len(found))
        pending: list[list[Item]] = []
        for document in found:
            items = await self._document(source, document, log.get(_id(document), []), done)
            if items:
                pending.append(items)
            await asyncio.sleep(0)  # whoever else asks this process is not kept waiting
        standing = await self._standing(source.settings.partner)
        done.agreed = [month for month in done.difference.months if month in standing]
        if apply and done.agreed:
            months = ", ".join(done.agreed)
            raise Rejected(
                "month_agreed", f"Agreed with the partner already: {months}. Reopen them with a reason first."
            )
        for items in pending if apply else ():
            records = [Outgoing(item.document, encode_item(item)) for item in items]
            await self._appender.append(TELEPHONY_TOPIC, records[0].key, records)
            reach("replay.appended")
            done.appended += len(records)
        return done

    async def _standing(self, partner: str) -> frozenset[str]:
        """The months that were agreed with the partner and not reopened since."""
        found: AgreedMonths | None = (await self._views.get(agreed_months, [partner])).get(partner)
        return frozenset(found.agreed) if found else frozenset()

    async def _log(self, source: Source, began: Collection[str], low: datetime, high: datetime) -> Log:
        """Everything that came for the documents that began in the period, and for those of which anything came in it:
        what nobody understood has no beginning. Also what lost to another content, and is in no document."""
        found, wanted = defaultdict[str, list[tuple[int, int]]](list), set(began)
        for partition in range(self._bus.partitions(TELEPHONY_TOPIC)):
            # From the beginning: a document knows where it read an item last, and not where the item came.
            async for offset, item in self._records(partition):
                if item.source != source.id or not item.came:
                    continue
                found[item.document].append((partition, offset))
                if low <= item.received_at < high:
                    wanted.add(item.document)
        return {document: places for document, places in found.items() if document in wanted}

    async def _documents_of(self, ids: Sequence[str]) -> list[CallDocument]:
        found: list[CallDocument] = []
        for first in range(0, len(ids), PAGE):
            page = ids[first : first + PAGE]
            for collection in (CALLS, AGENTS):
                stored = await self._documents.get(collection, page)
                found += [_decode(one.body) for _, one in sorted(stored.items())]
        return found

    async def _records(self, partition: int) -> AsyncIterator[tuple[int, Item]]:
        end, offset = (await self._bus.ends(TELEPHONY_TOPIC))[partition], 0
        while offset < end:
            records = await self._bus.read(TELEPHONY_TOPIC, partition, offset, PAGE)
            if not records:
                return
            for record in records:
                try:
                    yield record.offset, decode_item(record.value)
                except msgspec.MsgspecError:
                    continue  # it lies among the dead letters
            offset = records[-1].offset + 1
            await asyncio.sleep(0)

    async def _document(
        self, source: Source, document: CallDocument, places: Sequence[tuple[int, int]], done: Replayed
    ) -> list[Item]:
        """What is to be appended for it: nothing if nothing would change."""
        if await self._reread.is_erased(document):
            done.left["erased"] += 1
            return []
        stored: list[tuple[int, Item]] = []
        for partition, offset in places:
            (record,) = await self._bus.read(TELEPHONY_TOPIC, partition, offset, 1)
            stored.append((offset, decode_item(record.value)))
        again = unique(document, stored)
        arrivals = await self._read(source, [item for _, item in again], done)
        done.items += len(arrivals)
        settings = await self._sources.settings(source.id, document.revision)
        context = Context(source.connector, settings, "replay", 1, 0)
        after, items = reparsed(document, arrivals, context)
        return items if done.difference.add(document, after) else []

    async def _read(self, source: Source, items: Sequence[Item], done: Replayed) -> list[Arrival]:
        keyring = await self._vault.keyring([item.sealed for item in items])
        arrivals: list[Arrival] = []
        for item in items:
            settings = await self._sources.settings(source.id, item.revision)
            try:
                content = decode_content(keyring.open(item.sealed, item.document.encode()))
                part = Slice(content.raw, item.correlation, content.context)
                arrivals.append(_arrival(source, item, part, settings))
            except (KeyDestroyed, Unopenable):
                done.left["destroyed"] += 1
            except Exception:  # as the tracker has it: it is the item, and it stops nobody
                done.left["unreadable"] += 1
        numbers = {note.customer for a in arrivals if a.reading for note in a.reading.notes if note.customer}
        tokens: Mapping[str, str] = await self._vault.customer_refs(numbers) if numbers else {}
        return [swap(arrival, tokens) for arrival in arrivals]


def _arrival(source: Source, item: Item, part: Slice, settings: SourceSettings) -> Arrival:
    reading = source.connector.read(part, settings, item.received_at)
    return Arrival(0, 0, item, reading, generation=item.generation, tests=tests_of(reading, settings))


def _id(document: CallDocument) -> str:
    return f"{document.source}:{document.correlation}"
