"""Senders and the door of the model: store first, answer then; what the broker does not take waits in the spool."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.model.calls import NEW, NO_END, Item, partition_of, take
from tests.model.plants import Plant
from tests.model.world import Steps, World, append


class Letter(NamedTuple):
    """An input that was given up, and whether it was appended anew since."""

    item: Item
    sent: bool = False


def _log(world: World, item: Item) -> list[Any]:
    return world.inputs[partition_of(item)]


def sender(world: World, items: list[Item]) -> Steps[None]:
    """A sender that hears nothing sends again, or gives up: then its item is taken or not, and nobody is told."""
    while items:
        yield
        item = items[0]
        if not (world.broker_up and (yield from append(world, _log(world, item), [item]))):
            world.spool[world.spooled] = item
            world.spooled += 1
        yield
        chance = world.dice.random()
        if chance > 0.25:
            world.accepted.add(item)
        if chance > 0.2:
            items.pop(0)


def drain(world: World) -> Steps[None]:
    """Sends what waits in the spool, oldest first; an entry goes after its acknowledgement."""
    while True:
        yield
        if not world.spool or not world.broker_up:
            continue
        waiting = dict(sorted(world.spool.items())[: world.dice.randint(1, 3)])
        if world.has(Plant.REMOVED_BEFORE_ACK):
            _remove(world, waiting)
        taken = True
        for item in waiting.values():
            taken = taken and (yield from append(world, _log(world, item), [item]))
        yield
        if taken:
            _remove(world, waiting)


def _remove(world: World, entries: dict[int, Item]) -> None:
    for number in entries:
        world.spool.pop(number, None)


def timer(world: World) -> Steps[None]:
    """Calls that did not end in time: one more input each, and one input too many is a repeat."""
    while True:
        yield
        for key, document in world.kind("call").items():
            known = document.known
            if not known or NO_END in known or "end" in known or world.dice.random() < 0.9:
                continue
            call = next(iter(known.values())).call
            yield from _overdue(world, key, Item(call, NO_END, 0, 1))


def _overdue(world: World, key: str, item: Item) -> Steps[None]:
    if not world.has(Plant.TIMER_WITHOUT_INPUT):
        yield from append(world, _log(world, item), [item])
        return
    revision, document = world.get(key)
    changed = take(world, document, (document.at - 1, 50), item, 0, world.release)
    if changed is None or not world.put(key, revision, changed):
        return
    for event in changed.outbox:
        if event.position[1] >= 50:
            yield from append(world, world.outputs[event.partition], [event])


def retry(world: World) -> Steps[None]:
    """An operator sends what was given up again once a release is out that can read it: a new input each."""
    while True:
        yield
        for key in world.kind("letter") if world.release == NEW else ():
            revision, letter = world.get(key)
            if not letter.sent and (yield from append(world, _log(world, letter.item), [letter.item])):
                yield
                world.put(key, revision, letter._replace(sent=True))
