"""Reads stored items again, by the settings of today: appended to the log, they replace what was read before.

What waits for a decision is read again by itself once there are newer settings; everything else when somebody asks.
Appending is harmless: an item that comes a second time under one revision is passed over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.calls.doors.sources import Source, Sources
from services.calls.tracker.call_document import AGENTS, CALLS, CallDocument, began
from services.calls.tracker.items import Item, decode_item, encode_item, generation_of
from services.calls.views.measures import milliseconds
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine.appender import Appender
from shared.faults import reach
from shared.ports import Bus, Documents, Outgoing, Stored, every
from shared.vault import Vault

MOST = 2_000
"""Items that one step or one request appends: the log takes them quickly, the tracker has other work too."""
PAGE = 200
_decode = msgspec.json.Decoder(CallDocument).decode


@dataclass
class Appended:
    """What was appended; `complete`: nothing else is to be read again."""

    revision: int
    documents: int = 0
    items: int = 0
    complete: bool = True


class Reread:
    """What is appended anew for documents that were read by older settings."""

    def __init__(self, bus: Bus, documents: Documents, sources: Sources, appender: Appender, vault: Vault) -> None:
        self._bus = bus
        self._documents = documents
        self._sources = sources
        self._appender = appender
        self._vault = vault

    async def step(self) -> int:
        """Of every source, what waits and was read by older settings than today's; how many items."""
        return sum([(await self.waiting(source.id)).items for source in self._sources.all()])

    async def waiting(self, source_id: str) -> Appended:
        """What waits for a decision and was read by older settings. LookupError when the source can't be served."""
        source = self._source(source_id)
        return await self._append(source, self._undecided(source))

    async def period(self, source_id: str, low: datetime, high: datetime) -> Appended:
        """Calls that began, and agents' days that lie, within `low <= t < high`. LookupError as above."""
        source = self._source(source_id)
        return await self._append(source, self.of_period(source, low, high))

    def _source(self, source_id: str) -> Source:
        source = self._sources.get(source_id)
        if source is None:
            raise LookupError(f"the source {source_id} can't be served")
        return source

    async def _undecided(self, source: Source) -> AsyncIterator[Stored]:
        for collection in (CALLS, AGENTS):
            found = every(self._documents, collection, {"source": source.id}, "waiting", 0, source.revision, limit=PAGE)
            async for stored in found:
                yield stored

    async def of_period(self, source: Source, low: datetime, high: datetime) -> AsyncIterator[Stored]:
        """The documents of the period."""
        low, last = low.astimezone(UTC), (high - timedelta(microseconds=1)).astimezone(UTC)
        # The index has the call of a lead that began last: an earlier one may be what lies in the period.
        bounds = milliseconds(low), None if source.connector.by_lead else milliseconds(high)
        async for stored in every(self._documents, CALLS, {"source": source.id}, "started", *bounds, limit=PAGE):
            if not source.connector.by_lead or _has_call_within(_decode(stored.body), low, high):
                yield stored
        async for stored in every(self._documents, AGENTS, {"source": source.id}, limit=PAGE):
            if low.date().isoformat() <= stored.id.rpartition(":")[2] <= last.date().isoformat():
                yield stored

    async def _append(self, source: Source, found: AsyncIterator[Stored]) -> Appended:
        done = Appended(source.revision)
        async for stored in found:
            if done.items >= MOST:
                done.complete = False
                break
            items = await self._items(source, _decode(stored.body))
            records = [Outgoing(item.document, encode_item(item)) for item in items]
            if records:
                await self._appender.append(TELEPHONY_TOPIC, records[0].key, records)
                reach("reread.appended")
                done.documents += 1
                done.items += len(records)
        return done

    async def _items(self, source: Source, document: CallDocument) -> list[Item]:
        """The document's items as they stand in the log, but for those that were read by these settings already, those
        that time brought about, and those that lie among the dead letters.

        What was sent of an erased customer is never read again: those items are appended without their content.
        """
        older = [k for k in document.known.values() if k.revision < source.revision and k.from_outside]
        change: dict[str, Any] = {"revision": source.revision, "retried": False}
        change["generation"] = generation_of(source.revision)
        if older and await self.is_erased(document):
            change["sealed"] = b""
        items = []
        for known in older:
            (record,) = await self._bus.read(TELEPHONY_TOPIC, document.partition, known.offset, 1)
            items.append(msgspec.structs.replace(decode_item(record.value), **change))
        return items

    async def is_erased(self, document: CallDocument) -> bool:
        """Whether a customer of the call is known no more."""
        notes = (note for known in document.known.values() for note in known.notes)
        refs = {note.customer for note in notes if note.customer}
        return bool(refs) and len(await self._vault.customer_numbers(refs)) < len(refs)


def _has_call_within(document: CallDocument, low: datetime, high: datetime) -> bool:
    moments = [at for summary in document.summaries if (at := began(summary)) is not None]
    return any(low <= at < high for at in moments)
