"""The worker that runs the tracker on the telephony topic: open items, fold, note, write, publish, move the checkpoint.

Each step only after the one before has wholly succeeded. What a fold leaves at input offset o is published as written:
exactly the outbox entries of offset o, new or old, whatever batch they are found in.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.calls.connectors.base import Slice, Unreadable
from services.calls.doors.sources import Sources
from services.calls.tracker.call_document import (
    AGENTS,
    AGENTS_NOW,
    CALLS,
    AgentNow,
    AgentShard,
    CallDocument,
    Entry,
    fields_of,
)
from services.calls.tracker.intake import DELIVERIES, INTAKE, DeliveryNote, IntakeDay, note_id
from services.calls.tracker.items import Item, decode_content, decode_item
from services.calls.tracker.tracker import Arrival, Context, Memo, Taken, take, tests_of
from services.calls.tracking.lead_ages import reading_of_lead
from services.calls.tracking.measuring import count
from services.calls.tracking.results import reading_of_result
from services.calls.tracking.timers import reading_of_timer
from shared import metrics
from shared.clock import Clock
from shared.codec import encode
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.engine.partitions import Checkpoint, Checkpoints, batch, together
from shared.engine.turns import in_turns
from shared.faults import reach
from shared.logs import about
from shared.ports import Bus, Documents, Outgoing, Publisher, Put, Record, Stored, StoreUnavailable
from shared.vault import KeyDestroyed, Keyring, Unopenable, Vault

log = logging.getLogger(__name__)
CHUNK = 500
CACHED = 2_000  # of a partition: a call takes some 10 kB, and once it is over hardly comes again

_decode_call = msgspec.json.Decoder(CallDocument).decode
_decode_shard = msgspec.json.Decoder(AgentShard).decode
_decode_note = msgspec.json.Decoder(DeliveryNote).decode
_decode_day = msgspec.json.Decoder(IntakeDay).decode


def collection_of(item: Item) -> str:
    """Agents' days and calls are found in different ways, so they lie apart."""
    return AGENTS if item.correlation.startswith("agent:") else CALLS


@dataclass(slots=True)
class _Held:
    """A document as read or written last, its revision in the store, and what its last fold worked out."""

    revision: int
    document: CallDocument | None
    memo: Memo | None = None


