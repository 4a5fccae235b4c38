"""Reads the topics with a plain consumer and the documents with a plain client: nothing of ours is asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition
from pymongo import AsyncMongoClient

from shared import clock

CALLS, PARTNERS, TELEPHONY = "tallyline.calls", "tallyline.partners", "tallyline.telephony"
RECONCILIATION, TRAINING, GATEWAY = "tallyline.reconciliation", "tallyline.training", "tallyline.gateway"
TOPICS = (CALLS, PARTNERS, TELEPHONY, RECONCILIATION, TRAINING, GATEWAY)
RELAYED = {"partners": PARTNERS, "gateway": GATEWAY}
"""Service -> topic, of those whose commits are looked at."""
BATCH = 1_000
"""Documents that a server sends at once: not every one keeps an answer below what a driver takes."""
COLLECTIONS = {
    "calls": (
        "tracked_calls", "tracked_agents", "deliveries", "intake", "dead_letters", "checkpoints", "relay", "views",
    ),
    "partners": ("checkpoints", "relay", "dead_letters", "views"),
    "reconciliation": ("checkpoints", "relay", "dead_letters", "views"),
    "training": ("checkpoints", "relay", "dead_letters", "views"),
    "gateway": ("checkpoints", "relay", "dead_letters", "views"),
}  # fmt: skip
Place = tuple[str, tuple[int, int]]
"""Origin and position."""


class Entry(NamedTuple):
    """One event as it stands in a topic, with the bytes of the whole record."""

    offset: int
    origin: str
    position: tuple[int, int]
    reverses: Place | None
    event: dict[str, Any]
    record: bytes

    @property
    def place(self) -> Place:
        """What names it."""
        return self.origin, self.position


@dataclass
class Book:
    """Everything that there is, as of one moment.

    `items`: partition -> offset -> the item, sealed as it is; `unreadable`: topic, partition and offset of records that
    are neither items nor events; `documents`: (service, collection) -> id -> the document; `views`: name -> id of the
    shard -> what it says; `commits`: service -> its commits, as stored; `spooled`: entries that wait on the ingest's
    disk.
    """

    items: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)
    events: dict[str, dict[int, list[Entry]]] = field(default_factory=dict)
    unreadable: set[tuple[str, int, int]] = field(default_factory=set)
    documents: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    commits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    spooled: int = 0

    def tracked(self) -> dict[str, Any]:
        """Every document of the tracker."""
        return self.documents["calls", "tracked_calls"] | self.documents["calls", "tracked_agents"]


async def read(kafka: str, mongo: str, namespace: str, spool: Path) -> Book:
    """The whole book of a system at rest."""
    book = Book()
    records = await topics(kafka, namespace)
    for partition, rows in records[TELEPHONY].items():
        found = {offset: _item(value) for offset, value in rows}
        book.items[partition] = {offset: item for offset, item in found.items() if item is not None}
        book.unreadable |= {(TELEPHONY, partition, offset) for offset, item in found.items() if item is None}
    for topic in (CALLS, *RELAYED.values()):
        mine = book.events.setdefault(topic, {})
        for partition, rows in records[topic].items():
            entries = {offset: _entry(offset, value) for offset, value in rows}
            mine[partition] = [entry for entry in entries.values() if entry is not None]
            book.unreadable |= {(topic, partition, offset) for offset, entry in entries.items() if entry is None}
    await _documents(book, mongo, namespace)
    book.spooled = _spooled(spool)
    return book


def _spooled(spool: Path) -> int:
    with closing(sqlite3.connect(f"{spool.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        ((entries,),) = connection.execute('SELECT count(*) FROM "documents/ingest/spool"')
        return int(entries)


async def topics(kafka: str, namespace: str) -> dict[str, dict[int, list[tuple[int, bytes | None]]]]:
    """Topic -> partition -> (offset, value) of all records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: dict[str, dict[int, list[tuple[int, bytes | None]]]] = {}
        for topic in TOPICS:
            places = [
                TopicPartition(namespace + topic, n) for n in range(await _partitions(consumer, namespace + topic))
            ]
            rows: dict[int, list[tuple[int, bytes | None]]] = {place.partition: [] for place in places}
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            while [place for place, end in ends.items() if await consumer.position(place) < end]:
                for place, records in (await consumer.getmany(timeout_ms=1000)).items():
                    rows[place.partition] += [(record.offset, record.value) for record in records]
            found[topic] = rows
        return found
    finally:
        await consumer.stop()


