"""Views by name: which collection is the live one, how it is read, rebuilt beside itself, switched, and verified."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from shared import metrics
from shared.codec import encode
from shared.engine.partitions import Checkpoints, Partitions, Seen
from shared.engine.projection import Kept, Lost, Projector, Target, fold_into, place, shard
from shared.engine.reading import Reader
from shared.kernel import Rejected, View
from shared.ports import Bus, Documents, Put, Refused, StoreUnavailable, every

log = logging.getLogger(__name__)
POINTERS = "views"
REBUILD_BATCH = 2_000
POINTERS_EVERY_S = 1.0
ASKED_EVERY_S = 0.2
STALLED_S = 30.0
"""How long whoever asked for a rebuild waits for a sign of it."""
AnyView = View[Any, Any, Any]


class Pointer(msgspec.Struct, omit_defaults=True):
    """The live collection of a view, and the one being built beside it with its progress in records.

    `built` counts what was ever begun to be built: a name is never used again, so that what somebody writes late into
    an old collection, or its checkpoint, can't be taken for the new one's. While `wanted` is above it, somebody has
    asked for a build that no worker has begun. `closing`: nothing more is written to the live one, it is about to be
    switched. `failed`: why the last build could not be done, until another one is begun. `broken`: the first event that
    the live one could not take, and why; documents are wrong from there on, until another one is switched to. `lost`:
    by partition, how many documents that are, and up to which offset they are counted.
    """

    collection: str
    version: int
    built: int = 0
    wanted: int = 0
    building: str | None = None
    closing: bool = False
    done: int = 0
    total: int = 0
    failed: str | None = None
    broken: str | None = None
    lost: dict[int, tuple[int, int]] = {}


class CantTake(Exception):
    """A view can't be built anew: it can't take an event. It says what was wrong and where, nothing of what it held."""


class Candidate(Target):
    """A view that is being built anew: with a document that is broken it is not switched to, since the live one is no
    worse."""

    def broke(self, partition: int, offset: int, wrong: str) -> None:
        """Not counted as a broken document: nobody sees it."""
        raise CantTake(place(self.view, partition, Lost(offset, wrong)))


class Views:
    """The views of one service: pointers, reading, rebuild, verify."""

    def __init__(self, documents: Documents, bus: Bus, checkpoints: Checkpoints) -> None:
        self._documents = documents
        self._bus = bus
        self._checkpoints = checkpoints
        self._views: dict[str, AnyView] = {}
        self._pointers: dict[str, tuple[int, Pointer]] = {}
        self._inherited: set[str] = set()
        self._decoders: dict[type, Callable[[bytes], Kept[Any]]] = {}
        self._closed: dict[str, tuple[str | None, float]] = {}

    async def open(self, views: Sequence[AnyView]) -> list[AnyView]:
        """Load the pointers; a view that is new starts live. Those whose live version is another one, or whose rebuild
        was left half done for all that is known, are returned: they want a rebuild."""
        await self._documents.declare(POINTERS)
        self._views = {view.name: view for view in views}
        for name in self._views:
            metrics.MISMATCHES.labels(name)
            metrics.VERIFIED.labels(name)
            metrics.BROKEN.labels(name).set_function(partial(self._broken, name))
            metrics.REBUILT.labels(name).set_function(partial(self._progress, name))
            metrics.REBUILD_FAILED.labels(name).set_function(partial(self._failed, name))
        await self._load(*self._views)
        new = [view for view in views if view.name not in self._pointers]
        if new:
            puts = [Put(view.name, 0, encode(Pointer(f"{view.name}_v{view.version}", view.version))) for view in new]
            with contextlib.suppress(Refused):  # another process started at the same moment: what it wrote holds
                await self._documents.put(POINTERS, puts)
            await self._load(*(view.name for view in new))
        stale = []
        for view in views:
            pointer = self.pointer(view)
            if pointer.version != view.version or pointer.building is not None:
                stale.append(view)
            if pointer.version < view.version:
                self._inherited.add(pointer.collection)
        return stale

    async def follow(self, stopping: asyncio.Event) -> None:
        """See what other processes switch."""
        while not stopping.is_set():
            with contextlib.suppress(StoreUnavailable):
                await self._load(*self._pointers)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), POINTERS_EVERY_S)

    def target(self, view: AnyView) -> Target:
        """The live collection of a view, to be kept: unless it is of another release, which runs beside this one and
        folds otherwise. Only what an earlier release left is kept on until it is built anew."""
        pointer = self.pointer(view)
        ours = pointer.version == view.version or pointer.collection in self._inherited
        return Target(view, pointer.collection, self._documents, ours)

    def collection(self, view: AnyView) -> str:
        """The name of the live collection, as of now."""
        return self.pointer(view).collection

    def _progress(self, name: str) -> float:
        """Of the rebuild, 0 to 1; 1 when none is under way."""
        if name not in self._pointers:
            return 1.0
        pointer = self._pointers[name][1]
        return 1.0 if pointer.building is None else pointer.done / max(pointer.total, 1)

    def _failed(self, name: str) -> float:
        """1 when the last build could not be done."""
        return float(name in self._pointers and self._pointers[name][1].failed is not None)

    def _broken(self, name: str) -> float:
        """How many documents are wrong; 1 where a release has told of it that did not count."""
        if name not in self._pointers:
            return 0.0
        pointer = self._pointers[name][1]
        return float(max(sum(count for count, _ in pointer.lost.values()), pointer.broken is not None))

    def pointer(self, view: AnyView) -> Pointer:
        """Which collection is live and what is being built."""
        return self._pointers[view.name][1]

    async def _load(self, *names: str) -> None:
        """Read the pointers of these views. A collection is there before a pointer to it is ours."""
        found = await self._documents.get(POINTERS, names)
        read = {
            name: (stored.revision, msgspec.json.decode(stored.body, type=Pointer)) for name, stored in found.items()
        }
        moved = [name for name in read if name not in self._pointers or read[name][1].collection != self._live(name)]
        await asyncio.gather(
            *(self._documents.declare(read[name][1].collection, self._views[name].indexes) for name in moved)
        )
        for name, (revision, pointer) in read.items():
            # An older one was read before our own write.
            if name not in self._pointers or revision >= self._pointers[name][0]:
                self._pointers[name] = (revision, pointer)

    def _live(self, name: str) -> str:
        return self._pointers[name][1].collection

    async def _point(self, view: AnyView, pointer: Pointer) -> None:
        revision = self._pointers[view.name][0] if view.name in self._pointers else 0
        await self._documents.put(POINTERS, [Put(view.name, revision, encode(pointer))])
        self._pointers[view.name] = (revision + 1, pointer)

    # Reading

    def _decoder(self, view: AnyView) -> Callable[[bytes], Kept[Any]]:
        """By class: a view may also be read as one that passes over much of its documents."""
        if view.doc not in self._decoders:
            self._decoders[view.doc] = msgspec.json.Decoder(Kept[view.doc]).decode  # type: ignore[name-defined]
        return self._decoders[view.doc]

    async def get(self, view: AnyView, keys: Sequence[str]) -> dict[str, Any]:
        """The documents of these keys, shards added up."""
        partitions = range(self._bus.partitions(view.topic))
        ids = [shard(key, partition) for key in keys for partition in partitions]
        found = await self._documents.get(self.pointer(view).collection, ids)
        return self._merged(view, ((id_, stored.body) for id_, stored in found.items()))

    async def find(
        self,
        view: AnyView,
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> list[tuple[str, Any]]:
        """All documents that match, shards added up, by key."""
        bodies: list[tuple[str, bytes]] = []
        cursor: str | None = None
        while True:
            page = await self._documents.find(
                self.pointer(view).collection, equal, order, low, high, limit=10_000, cursor=cursor
            )
            bodies.extend((stored.id, stored.body) for stored in page.items)
            cursor = page.next
            if cursor is None:
                return sorted(self._merged(view, bodies).items())

    def _merged(self, view: AnyView, shards: Any) -> dict[str, Any]:
        decode = self._decoder(view)
        merged: dict[str, Any] = {}
        for id_, body in shards:
            key = id_.rpartition("|")[0]
            doc = decode(body).doc
            if doc is not None:
                merged[key] = view.merge(merged[key], doc) if key in merged else doc
        return merged

    async def as_of(self, view: AnyView) -> str:
        """How far the view has been applied: an offset for each partition."""
        collection = self.pointer(view).collection
        marks = await self._checkpoints.offsets(collection, range(self._bus.partitions(view.topic)))
        return ".".join(map(str, marks.values()))

    # Rebuild

    def wanted(self, view: AnyView) -> bool:
        """Whether somebody has asked for a build that no worker has begun."""
        pointer = self.pointer(view)
        return pointer.wanted > pointer.built

    async def ask(self, view: AnyView) -> Pointer:
        """Have a worker, of whatever process, build the view anew; the pointer with what is wanted.

        A build that is under way began before whatever it is to make good: it gives way to the one asked for.
        """
        while True:
            try:
                return await self._change(view, wanted=self.pointer(view).built + 1)
            except Refused:
                await self._load(view.name)

    async def rebuilt(self, view: AnyView) -> str:
        """Ask for a rebuild and wait until the view is switched; the new collection.

        Rejected when it can't be done. StoreUnavailable when it failed, or when no worker has done anything about it
        for a while: it stays wanted.
        """
        before = await self.ask(view)
        seen, waited = before, 0.0
        while waited < STALLED_S:
            await asyncio.sleep(ASKED_EVERY_S)
            await self._load(view.name)
            now = self.pointer(view)
            if now.built >= before.wanted and now.building is None:
                if now.failed is not None:
                    raise Rejected(
                        "rebuild_failed", f"{view.name} can't be built anew: {now.failed}. It stays as it was."
                    )
                if now.collection == before.collection:
                    raise StoreUnavailable(f"the rebuild of {view.name} failed")
                return now.collection
            waited = waited + ASKED_EVERY_S if now == seen else 0.0
            seen = now
        raise StoreUnavailable(f"no worker builds {view.name} anew")

    async def rebuild(self, view: AnyView, running: Partitions, pause: float = 0.0, grace: float = 0.0) -> str:
        """Build the view from the first event beside the live one, switch, and drop the old; the new collection.

        `pause` (s, after each batch) leaves the machine to others. Our own worker stands still only while the last
        records are applied and the pointer moves; then every worker begins anew, from the new collection's checkpoints.
        `grace` (s) is left to workers of other processes to see it. Refused when somebody else begins to build it too.
        What fails for another reason than a store's is kept with the pointer, and the live one stays.
        """
        old, number = self.pointer(view).collection, self.pointer(view).built + 1
        new = f"{view.name}_v{view.version}_{number}"
        await self._begin(view, new, number)
        try:
            await self._build(view, old, new, running, pause)
        except Exception as wrong:
            with contextlib.suppress(Refused, StoreUnavailable):
                await self._documents.drop(new)
                await self._advance(view, new, building=None, closing=False, failed=_cause(wrong))
            raise
        await asyncio.sleep(grace)
        try:
            await self._documents.drop(old)
        except StoreUnavailable:
            log.warning("%s is left over: nobody reads it any more", old)
        return new

    async def broke(self, view: AnyView, collection: str, partition: int, lost: Sequence[Lost]) -> None:
        """As `Live` has it. The first that is told stays, and what is told again is counted once."""
        while self._live(view.name) == collection:
            pointer = self.pointer(view)
            count, until = pointer.lost.get(partition, (0, 0))
            new = [one for one in lost if one.offset >= until]
            if not new:
                return
            counted = pointer.lost | {partition: (count + len(new), max(new).offset + 1)}
            try:
                await self._change(view, broken=pointer.broken or place(view, partition, min(new)), lost=counted)
            except Refused:
                await self._load(view.name)
            else:
                return

    async def closing(self, views: Iterable[AnyView]) -> bool:
        """As `Live` has it. Whoever closed one and never switched it is not waited for: the old one goes on."""
        closing = []
        known = list(views)
        await self._load(*(view.name for view in known))
        for view in known:
            pointer, now = self.pointer(view), asyncio.get_running_loop().time()
            if not pointer.closing:
                self._closed.pop(view.name, None)
                continue
            name, since = self._closed.setdefault(view.name, (pointer.building, now))
            if name != pointer.building:
                self._closed[view.name] = (pointer.building, now)
            elif now - since > STALLED_S:
                with contextlib.suppress(Refused):
                    await self._change(view, building=None, closing=False)
            closing.append(view)
        return bool(closing)

    async def _build(self, view: AnyView, old: str, new: str, running: Partitions, pause: float) -> None:
        partitions = range(self._bus.partitions(view.topic))
        target = Candidate(view, new, self._documents)
        await target.declare()
        builder = Projector(new, view.topic, [target], self._checkpoints)
        for partition in partitions:
            await builder.begin(partition)
        for _ in range(3):  # each round is shorter than the one before; the rest is done with the live one stopped
            await self._catch_up(builder, target, await self._bus.ends(view.topic), pause)
        async with running.lock:
            # Workers of other processes would go on with the old one until they see: nobody may be told of an earlier
            # state than theirs.
            await self._advance(view, new, closing=True)
            marks = {partition: await self._checkpoints.fence(old, partition) for partition in partitions}
            await self._catch_up(builder, target, marks, 0.0)
            switched = {"collection": new, "version": view.version, "building": None, "closing": False}
            await self._advance(view, new, **switched, done=0, total=0, broken=None, lost={})

    async def _catch_up(self, builder: Projector, target: Target, until: Mapping[int, int], pause: float) -> None:
        total = sum(until.values())
        for partition, end in until.items():
            while target.offsets[partition] < end:
                limit = min(REBUILD_BATCH, end - target.offsets[partition])
                records = await self._bus.read(target.view.topic, partition, target.offsets[partition], limit)
                if not records:
                    break
                await builder.apply(partition, records)
                done = sum(target.offsets.values())
                await self._advance(target.view, target.collection, done=done, total=total)
                await asyncio.sleep(pause)

    async def _begin(self, view: AnyView, new: str, number: int) -> None:
        """Say that `new` is being built. Refused when somebody else has begun to build meanwhile."""
        while True:
            try:
                await self._change(view, building=new, built=number, closing=False, done=0, total=0, failed=None)
            except Refused:  # somebody asked for something, or a document broke
                await self._load(view.name)
                if self.pointer(view).built >= number:
                    raise
            else:
                return

    async def _change(self, view: AnyView, **changes: Any) -> Pointer:
        changed = msgspec.structs.replace(self.pointer(view), **changes)
        await self._point(view, changed)
        return changed

    async def _advance(self, view: AnyView, new: str, **changes: Any) -> None:
        """Change the pointer as the one who builds `new`. Refused when somebody else has begun another one."""
        while self.pointer(view).building == new:
            try:
                await self._change(view, **changes)
            except Refused:  # somebody asked for something, or began something
                await self._load(view.name)
            else:
                return
        raise Refused([view.name])

    # Verify

    async def verify(self, view: AnyView) -> list[str]:
        """Fold the log again in memory and compare with what is stored; the differences, in words. Harmless, live.

        Each document holds the offset after the last event that touched it, so each is compared as of that offset.
        """
        collection = self.pointer(view).collection
        partitions = range(self._bus.partitions(view.topic))
        marks = await self._checkpoints.offsets(collection, partitions)
        stored, wrong = await self._all(view, collection)
        wrong += [f"{id_}: broken at {kept.broken}" for id_, kept in stored.items() if kept.broken]
        for partition in partitions:
            mine = {id_: kept for id_, kept in stored.items() if int(id_.rpartition("|")[2]) == partition}
            until = max([marks[partition], *(kept.at for kept in mine.values())])
            wrong += await self._verify_partition(view, partition, marks[partition], until, mine)
        metrics.VERIFIED.labels(view.name).inc()
        metrics.MISMATCHES.labels(view.name).inc(len(wrong))
        return wrong

    async def _all(self, view: AnyView, collection: str) -> tuple[dict[str, Kept[Any]], list[str]]:
        """All documents by id, and in words those that can't be read."""
        decode, read, unreadable = self._decoder(view), dict[str, Kept[Any]](), list[str]()
        async for stored in every(self._documents, collection, limit=5_000):
            try:
                read[stored.id] = decode(stored.body)
            except Exception as wrong:
                unreadable.append(f"{stored.id}: can't be read ({type(wrong).__name__})")
        return read, unreadable

    async def _verify_partition(
        self, view: AnyView, partition: int, mark: int, until: int, stored: dict[str, Kept[Any]]
    ) -> list[str]:
        fresh: dict[str, Kept[Any]] = {}
        unrouted: list[str] = []
        reader, seen, offset = Reader(f"verify.{view.name}", view.events), Seen(), 0
        while offset < until:
            records = await self._bus.read(view.topic, partition, offset, min(REBUILD_BATCH, until - offset))
            if not records:
                return [f"{view.topic}/{partition}: the log ends at {offset}, documents stand at {until}"]
            offset = records[-1].offset + 1
            for at, recorded in reader.first_copies(records, seen):
                try:
                    routed = list(view.route(recorded.event))
                except Exception as wrong:
                    unrouted.append(f"{view.topic}/{partition}: the event at {at} finds no document ({wrong!r})")
                    continue
                for key, part in routed:
                    id_ = shard(key, partition)
                    if at >= (stored[id_].at if id_ in stored else mark):
                        continue
                    kept = fresh.setdefault(id_, Kept(0))
                    kept.at = at + 1
                    fold_into(view, kept, at, part, recorded.sign)
            await asyncio.sleep(0)
        return unrouted + [
            f"{id_}: stored {_short(stored.get(id_))}, rebuilt {_short(fresh.get(id_))}"
            for id_ in sorted(stored.keys() | fresh.keys())
            if _short(stored.get(id_)) != _short(fresh.get(id_))
        ]


def _cause(wrong: Exception) -> str | None:
    """Why a build can't be done, in the words of the program alone; None where it is only to be tried again."""
    if isinstance(wrong, (Refused, StoreUnavailable)):
        return None
    return str(wrong) if isinstance(wrong, CantTake) else type(wrong).__name__


def _short(kept: Kept[Any] | None) -> str:
    return "nothing" if kept is None else encode(kept).decode()
