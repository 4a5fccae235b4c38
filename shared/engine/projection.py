"""Keeps views: folds first copies into documents, writes those conditionally, then moves the checkpoints."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence, Set
from functools import reduce
from operator import or_
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec

from shared import clock, metrics
from shared.codec import classes_of, encode
from shared.engine.partitions import Checkpoint, Checkpoints, Seen, batch, together
from shared.engine.reading import First, Reader
from shared.engine.turns import in_turns
from shared.faults import reach
from shared.kernel import Recorded, View
from shared.logs import about
from shared.ports import Documents, Put, Record, StoreUnavailable

log = logging.getLogger(__name__)
D = TypeVar("D")

CHUNK = 500
CACHED = 20_000
"""Documents that a session remembers for a view and partition: the busy ones are folded without being read again."""


class Kept(msgspec.Struct, Generic[D], omit_defaults=True):
    """A view's document in the store: what it says, and the offset after the last event that touched it.

    `broken` names the event that could not be taken: from there on the document is wrong until the view is rebuilt.
    One that could not be read when that event came says nothing more.
    """

    at: int
    doc: D | None = None
    broken: str | None = None


class Lost(NamedTuple):
    """What a document could not take: where the event stands, and the class of what was wrong."""

    offset: int
    wrong: str


def event_id(recorded: Recorded[Any]) -> str:
    """What an event is called in logs and exemplars: its origin and its place there."""
    return f"{recorded.origin}@{recorded.position[0]}.{recorded.position[1]}"


def shard(key: str, partition: int) -> str:
    """The id of the document that one partition feeds."""
    return f"{key}|{partition}"


def fold_into(view: View[Any, Any, Any], kept: Kept[Any], offset: int, part: Any, sign: int) -> str | None:
    """Take one part into a document; the name of what was wrong when the fold fails, and breaks it. A broken one stays
    as it is."""
    if kept.broken is None:
        try:
            kept.doc = view.fold(kept.doc, part, sign)
        except Exception as wrong:
            with about(offset=offset):
                log.exception("%s can't fold the event", view.name)
            kept.broken = f"offset {offset}"
            return type(wrong).__name__
    return None


class Target:
    """A view being kept in one collection: its documents in memory, by partition. Not `ours`: nothing is folded into
    it, and its checkpoints stand. `lost`: by partition, what it could not take of the records folded last."""

    def __init__(self, view: View[Any, Any, Any], collection: str, documents: Documents, ours: bool = True) -> None:
        self.view = view
        self.collection = collection
        self.ours = ours
        self._documents = documents
        self._classes = frozenset(classes_of(view.events))
        self._decode = msgspec.json.Decoder(Kept[view.doc]).decode  # type: ignore[name-defined]
        self._cache: dict[int, OrderedDict[str, tuple[int, Kept[Any]]]] = {}
        self.offsets: dict[int, int] = {}
        self.lost: dict[int, list[Lost]] = {}

    async def declare(self) -> None:
        """The collection is there, with the view's indexes."""
        await self._documents.declare(self.collection, self.view.indexes)

    def begin(self, partition: int, offset: int) -> None:
        """A new session from `offset` on, with nothing remembered."""
        self._cache[partition] = OrderedDict()
        self.offsets[partition] = offset

    def end(self, partition: int) -> None:
        """Nothing of the partition is remembered."""
        self._cache.pop(partition, None)
        self.offsets.pop(partition, None)
        self.lost.pop(partition, None)

    def takes(self, classes: Set[type[Any]]) -> bool:
        """Whether the view has something to do with any of these classes of events."""
        return not self._classes.isdisjoint(classes)

    async def fold(self, partition: int, firsts: Iterable[First]) -> list[Put]:
        """Fold what stands at or above the target's offset; the documents that changed."""
        self.lost[partition] = []
        routed = await self._routed(partition, firsts)
        cache = await self._load(partition, routed)
        view, unwritable = self.view, list[str]()

        def folded(document: str) -> Put | None:
            revision, kept = cache[document]
            # An event is passed over by what its document was before: it may have several parts for a document.
            before = kept.at
            for offset, part, sign in routed[document]:
                if offset < before:
                    continue
                kept.at = offset + 1
                if (wrong := fold_into(view, kept, offset, part, sign)) is not None:
                    self.broke(partition, offset, wrong)
            if kept.at == before:
                return None
            try:
                return self._put(document, revision, kept)
            except Exception:  # of this document alone
                unwritable.append(document)
                return None

        puts = await in_turns(routed, folded)
        puts += [await self._as_far_as_it_goes(partition, document, routed[document]) for document in unwritable]
        metrics.APPLIED.labels(view.name).inc(sum(map(len, routed.values())))
        return [put for put in puts if put is not None]

    async def _as_far_as_it_goes(self, partition: int, document: str, parts: Sequence[tuple[int, Any, int]]) -> Put:
        """A document that can't be written as it was folded: what it was before the event that makes it so, and broken
        by that one. A fold may have changed what is in memory, so it begins with what is stored."""
        del self._cache[partition][document]
        cache = await self._load(partition, {document: parts})
        revision, kept = cache[document]
        before, good = kept.at, encode(kept)
        for offset, part, sign in parts:
            if offset < before:
                continue
            kept.at = offset + 1
            fold_into(self.view, kept, offset, part, sign)
            try:
                good = self._put(document, revision, kept).body
            except Exception as wrong:
                with about(offset=offset):
                    log.exception("%s can't write what the event makes of its document", self.view.name)
                kept = self._decode(good)
                kept.at, kept.broken = offset + 1, f"offset {offset}"
                self.broke(partition, offset, type(wrong).__name__)
        cache[document] = (revision, kept)
        return self._put(document, revision, kept)

    def _put(self, document: str, revision: int, kept: Kept[Any]) -> Put:
        try:
            fields = self.view.fields(kept.doc) if kept.doc is not None else {}
        except Exception:
            if kept.broken is None:
                raise
            fields = {}  # also what was stored can't be found by them any more
        return Put(document, revision, encode(kept), fields)

    def broke(self, partition: int, offset: int, wrong: str) -> None:
        """An event can't be taken: its document is wrong from there on, and all others go on."""
        self.lost[partition].append(Lost(offset, wrong))

    async def _routed(self, partition: int, firsts: Iterable[First]) -> dict[str, list[tuple[int, Any, int]]]:
        """For each document the offsets, parts and signs of all that is still to be folded into it, in order."""
        start, classes, route, own = self.offsets[partition], self._classes, self.view.route, shard("", partition)
        routed: dict[str, list[tuple[int, Any, int]]] = {}

        def take(first: First) -> None:
            offset, recorded = first
            try:
                parts = [*route(recorded.event)]
            except Exception as wrong:
                with about(event_id=event_id(recorded), offset=offset):
                    log.exception("%s can't route an event", self.view.name)
                self.broke(partition, offset, type(wrong).__name__)
                return
            sign = recorded.sign
            for key, part in parts:
                document = key + own
                if document in routed:
                    routed[document].append((offset, part, sign))
                else:
                    routed[document] = [(offset, part, sign)]

        mine = (first for first in firsts if first.offset >= start and type(first.recorded.event) in classes)
        await in_turns(mine, take)
        return routed

    async def write(self, partition: int, puts: Sequence[Put]) -> None:
        """All conditional; a refusal ends the session, so what is remembered need not be right after one."""
        for first in range(0, len(puts), CHUNK):
            await self._documents.put(self.collection, puts[first : first + CHUNK])
        cache = self._cache[partition]
        for put in puts:
            cache[put.id] = ((put.revision or 0) + 1, cache[put.id][1])
        while len(cache) > CACHED:
            cache.popitem(last=False)

    async def _load(
        self, partition: int, wanted: Mapping[str, Sequence[tuple[int, Any, int]]]
    ) -> OrderedDict[str, tuple[int, Kept[Any]]]:
        """The documents that are wanted, each for its parts, among those that are remembered."""
        cache = self._cache[partition]
        missing = sorted(document for document in wanted if document not in cache)
        for first in range(0, len(missing), CHUNK):
            ids = missing[first : first + CHUNK]
            found = await self._documents.get(self.collection, ids)
            for document in ids:
                if (stored := found.get(document)) is None:
                    cache[document] = (0, Kept(0))
                else:
                    kept = self._read(partition, stored.body, wanted[document][0][0])
                    cache[document] = (stored.revision, kept)
        for document in wanted:
            cache.move_to_end(document)
        return cache

    def _read(self, partition: int, body: bytes, offset: int) -> Kept[Any]:
        """A document as it is stored. One that can't be read is broken by the event at `offset`, that it is wanted for,
        and is written as such: read again by whoever can, it would lack what has passed it by."""
        try:
            return self._decode(body)
        except Exception as wrong:  # of this document alone
            with about(offset=offset):
                log.exception("%s can't read a document that is stored", self.view.name)
            self.broke(partition, offset, type(wrong).__name__)
            return Kept(0, broken=f"offset {offset}")


