"""The command side of the model: clients, streams of commits, and the relay that numbers and publishes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from tests.model.calls import AGENTS, Event, Fact
from tests.model.plants import Plant
from tests.model.tracker import publish
from tests.model.world import Steps, World

STREAMS = 2
ORIGIN = "relay"


class Commit(NamedTuple):
    """What one command did: it set the stream to `value` and granted bonuses. `number`: published under it."""

    id: str
    value: str
    grants: tuple[tuple[int, int], ...]
    number: int = 0


class Head(NamedTuple):
    """The last number given, and the commits numbered but perhaps not published."""

    last: int = 0
    pending: tuple[tuple[str, int], ...] = ()


def commits_of(world: World, stream: int) -> list[Commit]:
    """All commits of a stream, in order."""
    found: list[Commit] = []
    while (stored := world.documents.get(f"commit/{stream}@{len(found) + 1:02}")) is not None:
        found.append(stored.value)
    return found


def _append(world: World, stream: int, version: int, commit: Commit) -> Literal["done", "known", "conflict", "unknown"]:
    """What the event store promises: the version is a lock, and an id is in a stream once."""
    commits = commits_of(world, stream)
    if not world.has(Plant.COMMAND_WITHOUT_ID) and any(other.id == commit.id for other in commits):
        return "known"
    if len(commits) != version - 1:
        return "conflict"
    return "done" if world.put(f"commit/{stream}@{version:02}", 0, commit) else "unknown"


def _grants(world: World) -> tuple[tuple[int, int], ...]:
    return tuple((world.dice.randrange(AGENTS), world.dice.randrange(1, 9)) for _ in range(2))


def add(world: World, stream: int, id_: str) -> Steps[bool]:
    """A command that always has something to do; False when its outcome is not known."""
    while True:
        yield
        version = len(commits_of(world, stream))
        yield
        outcome = _append(world, stream, version + 1, Commit(id_, id_, _grants(world)))
        if outcome != "conflict":
            return outcome != "unknown"


def client(world: World, stream: int, wishes: list[tuple[str, str]]) -> Steps[None]:
    """Wants the stream at a value, and sends again under the same id until it is answered, or gives up.

    Its process remembers the stream as it last saw it. An answer that nothing is to be done needs a look at the store.
    """
    remembered: list[Commit] = []
    while wishes:
        yield
        id_, value = wishes[0]
        before = len(commits_of(world, stream))
        if not world.has(Plant.STALE_ANSWER):
            remembered = commits_of(world, stream)
        if not remembered or remembered[-1].value != value:
            yield
            commit = Commit(id_, value, _grants(world))
            outcome = _append(world, stream, len(remembered) + 1, commit)
            if outcome in ("conflict", "unknown"):
                remembered = commits_of(world, stream)
                if outcome == "unknown" and world.dice.random() < 0.2:
                    wishes.pop(0)
                continue
            remembered = commits_of(world, stream)
        elif all(commit.value != value for commit in commits_of(world, stream)[max(0, before - 1) :]):
            world.breaches.append(f"stream {stream} was said to be at {value}, and was not since it was asked for")
        yield
        if world.dice.random() > 0.2:  # else the answer is lost on its way
            if any(commit.id == id_ for commit in commits_of(world, stream)):
                world.accepted.add(id_)
            wishes.pop(0)


def relay(world: World) -> Steps[None]:
    """Read the head, then look; number, publish, mark, clear. The head decides, so two relays are safe."""
    while True:
        yield
        found: Sequence[str] = ()
        if world.has(Plant.SCAN_BEFORE_HEAD):
            found = yield from _unnumbered(world)
        revision, head = world.get("head/relay", Head())
        if not head.pending:
            if not world.has(Plant.SCAN_BEFORE_HEAD):
                found = yield from _unnumbered(world)
            head = _number(world, head, found)
            yield
            if not head.pending or not world.put("head/relay", revision, head):
                continue
            revision += 1
        if not (yield from publish(world, _events(world, head))):
            continue
        marked = True
        for key, number in head.pending:
            yield
            at, commit = world.get(key)
            marked = marked and bool(commit.number or world.put(key, at, commit._replace(number=number)))
        yield
        if marked:
            world.put("head/relay", revision, Head(head.last))


def _unnumbered(world: World) -> Steps[list[str]]:
    """A search is no snapshot: commits come while it looks, and it may see a later one and miss an earlier one."""
    keys = [f"commit/{stream}@{version:02}" for stream in range(STREAMS) for version in range(1, 40)]
    found = []
    for key in world.dice.sample(keys, len(keys)):
        if world.dice.random() < 0.05:
            yield
        stored = world.documents.get(key)
        if stored is not None and not stored.value.number:
            found.append(key)
    return sorted(found)


def _number(world: World, head: Head, found: Sequence[str]) -> Head:
    """Each commit after the one before it in its stream."""
    last, pending = head.last, dict[str, int]()
    for key in found:
        stream, version = key.split("@")
        before = f"{stream}@{int(version) - 1:02}"
        ready = version == "01" or before in pending or _value(world, before).number
        if ready or world.has(Plant.NUMBERS_OVER_A_GAP):
            last += 1
            pending[key] = last
    return Head(last, tuple(pending.items()))


def _value(world: World, key: str) -> Any:
    return world.documents[key].value


def _events(world: World, head: Head) -> list[Event]:
    return [
        Event(ORIGIN, (number, index), agent % 2, "bonus", Fact(agent, agent % 2, amount))
        for key, number in head.pending
        for index, (agent, amount) in enumerate(_value(world, key).grants)
    ]