class _Cache:
    """What a session remembers of one partition: documents with the revision that it read or wrote."""

    def __init__(self) -> None:
        self.calls: OrderedDict[tuple[str, str], _Held] = OrderedDict()
        self.days: dict[str, tuple[int, IntakeDay]] = {}
        self.agents: dict[str, tuple[int, AgentShard | None]] = {}
        self.contexts: dict[tuple[str, int], Context] = {}
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
        now: Clock,
        generation: int,
        written: Callable[[Iterable[CallDocument]], None],
    ) -> None:
        """`written` is told of documents as soon as they are stored."""
        self._bus = bus
        self._documents = documents
        self._checkpoints = checkpoints
        self._sources = sources
        self._vault = vault
        self._letters = letters
        self._now = now
        self._generation = generation
        self._told = written
        self._sessions: dict[int, _Cache] = {}
        self._closing: set[asyncio.Task[None]] = set()
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
        """Nothing is remembered; the session's producer is closed behind our back."""
        session = self._sessions.pop(partition, None)
        if session is not None and session.publisher is not None:
            closing = asyncio.ensure_future(session.publisher.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """One batch, step by step."""
        session = self._sessions[partition]
        items, no_items = await self._readable(partition, records)
        with batch(self.name, self.topic, partition, records, (item.trace for _, item in items)):
            taken = await self._take(session, partition, records, items)
        count(len(records), no_items, taken)
        while len(session.calls) > CACHED:
            session.calls.popitem(last=False)

    async def _take(
        self, session: _Cache, partition: int, records: Sequence[Record], items: Sequence[tuple[int, Item]]
    ) -> Sequence[tuple[Arrival, Taken]]:
        arrivals = await self._open(session, partition, items)
        notes, _, _ = await together(
            self._load_notes(partition, arrivals),
            self._load_documents(session, arrivals),
            self._load_days(session, partition, arrivals),
        )
        await self._load_contexts(session, partition, arrivals)
        taken = await in_turns(arrivals, lambda arrival: self._fold(session, arrival), ahead=True)
        await self._note(session, partition, taken, notes)
        reach("tracker.noted")
        await self._write(session, [(a, t) for a, t in taken if t.changed])
        reach("tracker.written")
        await self._publish(session, taken)
        reach("tracker.published")
        session.checkpoint = records[-1].offset + 1
        await self._checkpoints.save([self.name], partition, Checkpoint(session.checkpoint))
        reach("tracker.checkpointed")
        return taken

    # Open: decrypt, read, swap numbers for tokens

    async def _readable(self, partition: int, records: Sequence[Record]) -> tuple[list[tuple[int, Item]], int]:
        """The items by offset, and how many records are none: those, whoever wrote them, go to the dead letters and
        stop nobody."""
        items: list[tuple[int, Item]] = []
        letters: list[DeadLetter] = []
        for record in records:
            try:
                items.append((record.offset, decode_item(record.value)))
            except msgspec.MsgspecError as wrong:
                log.warning("the record at %d of %d is no item: %s", record.offset, partition, type(wrong).__name__)
                letters.append(_foreign_letter(partition, record, type(wrong).__name__, self._now()))
        if letters:
            await self._letters.add(letters)
        return items, len(letters)

    async def _open(self, session: _Cache, partition: int, items: Sequence[tuple[int, Item]]) -> list[Arrival]:
        session.contexts = {
            met: await self._context(partition, session.checkpoint, *met)
            for met in {(item.source, item.revision) for _, item in items}
        }
        keyring = await self._vault.keyring([item.sealed for _, item in items if item.sealed])
        arrivals = await in_turns(items, lambda one: self._read(session, partition, *one, keyring), ahead=True)
        numbers = {note.customer for a in arrivals if a.reading for note in a.reading.notes if note.customer}
        tokens = await self._vault.customer_refs(numbers) if numbers else {}
        return [swap(arrival, tokens) for arrival in arrivals]

    async def _context(self, partition: int, checkpoint: int, source_id: str, revision: int) -> Context:
        """How items of a source are taken that met this revision of its settings.

        StoreUnavailable while the view of sources does not have it: ingest has seen it, so it will come.
        """
        try:
            settings = await self._sources.settings(source_id, revision)
        except LookupError as missing:
            raise StoreUnavailable(str(missing)) from missing
        source = self._sources.get(source_id)
        if source is None:
            raise StoreUnavailable(f"no connector for source {source_id}")
        return Context(
            connector=source.connector,
            settings=settings,
            origin=f"telephony.{self._generation}/{partition}",
            output_partitions=self._bus.partitions(TOPIC),
            checkpoint=checkpoint,
        )

    def _read(self, session: _Cache, partition: int, offset: int, item: Item, keyring: Keyring) -> Arrival:
        clock = self.clocks.get(item.source)
        self.clocks[item.source] = item.received_at if clock is None else max(clock, item.received_at)
        if item.timer:
            return Arrival(offset, partition, item, reading_of_timer(item))
        if item.panel:
            return Arrival(offset, partition, item, reading_of_result(item))
        if item.lead:
            return Arrival(offset, partition, item, reading_of_lead(item))
        context = session.contexts[item.source, item.revision]
        try:
            content = decode_content(keyring.open(item.sealed, item.document.encode()))
            part = Slice(content.raw, item.correlation, content.context)
            reading = context.connector.read(part, context.settings, item.received_at)
            tests = tests_of(reading, context.settings)
            return Arrival(offset, partition, item, reading, generation=item.generation, tests=tests)
        except (Unreadable, KeyDestroyed, Unopenable) as known:
            return Arrival(offset, partition, item, None, f"{type(known).__name__}: {known}", item.generation)
        except Exception as wrong:  # nothing here waits for anything: it is the item, and it stops nobody
            with about(event_id=f"{item.delivery}.{item.index}", stream=item.source, offset=offset):
                log.warning("an item can't be read: %s", type(wrong).__name__)
            return Arrival(offset, partition, item, None, f"{type(wrong).__name__}", item.generation)

    # Load: what is not remembered, of all collections at once

    async def _load_documents(self, session: _Cache, arrivals: Sequence[Arrival]) -> None:
        wanted: dict[str, set[str]] = {CALLS: set(), AGENTS: set()}
        for arrival in arrivals:
            wanted[collection_of(arrival.item)].add(arrival.item.document)
        await together(*(self._load(session, collection, ids) for collection, ids in wanted.items() if ids))

    async def _load(self, session: _Cache, collection: str, documents: Iterable[str]) -> None:
        missing = sorted(document for document in documents if (collection, document) not in session.calls)
        for first in range(0, len(missing), CHUNK):
            ids = missing[first : first + CHUNK]
            found = await self._documents.get(collection, ids)
            for id_ in ids:
                stored = found.get(id_)
                held = _Held(0, None) if stored is None else _Held(stored.revision, _decode_call(stored.body))
                session.calls[collection, id_] = held
        for id_ in documents:
            session.calls.move_to_end((collection, id_))

    async def _load_contexts(self, session: _Cache, partition: int, arrivals: Sequence[Arrival]) -> None:
        """Also the settings that a document met earlier, where they are later ones than the item's."""
        for arrival in arrivals:
            document = session.calls[collection_of(arrival.item), arrival.item.document].document
            met = (arrival.item.source, document.revision if document else 0)
            if met[1] > arrival.item.revision and met not in session.contexts:
                session.contexts[met] = await self._context(partition, session.checkpoint, *met)

    async def _load_notes(self, partition: int, arrivals: Sequence[Arrival]) -> dict[str, Stored]:
        ids = {note_id(arrival.item.delivery, partition) for arrival in arrivals if arrival.item.came}
        return await self._documents.get(DELIVERIES, sorted(ids)) if ids else {}

    async def _load_days(self, session: _Cache, partition: int, arrivals: Sequence[Arrival]) -> None:
        first: dict[str, Item] = {}
        for arrival in arrivals:
            if arrival.item.came:
                first.setdefault(_day_id(arrival.item, partition), arrival.item)
        missing = sorted(first.keys() - session.days.keys())
        if not missing:
            return
        found = await self._documents.get(INTAKE, missing)
        for id_ in missing:
            item, stored = first[id_], found.get(id_)
            session.days[id_] = (0, _new_day(item)) if stored is None else (stored.revision, _decode_day(stored.body))

    # Fold

    def _fold(self, session: _Cache, arrival: Arrival) -> tuple[Arrival, Taken]:
        """What can't be taken is recorded as such: the next release must not find a place that it may fill."""
        item = arrival.item
        held = session.calls[collection_of(item), item.document]
        revision = max(item.revision, held.document.revision if held.document else 0)
        context = session.contexts[item.source, revision]
        try:
            taken = take(held.document, arrival, context, held.memo)
        except Exception as wrong:
            # The kind only: an exception's text may hold what the item held.
            with about(event_id=f"{item.delivery}.{item.index}", stream=item.source, offset=arrival.offset):
                log.error("an item can't be taken: %s", type(wrong).__name__)
            arrival = dataclasses.replace(arrival, reading=None, wrong=type(wrong).__name__)
            taken = take(held.document, arrival, context, held.memo)
        if taken.changed:
            held.document, held.memo = taken.document, taken.memo
        return arrival, taken

    # Note: verdicts and dead letters, before the documents, so that a document that is ahead has been noted

    async def _note(
        self,
        session: _Cache,
        partition: int,
        taken: Sequence[tuple[Arrival, Taken]],
        stored: Mapping[str, Stored],
    ) -> None:
        writes = [
            self._put(DELIVERIES, _delivery_notes(partition, taken, stored)),
            self._put(INTAKE, self._counted(session, partition, taken)),
            self._put_agents_now(session, taken),
        ]
        # Of two copies of an item that can't be read the second is a duplicate: it was refused once.
        refused = [a for a, t in taken if a.wrong is not None and t.verdict == "invalid" and a.item.came]
        letters = [_dead_letter(arrival) for arrival in refused]
        if letters:
            writes.append(self._letters.add(letters))
        await together(*writes)
        if len(session.days) > CACHED:
            session.days.clear()

    @staticmethod
    def _counted(session: _Cache, partition: int, taken: Sequence[tuple[Arrival, Taken]]) -> list[Put]:
        touched: set[str] = set()
        for arrival, result in taken:
            item = arrival.item
            if not item.came:
                continue
            id_ = _day_id(item, partition)
            intake = session.days[id_][1]
            if arrival.offset < intake.at:
                continue
            intake.at = arrival.offset + 1
            touched.add(id_)
            if item.retried and not result.settles:  # another copy of it was counted
                intake.last_at = max(intake.last_at, item.received_at)
                continue
            notes = arrival.reading.notes if arrival.reading else ()
            intake.take(result.verdict, item.received_at, notes, item.retried, item.backfill)
        puts = []
        for id_ in sorted(touched):
            revision, intake = session.days[id_]
            puts.append(Put(id_, revision, encode(intake), {"source": intake.source, "day": intake.day}))
            session.days[id_] = (revision + 1, intake)
        return puts

    async def _put_agents_now(self, session: _Cache, taken: Sequence[tuple[Arrival, Taken]]) -> None:
        left = {a.item.document: t.document for a, t in taken if t.changed and t.document.agent is not None}
        states = [(_agent_id(document, now), document, now) for document in left.values() if (now := document.agent)]
        missing = sorted({id_ for id_, _, _ in states} - session.agents.keys())
        found = await self._documents.get(AGENTS_NOW, missing) if missing else {}
        for id_ in missing:
            stored = found.get(id_)
            session.agents[id_] = (stored.revision, _decode_shard(stored.body)) if stored else (0, None)
        touched: dict[str, AgentShard] = {}
        for id_, document, now in states:
            shard = touched.get(id_) or session.agents[id_][1]
            if shard is None or (now.since, document.at) >= (shard.now.since, shard.at):
                touched[id_] = _shard_of(document, now)
        puts = []
        for id_, shard in sorted(touched.items()):
            revision, _ = session.agents[id_]
            puts.append(Put(id_, revision, encode(shard), {"partner": shard.partner, "counts": shard.counts}))
            session.agents[id_] = (revision + 1, shard)
        await self._put(AGENTS_NOW, puts)

    async def _put(self, collection: str, puts: Sequence[Put]) -> None:
        for first in range(0, len(puts), CHUNK):
            await self._documents.put(collection, puts[first : first + CHUNK])

    # Write and publish

    async def _write(self, session: _Cache, taken: Sequence[tuple[Arrival, Taken]]) -> None:
        touched = {collection: dict[str, CallDocument]() for collection in (CALLS, AGENTS)}
        for arrival, result in taken:
            touched[collection_of(arrival.item)][arrival.item.document] = result.document
        await together(
            *(self._put_documents(session, collection, found) for collection, found in touched.items() if found)
        )
        for collection, found in touched.items():
            for id_ in found:
                session.calls[collection, id_].revision += 1
        self._told(touched[CALLS].values())

    async def _put_documents(self, session: _Cache, collection: str, found: Mapping[str, CallDocument]) -> None:
        def put(id_: str) -> Put:
            document = found[id_]
            return Put(id_, session.calls[collection, id_].revision, encode(document), fields_of(document))

        await self._put(collection, await in_turns(found, put, ahead=True))

    async def _publish(self, session: _Cache, taken: Sequence[tuple[Arrival, Taken]]) -> None:
        """Per output partition in order of position, one request after the other; partitions side by side."""
        publisher = session.publisher
        if publisher is None:
            raise RuntimeError("a session has a producer")
        by_partition: dict[int, list[Entry]] = defaultdict(list)
        for arrival, _ in taken:  # in order of offsets, so each list is in order of positions
            document = session.calls[collection_of(arrival.item), arrival.item.document].document
            for entry in document.outbox if document else ():
                if entry.position[0] == arrival.offset:
                    by_partition[entry.partition].append(entry)
        await together(*(self._send(publisher, partition, entries) for partition, entries in by_partition.items()))

    @staticmethod
    async def _send(publisher: Publisher, partition: int, entries: Sequence[Entry]) -> None:
        for first in range(0, len(entries), CHUNK):
            records = [Outgoing(entry.key, bytes(entry.value)) for entry in entries[first : first + CHUNK]]
            await publisher.send(TOPIC, partition, records)
            metrics.EVENTS.labels(TOPIC).inc(len(records))


def swap(arrival: Arrival, tokens: Mapping[str, str]) -> Arrival:
    """The customer's number becomes the customer's token."""
    reading = arrival.reading
    if reading is None or not any(note.customer for note in reading.notes):
        return arrival
    notes = tuple(msgspec.structs.replace(n, customer=tokens[n.customer]) if n.customer else n for n in reading.notes)
    return dataclasses.replace(arrival, reading=msgspec.structs.replace(reading, notes=notes))


def _shard_of(document: CallDocument, now: AgentNow) -> AgentShard:
    return AgentShard(at=document.at, partner=document.partner, source=document.source, counts=document.counts, now=now)


def _agent_id(document: CallDocument, now: AgentNow) -> str:
    return f"{document.source}:{now.agent}|{document.partition}"


def _delivery_notes(partition: int, taken: Sequence[tuple[Arrival, Taken]], stored: Mapping[str, Stored]) -> list[Put]:
    by_delivery: dict[str, list[tuple[Arrival, Taken]]] = defaultdict(list)
    for arrival, result in taken:
        if arrival.item.came:
            by_delivery[note_id(arrival.item.delivery, partition)].append((arrival, result))
    puts = []
    for id_, items in by_delivery.items():
        item = items[0][0].item
        found = stored.get(id_)
        note = _decode_note(found.body) if found else _new_note(item)
        for arrival, result in items:
            if arrival.offset < note.at:
                continue
            note.at = arrival.offset + 1
            if arrival.item.retried and not result.settles:
                continue
            index = str(arrival.item.index)
            note.verdicts[index] = result.verdict
            if reason := arrival.wrong or result.reason:
                note.reasons[index] = reason
            else:  # retried with success
                note.reasons.pop(index, None)
        puts.append(Put(id_, found.revision if found else 0, encode(note)))
    return puts


def _day_id(item: Item, partition: int) -> str:
    return f"{item.source}|{item.received_at.date().isoformat()}|{partition}"


def _new_day(item: Item) -> IntakeDay:
    day = item.received_at.date().isoformat()
    return IntakeDay(at=0, source=item.source, day=day, last_at=item.received_at)


def _new_note(item: Item) -> DeliveryNote:
    return DeliveryNote(
        at=0, delivery=item.delivery, source=item.source, received_at=item.received_at, of=item.of, key=item.key
    )


def _foreign_letter(partition: int, record: Record, cause: str, at: datetime) -> DeadLetter:
    return DeadLetter(
        id=f"record:{partition}:{record.offset}",
        kind="record",
        source=TELEPHONY_TOPIC,
        at=at,
        cause=cause,
        payload=record.value,
        context={"partition": partition, "offset": record.offset},
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
