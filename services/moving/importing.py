"""`tallyline import`: an archive into an empty system, as a new generation of topics."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from services.moving import contents
from services.moving.archive import (
    CommitRecord,
    DocumentRecord,
    Manifest,
    Reader,
    decode_blob,
    decode_commit,
    decode_document,
    decode_log,
)
from services.moving.exporting import Say, declare
from services.moving.logs import Log
from services.moving.plan import Plan
from services.moving.refusals import BadArchive, NotAtRest, NotEmpty
from services.moving.rest import settle
from shared.engine.generation import NAMESPACE, Generation, Generations
from shared.engine.managers import worker_of
from shared.engine.moving import Keep, Place
from shared.engine.partitions import Checkpoint, Checkpoints, Seen
from shared.faults import reach
from shared.master import has_master_key, master_key
from shared.ports import CommandKnown, Commit, Documents, EventStore, Outgoing
from shared.runtime import VAULT, Stores, stores
from shared.settings import SettingError, Settings
from shared.vault import CHECK, made_under

CHUNK = 500


async def import_system(settings: Settings, path: Path, say: Say) -> Manifest:
    """Take the archive over; what it held, by section. Then the views are made from its log.

    A Refusal or SettingError comes before anything is written: when the archive is not whole, or the system is not
    empty or has another master key. A system in which an import has ended half-way refuses to start; the same import
    goes on there.
    """
    reader = Reader(path)
    if not has_master_key(settings):
        raise SettingError(
            "The master key of the exported system is needed first: TALLYLINE_MASTER_KEY, or `master.key` in the data "
            "folder."
        )
    with Plan(reader.header.generation, settings.partitions) as plan:
        say("reading the whole archive")
        reader.verify()
        _survey(settings, reader, plan)
        async with stores(settings) as opened:
            await declare(opened, settings.partitions)
            await _claim(opened, reader)
            await _Import(opened, reader, plan, say).run()
    say("making the views")
    try:
        await settle(settings)
    except NotAtRest as unfinished:
        raise NotAtRest(f"All of the archive is there, but its views are not made yet. {unfinished}") from None
    say(f"generation {plan.generation + 1}: always start it with TALLYLINE_PARTITIONS={settings.partitions}")
    return reader.manifest


def _survey(settings: Settings, reader: Reader, plan: Plan) -> None:
    """This release knows all that it holds, and everything gets a place."""
    inputs, known = contents.inputs(), set(contents.sections())
    vault_made = False
    for section, records in _by_section(reader):
        if section not in known:
            raise BadArchive(f"The archive holds `{section}`, which this release does not know.")
        kind, _, name = section.partition(" ")
        for body in records:
            if kind == "log" and name in inputs:
                record = decode_log(body)
                plan.add_input(name, record, inputs[name].name(record.value))
            elif kind == "log":
                plan.add_event(name, decode_log(body))
            elif section == contents.section_of_documents(VAULT, CHECK):
                vault_made = made_under(master_key(settings), decode_document(body).body)
                if not vault_made:
                    raise SettingError("The archive's vault was made under another master key than the one given now.")
    if not vault_made:
        raise BadArchive("The archive holds no vault.")


def _by_section(reader: Reader) -> Iterator[tuple[str, Iterator[bytes]]]:
    for section, found in groupby(reader.records(), itemgetter(0)):
        yield section, (body for _, body in found)


async def _claim(opened: Stores, reader: Reader) -> None:
    """Mark the system as half an import, from the first write to the last."""
    generations = Generations(opened.documents(NAMESPACE))
    revision, found = await generations.load()
    following = Generation(reader.header.generation + 1, reader.digest)
    if found == following:
        return
    if found is not None and found.importing is not None:
        raise NotEmpty("Another import has ended half-way here: go on with its archive, or take an empty system.")
    if found is not None or await _holds_anything(opened):
        raise NotEmpty("This system was started before: an import needs one that is new.")
    await generations.save(revision, following)


async def _holds_anything(opened: Stores) -> bool:
    for topic in contents.topics():
        if any((await opened.bus.ends(topic)).values()):
            return True
    for owner, keep in contents.collections():
        if (await opened.documents(owner).find(keep.collection, limit=1)).items:
            return True
    for service in contents.SERVICES:
        if await opened.store(service.name).history(("", 0), 1):
            return True
    return False


class _Import:
    """The writing of one archive. Each step gives the same again, so it can be begun anew."""

    def __init__(self, opened: Stores, reader: Reader, plan: Plan, say: Say) -> None:
        self._opened = opened
        self._reader = reader
        self._plan = plan
        self._say = say
        self._keeps = {
            contents.section_of_documents(owner, keep.collection): (owner, keep)
            for owner, keep in contents.collections()
        }
        self._ends = {topic: dict.fromkeys(range(plan.partitions), 0) for topic in contents.topics()}
        self._seen: dict[str, dict[int, Seen]] = defaultdict(lambda: defaultdict(dict))

    async def run(self) -> None:
        """Everything, in the order of the archive; last what says that it is done."""
        reach("import.claimed")
        for topic in contents.published():
            await self._events(topic)
        for section, records in _by_section(self._reader):
            await self._section(section, records)
            self._say(f"{section}: {self._reader.manifest[section].count}")
        await self._checkpoints()
        reach("import.checkpoints")
        generations = Generations(self._opened.documents(NAMESPACE))
        revision, _ = await generations.load()
        await generations.save(revision, Generation(self._plan.generation + 1))

    async def _section(self, section: str, records: Iterator[bytes]) -> None:
        kind, _, name = section.partition(" ")
        if kind == "log" and name in contents.inputs():
            await self._inputs(name, records)
        elif kind == "commits":
            await _commits(self._opened.store(name), map(decode_commit, records))
        elif kind == "documents":
            owner, keep = self._keeps[section]
            await self._documents(self._opened.documents(owner), keep, records)
        elif kind == contents.BLOBS:
            for body in records:
                await self._opened.blobs.put(decode_blob(body))

    async def _inputs(self, topic: str, records: Iterator[bytes]) -> None:
        bus, move = self._opened.bus, contents.inputs()[topic].move
        log = Log(bus, topic, await bus.ends(topic))
        for record in map(decode_log, records):
            place = self._plan.place(topic, Place(record.partition, record.offset))
            await log.add(place.partition, Outgoing(record.key, move(record.partition, record.value, self._plan)))
        self._ends[topic] = await log.close()

    async def _events(self, topic: str) -> None:
        log = Log(self._opened.bus, topic, await self._opened.bus.ends(topic))
        for event in self._plan.events(topic):
            await log.add(event.partition, event.record)
            self._seen[topic][event.partition][event.origin] = event.position
        self._ends[topic] = await log.close()

    async def _documents(self, documents: Documents, keep: Keep, records: Iterator[bytes]) -> None:
        while chunk := list(islice(records, CHUNK)):
            moved: dict[str, bytes] = {}
            for record in map(decode_document, chunk):
                for id_, body in _moved(keep, record, self._plan):
                    moved[id_] = _joined(keep, id_, moved.get(id_), body)
            if keep.join is not None:
                for id_, stored in (await documents.get(keep.collection, list(moved))).items():
                    moved[id_] = keep.join(stored.body, moved[id_])
            await documents.put(keep.collection, [keep.put(id_, body) for id_, body in moved.items()])
            reach("import.documents")

    async def _checkpoints(self) -> None:
        """Every input is taken and every event was handled, but no view has seen anything."""
        for service in contents.SERVICES:
            checkpoints = Checkpoints(self._opened.documents(service.name))
            readers = [(each.worker, each.topic) for each in service.inputs]
            readers += [(worker_of(manager), manager.topic) for manager in service.managers]
            for worker, topic in readers:
                for partition, end in self._ends[topic].items():
                    await checkpoints.load(worker, partition)  # an earlier attempt may have come so far
                    await checkpoints.save([worker], partition, Checkpoint(end, self._seen[topic][partition]))


def _moved(keep: Keep, record: DocumentRecord, plan: Plan) -> list[tuple[str, bytes]]:
    try:
        return list(keep.move(record.id, record.body, plan))
    except LookupError as missing:
        raise BadArchive(f"The archive contradicts itself: {keep.collection} {record.id}: {missing}.") from missing


def _joined(keep: Keep, id_: str, one: bytes | None, other: bytes) -> bytes:
    if one is None:
        return other
    if keep.join is None:
        raise BadArchive(f"{keep.collection} holds two documents for {id_}.")
    return keep.join(one, other)


async def _commits(store: EventStore, records: Iterator[CommitRecord]) -> None:
    while chunk := list(islice(records, CHUNK)):
        streams = [list(of_stream) for _, of_stream in groupby((each.commit for each in chunk), lambda c: c.stream)]
        await asyncio.gather(*(_append(store, of_stream) for of_stream in streams))
        reach("import.commits")
        await store.mark({(c.stream, c.version): number for c, number in chunk if number is not None})


async def _append(store: EventStore, commits: Iterable[Commit]) -> None:
    for commit in commits:
        try:
            await store.append(commit)
        except CommandKnown as known:
            if known.version != commit.version:
                raise
