"""`tallyline export`: everything that is true of a system at rest, into one archive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from services.moving import contents
from services.moving.archive import CommitRecord, DocumentRecord, Header, LogRecord, Manifest, Writer
from services.moving.firsts import first_copies
from services.moving.refusals import NotAtRest, NotEmpty
from services.moving.rest import in_words, left_to_do, settle
from shared.engine.generation import NAMESPACE, Generations
from shared.engine.partitions import CHECKPOINTS, Seen
from shared.ports import Bus, EventStore, Record, every
from shared.runtime import Stores, spooled, stores
from shared.settings import SettingError, Settings

BATCH = 1_000
Say = Callable[[str], None]


async def export_system(settings: Settings, path: Path, say: Say) -> Manifest:
    """Write the archive; what it holds, by section. The embedded system's workers first take what there is.

    There is none after a Refusal, or a SettingError: when there is nothing to export, or a server has the data folder.
    """
    if await asyncio.to_thread(path.exists):
        raise NotEmpty(f"{path} is there already.")
    if settings.engine == "embedded":
        await _settled(settings, say)
    async with stores(settings) as opened:
        header = Header(await _generation(opened), dict.fromkeys(contents.topics(), settings.partitions))
        await declare(opened, settings.partitions)
        before = await _rest(settings, opened)
        with Writer(path, header) as writer:
            for section in contents.sections():
                writer.begin(section)
                count = 0
                async for record in _records(opened, section):
                    writer.add(record)
                    count += 1
                say(f"{section}: {count}")
            if await _rest(settings, opened) != before:
                raise NotAtRest("Something was written meanwhile: stop everything that runs on these stores first.")
            return writer.finish()


async def declare(opened: Stores, partitions: int) -> None:
    """All that is read or written is known to the adapters. SettingError when topics have other partitions."""
    try:
        await opened.bus.declare(dict.fromkeys(contents.topics(), partitions))
    except ValueError as wrong:
        raise SettingError(f"TALLYLINE_PARTITIONS is {partitions}: {wrong}.") from None
    for owner, keep in contents.collections():
        await opened.documents(owner).declare(keep.collection, keep.indexes)
    for service in contents.SERVICES:
        await opened.documents(service.name).declare(CHECKPOINTS)


ROUNDS = 3
"""What services do by themselves once a day may be recorded just as the workers stop. It is not done twice: the next
round publishes it."""


async def _settled(settings: Settings, say: Say) -> None:
    if not await asyncio.to_thread(settings.data.is_dir):
        raise SettingError(f"There is no data folder {settings.data}.")
    async with stores(settings) as opened:
        await _generation(opened)
    say("letting the workers finish")
    for _ in range(ROUNDS):
        await settle(settings)
        async with stores(settings) as opened:
            await _generation(opened)
            await declare(opened, settings.partitions)
            if not await left_to_do(opened):
                return


async def _generation(opened: Stores) -> int:
    generations = Generations(opened.documents(NAMESPACE))
    _, found = await generations.load()
    if found is None:
        raise SettingError("Nothing was ever started here: there is nothing to export.")
    return await generations.start()


async def _rest(settings: Settings, opened: Stores) -> dict[str, dict[int, int]]:
    """The ends of all topics, of a system at rest. NotAtRest."""
    left = await left_to_do(opened)
    if waiting := await spooled(settings):
        left["deliveries in the spool"] = waiting
    if left:
        raise NotAtRest(f"The system is not at rest. Left: {in_words(left)}.")
    return {topic: await opened.bus.ends(topic) for topic in contents.topics()}


def _records(opened: Stores, section: str) -> AsyncIterator[Any]:
    kind, _, name = section.partition(" ")
    if kind == "log":
        return _inputs(opened.bus, name) if name in contents.inputs() else _events(opened.bus, name)
    if kind == "commits":
        return _commits(opened.store(name))
    if kind == "documents":
        return _documents(opened, *name.split("/"))
    return _blobs(opened)


async def _pages(bus: Bus, topic: str, partition: int) -> AsyncIterator[list[Record]]:
    offset, end = 0, (await bus.ends(topic))[partition]
    while offset < end:
        records = await bus.read(topic, partition, offset, min(BATCH, end - offset))
        if not records or records[0].offset != offset:
            raise NotAtRest(f"{topic}/{partition} has no record {offset}, though it ends at {end}.")
        yield records
        offset = records[-1].offset + 1


async def _inputs(bus: Bus, topic: str) -> AsyncIterator[LogRecord]:
    for partition in range(bus.partitions(topic)):
        async for records in _pages(bus, topic, partition):
            for record in records:
                yield LogRecord(partition, *record)


async def _events(bus: Bus, topic: str) -> AsyncIterator[LogRecord]:
    for partition in range(bus.partitions(topic)):
        seen: Seen = {}
        async for records in _pages(bus, topic, partition):
            for record in first_copies(records, seen):
                yield LogRecord(partition, *record)


async def _commits(store: EventStore) -> AsyncIterator[CommitRecord]:
    after = ("", 0)
    while page := await store.history(after, BATCH):
        for commit, number in page:
            yield CommitRecord(commit, number)
        after = (page[-1].commit.stream, page[-1].commit.version)


async def _documents(opened: Stores, owner: str, collection: str) -> AsyncIterator[DocumentRecord]:
    async for stored in every(opened.documents(owner), collection):
        yield DocumentRecord(stored.id, stored.body)


async def _blobs(opened: Stores) -> AsyncIterator[bytes]:
    async for digest in opened.blobs.digests():
        content = await opened.blobs.get(digest)
        if content is not None:
            yield content