def place(view: View[Any, Any, Any], partition: int, lost: Lost) -> str:
    """What was wrong and where, nothing of what the event held."""
    return f"{lost.wrong} at {view.topic}/{partition} {lost.offset}"


def _age(firsts: Sequence[First]) -> None:
    """How old what is now shown has become since we had it. Tests of partners and canaries count nowhere."""
    counted = [first.recorded for first in firsts if getattr(first.recorded.event, "counts", "") != "test"]
    if counted:
        now = clock.now()
        oldest = min(counted, key=lambda recorded: recorded.recorded_at)
        ages = [(now - recorded.recorded_at).total_seconds() for recorded in counted]
        metrics.aged("projected", ages, event_id(oldest))


class Live(Protocol):
    """Which collection is a view's live one."""

    def collection(self, view: View[Any, Any, Any]) -> str:
        """Its name, as of now."""
        ...

    def target(self, view: View[Any, Any, Any]) -> Target:
        """The view, to be kept there."""
        ...

    async def broke(self, view: View[Any, Any, Any], collection: str, partition: int, lost: Sequence[Lost]) -> None:
        """Documents of this collection are wrong from these events on: told for as long as it is the live one."""
        ...

    async def closing(self, views: Iterable[View[Any, Any, Any]]) -> bool:
        """Whether the live collection of any of them is about to be another one. What was switched is seen at once."""
        ...


