"""The worker that runs the tracker on the telephony topic: open items, fold, note, write, publish, move the checkpoint.

Each step only after the one before has wholly succeeded. What a fold leaves at input offset o is published as written:
exactly the outbox entries of offset o, new or old, whatever batch they are found in.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from services.calls.call_document import (
    AGENTS,
    AGENTS_NOW,
    CALLS,
    AgentNow,
    AgentShard,
    CallDocument,
    Entry,
    fields_of,
)
from services.calls.connectors.base import Reading, Slice, Unreadable
from services.calls.intake import DELIVERIES, INTAKE, DeliveryNote, IntakeDay
from services.calls.items import Item, decode_content, decode_item
from services.calls.sources import Sources
from services.calls.timers import reading_of_timer
from services.calls.tracker import Arrival, Context, Taken, take
from shared import metrics
from shared.codec import encode
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.engine.partitions import Checkpoint, Checkpoints
from shared.faults import reach
from shared.kernel import Observation
from shared.ports import Bus, Documents, Outgoing, Publisher, Put, Record
from shared.vault import KeyDestroyed, Keyring, Unopenable, Vault

log = logging.getLogger(__name__)
GENERATION = 1
CHUNK = 500
CACHED = 20_000

_decode_call = msgspec.json.Decoder(CallDocument).decode
_decode_shard = msgspec.json.Decoder(AgentShard).decode
_decode_note = msgspec.json.Decoder(DeliveryNote).decode
_decode_day = msgspec.json.Decoder(IntakeDay).decode


def collection_of(item: Item) -> str:
    """Agents' days and calls are found in different ways, so they lie apart."""
    return AGENTS if item.correlation.startswith("agent:") else CALLS


class _Cache:
    """What a session remembers of one partition: documents with the revision that it read or wrote."""

    def __init__(self) -> None:
        self.calls: OrderedDict[tuple[str, str], tuple[int, CallDocument | None]] = OrderedDict()
        self.days: dict[str, tuple[int, IntakeDay]] = {}
        self.agents: dict[str, tuple[int, AgentShard | None]] = {}
        self.publisher: Publisher | None = None
        self.checkpoint = 0


