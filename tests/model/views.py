"""Readers of the model: projections that keep a view, the rebuild beside it, and a process manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests.model.calls import Event
from tests.model.commands import add
from tests.model.plants import Plant
from tests.model.tracker import Held, write
from tests.model.world import Steps, Stored, World

POINTER = "pointer/tally"
FIRST = "tally_0"
Seen = Mapping[str, tuple[int, int]]


class Pointer(NamedTuple):
    """The live collection."""

    collection: str = FIRST


class Tally(NamedTuple):
    """`at`: what stands below it in the partition that feeds the document was counted."""

    at: int = 0
    sums: Mapping[str, int] = {}
    marks: Mapping[str, tuple[int, int]] = {}


def is_first(event: Event, seen: Seen) -> bool:
    """The rule of every reader: what is not above the highest position of its origin is a repeat."""
    return event.origin not in seen or event.position > seen[event.origin]


def keys_of(event: Event) -> tuple[str, str]:
    """The documents that an event touches."""
    return f"agent{event.fact.agent}", f"campaign{event.fact.campaign}"


def fold(tally: Tally, offset: int, event: Event) -> Tally:
    """Count the event."""
    sums = {**tally.sums, event.measure: tally.sums.get(event.measure, 0) + event.fact.amount}
    return Tally(offset + 1, sums, tally.marks)


def projection(world: World, partition: int) -> Steps[None]:
    """Keeps whatever collection is the live one."""
    while True:
        yield
        live = world.get(POINTER, Pointer()).value.collection
        yield from _keep(world, live, partition, None)


def _keep(world: World, collection: str, partition: int, until: int | None) -> Steps[bool]:
    """One session: to the first refusal, to `until`, or until another collection is live. True: all is applied."""
    name, log = f"{collection}/{partition}", world.outputs[partition]
    cursor, seen = world.checkpoints.get(name, (0, {}))
    held: Held = {}
    while until is None or cursor < until:
        yield
        if until is None and world.get(POINTER, Pointer()).value.collection != collection:
            return False
        batch = list(enumerate(log[cursor : cursor + world.dice.randint(1, 5)], cursor))
        if not batch:
            continue
        touched: set[str] = set()
        for offset, event in batch:
            first = is_first(event, seen)
            if first:
                seen = {**seen, event.origin: event.position}
            if first or world.has(Plant.NO_ORIGIN_CHECK) or world.has(Plant.SHARED_DOCUMENT):
                touched.update((yield from _count(world, held, collection, partition, offset, event)))
        if not (yield from write(world, held, touched)):
            if not world.has(Plant.VIEW_GOES_ON):
                return False
            held.clear()
        yield
        cursor = batch[-1][0] + 1
        if not world.save(name, (cursor, seen)):
            return False
    return True


def _count(world: World, held: Held, collection: str, partition: int, offset: int, event: Event) -> Steps[list[str]]:
    touched = []
    for key in keys_of(event):
        id_ = f"view/{collection}/{key}|{partition}"
        if world.has(Plant.SHARED_DOCUMENT):
            id_ = f"view/{collection}/{key}|"
        if id_ not in held:
            yield
            held[id_] = world.get(id_, Tally())
        revision, tally = held[id_]
        if world.has(Plant.SHARED_DOCUMENT):
            if is_first(event, tally.marks):
                marks = {**tally.marks, event.origin: event.position}
                held[id_] = Stored(revision, fold(tally, -1, event)._replace(marks=marks))
                touched.append(id_)
        elif offset >= tally.at:
            held[id_] = Stored(revision, fold(tally, offset, event))
            touched.append(id_)
    return touched


def rebuild(world: World) -> Steps[None]:
    """Builds a collection from the first event beside the live one, moves the pointer, drops the old one."""
    while not world.calm:
        yield
        revision, pointer = world.get(POINTER, Pointer())
        world.collections += 1
        number = world.collections % 2 if world.has(Plant.NAME_USED_AGAIN) else world.collections
        new = f"tally_{number}"
        if new == pointer.collection:
            continue
        _drop(world, new)
        for _ in range(2):
            for partition, log in enumerate(world.outputs):
                while not (yield from _keep(world, new, partition, len(log))):
                    yield
        yield
        if world.put(POINTER, revision, Pointer(new)):
            for _ in range(20):
                yield
            _drop(world, pointer.collection)


def _drop(world: World, collection: str) -> None:
    world.documents = {
        key: stored for key, stored in world.documents.items() if not key.startswith(f"view/{collection}/")
    }
    for partition in range(len(world.outputs)):
        world.checkpoints.pop(f"{collection}/{partition}", None)


def greets(event: Event) -> str | None:
    """The id of the command that follows from the event, if one does."""
    follows = event.measure == "calls" and event.fact.amount > 0
    return f"greet {event.origin} {event.position}" if follows else None


def manager(world: World, partition: int) -> Steps[None]:
    """A process manager: it sees repeats, and its command's id is made of origin and position."""
    name, log = f"manager/{partition}", world.outputs[partition]
    while True:
        yield
        cursor, seen = world.checkpoints.get(name, (0, {}))
        while True:
            yield
            batch = log[cursor : cursor + world.dice.randint(1, 3)]
            done = True
            for event in batch:
                if not is_first(event, seen):
                    continue
                seen = {**seen, event.origin: event.position}
                if (id_ := greets(event)) is not None:
                    done = done and (yield from add(world, event.fact.agent % 2, id_))
            if not done or (batch and not world.save(name, (cursor + len(batch), seen))):
                break
            cursor += len(batch)