class Projector:
    """The worker that keeps several views of one topic."""

    def __init__(
        self,
        name: str,
        topic: str,
        targets: Sequence[Target],
        checkpoints: Checkpoints,
        live: Live | None = None,
    ) -> None:
        """`live` knows each view's live collection: when that has moved, sessions begin anew there."""
        self.name = name
        self.topic = topic
        self.targets = list(targets)
        self._checkpoints = checkpoints
        self._live = live
        self._reader = Reader(name, reduce(or_, (target.view.events for target in targets)))
        self._seen: dict[int, Seen] = {}

    async def begin(self, partition: int) -> int:
        """Start where the view that is furthest behind stands; the others pass over what they have."""
        while True:
            await self._follow()
            start: Checkpoint | None = None
            for target in self.targets:
                checkpoint = await self._checkpoints.load(target.collection, partition)
                target.begin(partition, checkpoint.offset)
                if start is None or checkpoint.offset < start.offset:
                    start = checkpoint
            # Asked after the checkpoints were loaded: whoever loaded them before they were fenced is refused.
            if self._live is not None and await self._live.closing(target.view for target in self.targets):
                raise StoreUnavailable("a view is being switched")
            if not any(self._moved(target) for target in self.targets):
                break
        start = start or Checkpoint()
        self._seen[partition] = dict(start.seen)
        return start.offset

    def end(self, partition: int) -> None:
        """Drop what is remembered."""
        self._seen.pop(partition, None)
        for target in self.targets:
            target.end(partition)

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """Fold, write, and then move the checkpoint of each view."""
        if any(partition not in target.offsets or self._moved(target) for target in self.targets):
            raise StoreUnavailable("a view was switched")
        seen = self._seen[partition]
        firsts = await self._reader.read(records, seen)
        with batch(self.name, self.topic, partition, records, (first.recorded.trace for first in firsts)):
            await self._keep(partition, records, firsts, seen)
        if self._live is not None:
            _age(firsts)

    async def _keep(self, partition: int, records: Sequence[Record], firsts: Sequence[First], seen: Seen) -> None:
        behind = [t for t in self.targets if t.ours and t.offsets[partition] <= records[-1].offset]
        classes = {type(first.recorded.event) for first in firsts}
        concerned = [target for target in behind if target.takes(classes)]
        folded = await together(*(target.fold(partition, firsts) for target in concerned))
        changed = [(target, puts) for target, puts in zip(concerned, folded, strict=True) if puts]
        for target in concerned:
            if self._live is not None and target.lost[partition]:
                # Told before it is so: whoever dies in between does it again.
                await self._live.broke(target.view, target.collection, partition, target.lost[partition])
        await together(*(target.write(partition, puts) for target, puts in changed))
        reach("view.written")
        checkpoint = Checkpoint(records[-1].offset + 1, seen)
        if behind:
            await self._checkpoints.save([target.collection for target in behind], partition, checkpoint)
        reach("view.checkpointed")
        for target in behind:
            target.offsets[partition] = checkpoint.offset

    def _moved(self, target: Target) -> bool:
        return self._live is not None and self._live.collection(target.view) != target.collection

    async def _follow(self) -> None:
        for n, target in enumerate(self.targets):
            if self._live is not None and self._moved(target):
                self.targets[n] = self._live.target(target.view)
                await self.targets[n].declare()
