"""The tracker of the model: fold one input at a time, note, write, publish, move the checkpoint; session by session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.model.calls import CallDocument, Event, Item, readable, take
from tests.model.ingest import Letter
from tests.model.plants import Plant
from tests.model.world import Request, Steps, Stored, World

Arrivals = Sequence[tuple[int, Item]]
Held = dict[str, Stored]


class Note(NamedTuple):
    """What became of the inputs of one partition. `at`: inputs below it are counted."""

    at: int = 0
    received: int = 0
    news: int = 0


def tracker(world: World, partition: int) -> Steps[None]:
    """One owner of one input partition, of the release of the day: session after session, until it is killed."""
    release = world.release
    while True:
        yield
        yield from _session(world, partition, release)


def _session(world: World, partition: int, release: int) -> Steps[None]:
    """From the checkpoint to the first write or send that was refused, failed, or had no answer."""
    name, log = f"tracker/{partition}", world.inputs[partition]
    checkpoint = world.checkpoints.get(name, 0)
    held: Held = {}
    beat = 0
    while True:
        yield
        batch = list(enumerate(log[checkpoint : checkpoint + world.dice.randint(1, 6)], checkpoint))
        if not batch:
            continue
        after, beat = checkpoint + len(batch), beat + 1
        changed = yield from _fold(world, held, batch, checkpoint, release, beat)
        events = _entries(world, held, batch, beat)
        if world.has(Plant.CHECKPOINT_BEFORE_WRITE):
            world.save(name, after)
        if world.has(Plant.PUBLISHED_FIRST) and not (yield from publish(world, events)):
            return
        if not (
            (yield from _note(world, partition, batch, changed, release)) and (yield from write(world, held, changed))
        ):
            if not world.has(Plant.REFUSED_GOES_ON):
                return
            checkpoint = after
            held.clear()
            continue
        if world.has(Plant.CHECKPOINT_BEFORE_ACK):
            world.save(name, after)
        if not world.has(Plant.PUBLISHED_FIRST) and not (yield from publish(world, events)):
            return
        yield
        checkpoint = after
        if not world.save(name, after):
            return


def _fold(
    world: World, held: Held, batch: Arrivals, checkpoint: int, release: int, beat: int
) -> Steps[dict[str, list[int]]]:
    """The documents that changed, with the inputs that changed them. A document that is ahead is left as it is."""
    changed: dict[str, list[int]] = defaultdict(list)
    made = 0
    for offset, item in batch:
        key = f"call/{item.call}"
        if key not in held:
            yield
            held[key] = world.get(key, CallDocument())
        revision, document = held[key]
        if offset < document.at:
            continue
        at = (beat, made) if world.has(Plant.BATCH_COUNTER) else (offset, 0)
        taken = take(world, document, at, item, checkpoint, release)
        if taken is None:
            continue
        made += len(taken.outbox)
        held[key] = Stored(revision, taken._replace(at=offset + 1))
        changed[key].append(offset)
    return changed


def _entries(world: World, held: Held, batch: Arrivals, beat: int) -> list[Event]:
    """At each input exactly the entries of that input, new or old, in order."""
    events = {
        event
        for offset, item in batch
        for event in held[f"call/{item.call}"].value.outbox
        if event.position[0] == offset
        or world.has(Plant.WHOLE_OUTBOX)
        or (world.has(Plant.BATCH_COUNTER) and event.position[0] == beat)
    }
    if world.has(Plant.REROUTED):
        events = {event._replace(partition=event.fact.agent % len(world.outputs)) for event in events}
    return sorted(events)


def _note(world: World, partition: int, batch: Arrivals, changed: dict[str, list[int]], release: int) -> Steps[bool]:
    """Verdicts and dead letters before the documents: so whatever a document holds has been noted."""
    for offset, item in batch:
        key = f"letter/{partition}/{offset}"
        if not readable(item, release) and key not in world.documents:
            yield
            if not world.put(key, 0, Letter(item)) and key not in world.documents:
                return False
    yield
    revision, note = world.get(f"note/{partition}", Note())
    news = {offset for offsets in changed.values() for offset in offsets}
    fresh = [offset for offset, _ in batch if offset >= note.at]
    if not fresh:
        return True
    counted = Note(fresh[-1] + 1, note.received + len(fresh), note.news + len(news.intersection(fresh)))
    yield
    return world.put(f"note/{partition}", revision, counted)


def write(world: World, held: Held, keys: Iterable[str]) -> Steps[bool]:
    """One after the other, in any order, up to the first that does not succeed."""
    wanted = sorted(keys)
    for key in world.dice.sample(wanted, len(wanted)):
        yield
        revision, value = held[key]
        if not world.put(key, revision, value):
            return False
        held[key] = Stored(revision + 1, value)
    return True


def publish(world: World, events: Sequence[Event]) -> Steps[bool]:
    """For each partition one request in flight, the next after its acknowledgement; one producer a call."""
    session, waiting = object(), defaultdict[int, list[Event]](list)
    for event in events:
        waiting[event.partition].append(event)

    def send(partition: int, records: Sequence[Event]) -> Request:
        return world.send(session, world.outputs[partition], records)

    if world.has(Plant.SEVERAL_IN_FLIGHT):
        requests = [send(event.partition, [event]) for event in events]
        while any(request.state == "flying" for request in requests):
            yield
        return all(request.state == "acked" for request in requests)
    flying: dict[int, Request] = {}
    failed = False
    while flying or (not failed and any(waiting.values())):
        for partition, queue in waiting.items():
            if queue and partition not in flying and not failed:
                size = world.dice.randint(1, len(queue))
                flying[partition] = send(partition, queue[:size])
                del queue[:size]
        yield
        failed = failed or any(request.state == "failed" for request in flying.values())
        flying = {partition: request for partition, request in flying.items() if request.state == "flying"}
    return not failed