class Tracker:
    """The tracker's worker."""

    name = "calls.tracker"
    topic = TELEPHONY_TOPIC

    def __init__(
        self,
        bus: Bus,
        documents: Documents,
        checkpoints: Checkpoints,
        sources: Sources,
        vault: Vault,
        letters: DeadLetters,
    ) -> None:
        self._bus = bus
        self._documents = documents
        self._checkpoints = checkpoints
        self._sources = sources
        self._vault = vault
        self._letters = letters
        self._sessions: dict[int, _Cache] = {}
        self.clocks: dict[str, datetime] = {}
        """The latest receipt of each source: the clock of those that run on their recorded one."""

    async def begin(self, partition: int) -> int:
        """A new session with a new producer, from the checkpoint."""
        self._sessions[partition] = session = _Cache()
        checkpoint = await self._checkpoints.load(self.name, partition)
        session.checkpoint = checkpoint.offset
        session.publisher = self._bus.publisher()
        return checkpoint.offset

    def end(self, partition: int) -> None:
        """Nothing is remembered."""
        self._sessions.pop(partition, None)

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """One batch, step by step."""
        session = self._sessions[partition]
        arrivals = await self._open(partition, records)
        await self._load(session, arrivals)
        taken = [await self._fold(session, arrival) for arrival in arrivals]
        await self._note(session, partition, taken)
        reach("tracker.noted")
        await self._write(session, [(a, t) for a, t in taken if t.changed])
        reach("tracker.written")
        await self._publish(session, taken)
        reach("tracker.published")
        session.checkpoint = records[-1].offset + 1
        await self._checkpoints.save(self.name, partition, Checkpoint(session.checkpoint))
        reach("tracker.checkpointed")
        for arrival, result in taken:
            metrics.ITEMS.labels(arrival.item.source, result.verdict).inc()
        while len(session.calls) > CACHED:
            session.calls.popitem(last=False)

    # Open: decrypt, read, swap numbers for tokens

    async def _open(self, partition: int, records: Sequence[Record]) -> list[Arrival]:
        items = [(record.offset, decode_item(record.value)) for record in records]
        keyring = await self._vault.keyring([item.sealed for _, item in items if item.sealed])
        arrivals = [await self._read(partition, offset, item, keyring) for offset, item in items]
        numbers = {note.customer for a in arrivals if a.reading for note in a.reading.notes if note.customer}
        tokens = await self._vault.customer_refs(numbers) if numbers else {}
        return [_swap(arrival, tokens) for arrival in arrivals]

    async def _read(self, partition: int, offset: int, item: Item, keyring: Keyring) -> Arrival:
        clock = self.clocks.get(item.source)
        self.clocks[item.source] = item.received_at if clock is None else max(clock, item.received_at)
        if item.timer:
            return Arrival(offset, partition, item, reading_of_timer(item))
        try:
            settings = await self._sources.settings(item.source, item.revision)
            source = self._sources.get(item.source)
            if source is None:
                raise LookupError(f"no connector for source {item.source}")
            content = decode_content(keyring.open(item.sealed, item.document.encode()))
            part = Slice(content.raw, item.correlation, content.context)
            return Arrival(offset, partition, item, source.connector.read(part, settings, item.received_at))
        except (Unreadable, KeyDestroyed, Unopenable) as known:
            return Arrival(offset, partition, item, None, f"{type(known).__name__}: {known}")
        except (ArithmeticError, LookupError, TypeError, ValueError) as wrong:
            log.warning("an item of %s at %d can't be read: %s", item.source, offset, type(wrong).__name__)
            return Arrival(offset, partition, item, None, f"{type(wrong).__name__}")

    # Fold

    async def _load(self, session: _Cache, arrivals: Sequence[Arrival]) -> None:
        wanted: dict[str, set[str]] = {CALLS: set(), AGENTS: set()}
        for arrival in arrivals:
            wanted[collection_of(arrival.item)].add(arrival.item.document)
        for collection, documents in wanted.items():
            missing = sorted(document for document in documents if (collection, document) not in session.calls)
            for first in range(0, len(missing), CHUNK):
                ids = missing[first : first + CHUNK]
                found = await self._documents.get(collection, ids)
                for id_ in ids:
                    stored = found.get(id_)
                    session.calls[collection, id_] = (
                        (0, None) if stored is None else (stored.revision, _decode_call(stored.body))
                    )
            for id_ in documents:
                session.calls.move_to_end((collection, id_))

    async def _fold(self, session: _Cache, arrival: Arrival) -> tuple[Arrival, Taken]:
        """What can't be taken is recorded as such: the next release must not find a place that it may fill."""
        key = (collection_of(arrival.item), arrival.item.document)
        revision, document = session.calls[key]
        source = self._sources.get(arrival.item.source)
        if source is None:
            raise LookupError(f"source {arrival.item.source} is gone")
        context = Context(
            connector=source.connector,
            settings=await self._sources.settings(arrival.item.source, arrival.item.revision),
            origin=f"telephony.{GENERATION}/{arrival.partition}",
            output_partitions=self._bus.partitions(TOPIC),
            checkpoint=session.checkpoint,
        )
        try:
            taken = take(document, arrival, context)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
            log.exception("an item of %s at %d can't be taken", arrival.item.source, arrival.offset)
            arrival = dataclasses.replace(arrival, reading=None, wrong=type(wrong).__name__)
            taken = take(document, arrival, context)
        if taken.changed:
            session.calls[key] = (revision, taken.document)
        return arrival, taken

    # Note: verdicts and dead letters, before the documents, so that a document that is ahead has been noted

    async def _note(self, session: _Cache, partition: int, taken: Sequence[tuple[Arrival, Taken]]) -> None:
        puts = await self._delivery_notes(partition, taken)
        for first in range(0, len(puts), CHUNK):
            await self._documents.put(DELIVERIES, puts[first : first + CHUNK])
        await self._count(session, partition, taken)
        letters = [_dead_letter(arrival) for arrival, _ in taken if arrival.wrong is not None]
        if letters:
            await self._letters.add(letters)

    async def _delivery_notes(self, partition: int, taken: Sequence[tuple[Arrival, Taken]]) -> list[Put]:
        by_delivery: dict[str, list[tuple[Arrival, Taken]]] = defaultdict(list)
        for arrival, result in taken:
            if not arrival.item.timer:
                by_delivery[f"{arrival.item.delivery}|{partition}"].append((arrival, result))
        stored = await self._documents.get(DELIVERIES, list(by_delivery))
        puts = []
        for id_, items in by_delivery.items():
            item = items[0][0].item
            found = stored.get(id_)
            note = _decode_note(found.body) if found else _new_note(item)
            for arrival, result in items:
                if arrival.offset < note.at:
                    continue
                note.at = arrival.offset + 1
                index = str(arrival.item.index)
                note.verdicts[index] = result.verdict
                note.documents[index] = arrival.item.document
                if arrival.wrong or result.reason:
                    note.reasons[index] = arrival.wrong or result.reason or ""
            fields: dict[str, str | int | None] = {"source": item.source, "received": _ms(item.received_at)}
            puts.append(Put(id_, found.revision if found else 0, encode(note), fields))
        return puts

    async def _count(self, session: _Cache, partition: int, taken: Sequence[tuple[Arrival, Taken]]) -> None:
        touched: set[str] = set()
        for arrival, result in taken:
            item = arrival.item
            if item.timer:
                continue
            day = item.received_at.date().isoformat()
            id_ = f"{item.source}|{day}|{partition}"
            if id_ not in session.days:
                found = (await self._documents.get(INTAKE, [id_])).get(id_)
                fresh = IntakeDay(
                    at=0, source=item.source, day=day, first_at=item.received_at, last_at=item.received_at
                )
                session.days[id_] = (found.revision, _decode_day(found.body)) if found else (0, fresh)
            intake = session.days[id_][1]
            if arrival.offset < intake.at:
                continue
            intake.at = arrival.offset + 1
            intake.first_at = min(intake.first_at, item.received_at)
            intake.last_at = max(intake.last_at, item.received_at)
            intake.counts[result.verdict] = intake.counts.get(result.verdict, 0) + 1
            if item.retried:  # it was counted when it came: the dead letter becomes what it is now
                intake.counts["invalid"] -= 1
            touched.add(id_)
        puts = []
        for id_ in sorted(touched):
            revision, intake = session.days[id_]
            puts.append(Put(id_, revision, encode(intake), {"source": intake.source, "day": intake.day}))
            session.days[id_] = (revision + 1, intake)
        if puts:
            await self._documents.put(INTAKE, puts)
        if len(session.days) > CACHED:
            session.days.clear()

    # Write and publish

    async def _write(self, session: _Cache, taken: Sequence[tuple[Arrival, Taken]]) -> None:
        by_collection: dict[str, dict[str, CallDocument]] = {CALLS: {}, AGENTS: {}}
        for arrival, result in taken:
            by_collection[collection_of(arrival.item)][arrival.item.document] = result.document
        for collection, documents in by_collection.items():
            puts = [
                Put(id_, session.calls[collection, id_][0], encode(document), fields_of(document))
                for id_, document in documents.items()
            ]
            for first in range(0, len(puts), CHUNK):
                await self._documents.put(collection, puts[first : first + CHUNK])
            for put in puts:
                revision, document = session.calls[collection, put.id]
                session.calls[collection, put.id] = (revision + 1, document)
        await self._write_agents_now(session, by_collection[AGENTS].values())

    async def _write_agents_now(self, session: _Cache, documents: Iterable[CallDocument]) -> None:
        touched: set[str] = set()
        for document in documents:
            if document.agent is None:
                continue
            id_ = f"{document.source}:{document.agent.agent}|{document.partition}"
            if id_ not in session.agents:
                found = (await self._documents.get(AGENTS_NOW, [id_])).get(id_)
                session.agents[id_] = (found.revision, _decode_shard(found.body)) if found else (0, None)
            revision, shard = session.agents[id_]
            if shard is None or (document.agent.since, document.at) >= (shard.now.since, shard.at):
                session.agents[id_] = (revision, _shard_of(document, document.agent))
                touched.add(id_)
        puts = []
        for id_ in sorted(touched):
            revision, shard = session.agents[id_]
            fields = {"partner": shard.partner, "counts": shard.counts} if shard else {}
            puts.append(Put(id_, revision, encode(shard), fields))
            session.agents[id_] = (revision + 1, shard)
        if puts:
            await self._documents.put(AGENTS_NOW, puts)

    async def _publish(self, session: _Cache, taken: Sequence[tuple[Arrival, Taken]]) -> None:
        """Per output partition in order of position, one request after the other; partitions side by side."""
        publisher = session.publisher
        if publisher is None:
            raise RuntimeError("a session has a producer")
        by_partition: dict[int, list[Entry]] = defaultdict(list)
        for arrival, _ in taken:  # in order of offsets, so each list is in order of positions
            document = session.calls.get((collection_of(arrival.item), arrival.item.document), (0, None))[1]
            for entry in document.outbox if document else ():
                if entry.position[0] == arrival.offset:
                    by_partition[entry.partition].append(entry)
        await asyncio.gather(
            *(self._send(publisher, partition, entries) for partition, entries in by_partition.items())
        )

    @staticmethod
    async def _send(publisher: Publisher, partition: int, entries: Sequence[Entry]) -> None:
        for first in range(0, len(entries), CHUNK):
            records = [Outgoing(entry.key, bytes(entry.value)) for entry in entries[first : first + CHUNK]]
            await publisher.send(TOPIC, partition, records)
            metrics.EVENTS.labels(TOPIC).inc(len(records))