async def ends(kafka: str, namespace: str) -> dict[str, dict[int, int]]:
    """Topic -> partition -> the offset that the next record will get."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        found: dict[str, dict[int, int]] = {}
        for topic in TOPICS:
            count = await _partitions(consumer, namespace + topic)
            places = [TopicPartition(namespace + topic, n) for n in range(count)]
            found[topic] = {place.partition: end for place, end in (await consumer.end_offsets(places)).items()}
        return found
    finally:
        await consumer.stop()


async def _partitions(consumer: Any, topic: str) -> int:
    await consumer._client.force_metadata_update()
    consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return len(consumer.partitions_for_topic(topic) or ())


async def _documents(book: Book, mongo: str, namespace: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](f"mongodb://{mongo}", timeoutMS=600_000) as client:
        database = client[namespace]
        for service, names in COLLECTIONS.items():
            for name in names:
                book.documents[service, name] = await bodies(database, service, name)
        for service in COLLECTIONS:
            for name, pointer in book.documents[service, "views"].items():
                kept = await bodies(database, service, pointer["collection"])
                book.views[name] = {id_: body.get("doc") for id_, body in kept.items()}
        for service in RELAYED:
            book.commits[service] = await database[f"commits/{service}"].find({}, batch_size=BATCH).to_list()


async def bodies(database: Any, service: str, collection: str) -> dict[str, Any]:
    """Id -> document of a collection."""
    found = await database[f"documents/{service}/{collection}"].find({}, batch_size=BATCH).to_list()
    return {each["_id"]: json.loads(each["body"]) for each in found}


DUE_S = 85.0
"""A message that is due later than this was put off by a clock that had jumped ahead, be it by seven minutes. A lease
lasts a minute, the third wait 80 s at most, and the shortest run waits 90 s for everything."""


async def marks(mongo: str, namespace: str) -> Mapping[str, int]:
    """Service and worker and partition -> how far it is; under `relay` the commits that are not yet published, under
    `messages` those for other companies' systems that are due soon."""
    async with AsyncMongoClient[dict[str, Any]](f"mongodb://{mongo}", timeoutMS=60_000) as client:
        database = client[namespace]
        found = {
            f"{service}:{id_}": int(body.get("offset", 0))
            for service in COLLECTIONS
            for id_, body in (await bodies(database, service, "checkpoints")).items()
        }
        waiting = 0
        for service in COLLECTIONS:
            head = (await bodies(database, service, "relay")).get("head", {"pending": []})
            waiting += len(head["pending"])
            waiting += await database[f"commits/{service}"].count_documents({"number": None})
        messages = await bodies(database, "gateway", "webhooks")
        soon = clock.now().timestamp() + DUE_S
        unsent = sum(each["standing"] == "waiting" and each["due"] < soon for each in messages.values())
        return found | {"relay": waiting, "messages": unsent}


def _item(value: bytes | None) -> dict[str, Any] | None:
    try:
        item: dict[str, Any] = msgspec.msgpack.decode(value or b"")
    except msgspec.DecodeError:
        return None
    return item if isinstance(item, dict) and "delivery" in item else None


async def readers(mongo: str, namespace: str) -> dict[str, str]:
    """Service and worker, as in `marks`, of everybody who reads a topic -> the name of the view or of the worker."""
    async with AsyncMongoClient[dict[str, Any]](f"mongodb://{mongo}", timeoutMS=60_000) as client:
        database = client[namespace]
        found = {"calls:calls.tracker": "calls.tracker"}
        for service in COLLECTIONS:
            pointers = await bodies(database, service, "views")
            found |= {f"{service}:{pointer['collection']}": name for name, pointer in pointers.items()}
            workers = {id_.rpartition("/")[0] for id_ in await bodies(database, service, "checkpoints")}
            told = (name for name in workers if name.startswith(("manager.", "gateway.webhooks.")))
            found |= {f"{service}:{name}": name for name in told}
        return found


def _entry(offset: int, value: bytes | None) -> Entry | None:
    try:
        record = json.loads(value or b"")
    except ValueError:
        return None
    reverses = record.get("reverses")
    return Entry(
        offset,
        record["origin"],
        (record["position"][0], record["position"][1]),
        (reverses[0], (reverses[1][0], reverses[1][1])) if reverses else None,
        record["event"],
        value or b"",
    )