def _swap(arrival: Arrival, tokens: dict[str, str]) -> Arrival:
    """The customer's number becomes the customer's token."""
    reading = arrival.reading
    if reading is None or not any(note.customer for note in reading.notes):
        return arrival
    notes = tuple(_with_token(note, tokens) for note in reading.notes)
    swapped: Reading = msgspec.structs.replace(reading, notes=notes)
    return dataclasses.replace(arrival, reading=swapped)


def _with_token(note: Observation, tokens: dict[str, str]) -> Observation:
    return msgspec.structs.replace(note, customer=tokens[note.customer]) if note.customer else note


def _shard_of(document: CallDocument, now: AgentNow) -> AgentShard:
    return AgentShard(at=document.at, partner=document.partner, source=document.source, counts=document.counts, now=now)


def _new_note(item: Item) -> DeliveryNote:
    return DeliveryNote(
        at=0, delivery=item.delivery, source=item.source, received_at=item.received_at, of=item.of, key=item.key
    )


def _dead_letter(arrival: Arrival) -> DeadLetter:
    item = arrival.item
    return DeadLetter(
        id=f"item:{arrival.partition}:{arrival.offset}",
        kind="item",
        source=item.source,
        at=item.received_at,
        cause=arrival.wrong or "",
        payload=item.sealed,
        context={"partition": arrival.partition, "offset": arrival.offset, "document": item.document},
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
