"""Two relays on one store, killed at any step: each public event once, in order of its number, commits in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from shared import metrics
from shared.codec import encode
from shared.engine import relay as relays
from shared.engine.relay import HEADS, Head, HeadBehindTopic, Relay
from shared.ports import Commit, Marked, Put
from tests.engine.test_once import run
from tests.engine.world import Bus, Documents, World

AT = datetime(2026, 3, 2, tzinfo=UTC)
TOPIC = "tallyline.partners"
STREAMS, VERSIONS = 4, 5


class Store:
    """Commits, found in an order of their own: a scan is no snapshot."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.commits: dict[tuple[str, int], Commit] = {}
        self.numbers: dict[tuple[str, int], int] = {}

    async def append(self, commit: Commit) -> None:
        self.commits[commit.stream, commit.version] = commit

    async def load(self, stream: str, after: int = 0) -> list[Commit]:
        return [c for (s, v), c in sorted(self.commits.items()) if s == stream and v > after]

    async def unnumbered(self, limit: int) -> list[Commit]:
        await self._world.act(lambda: None)
        found: list[Commit] = []
        for stream in self._world.dice.sample(range(STREAMS), STREAMS):
            await self._world.pause()
            waiting = sorted(v for s, v in self.commits if s == f"p-{stream}" and (s, v) not in self.numbers)
            found += [self.commits[f"p-{stream}", version] for version in waiting]
        return found[:limit]

    async def history(self, after: tuple[str, int], limit: int) -> list[Marked]:
        raise NotImplementedError

    async def mark(self, published: Mapping[tuple[str, int], int]) -> None:
        for place, number in published.items():

            def write(place: tuple[str, int] = place, number: int = number) -> None:
                self.numbers.setdefault(place, number)

            await self._world.act(write)


def commit(stream: int, version: int) -> Commit:
    events = [{"type": "Told", "n": n, "of": f"{stream}@{version}"} for n in range(1 + version % 2)]
    private = [{"type": "Private", "of": f"{stream}@{version}"}]
    return Commit(f"p-{stream}", version, json.dumps(events + private).encode(), "id", "somebody", AT)


async def play(seed: int) -> tuple[World, Store, list[str]]:
    world = World(seed)
    store, documents, bus = Store(world), Documents(world), Bus(world)
    world.collections[HEADS]
    stopping = asyncio.Event()
    alarms: list[str] = []

    def make() -> Relay:
        return Relay("partners", TOPIC, frozenset({"Told"}), store, documents, bus)

    async def live() -> None:
        while not stopping.is_set():
            task = asyncio.ensure_future(make().run(stopping))
            for _ in range(world.dice.randint(10, 300)):
                await asyncio.sleep(0)
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            if isinstance(outcome, HeadBehindTopic):  # another relay that is only quicker is no reason
                alarms.append(str(outcome))

    owners = [asyncio.ensure_future(live()) for _ in range(2)]
    places = [(stream, version) for version in range(1, VERSIONS + 1) for stream in range(STREAMS)]
    for stream, version in places:
        await store.append(commit(stream, version))
        for _ in range(world.dice.randint(0, 60)):
            await asyncio.sleep(0)
    world.calm = True
    stopping.set()
    await asyncio.gather(*owners)
    last = make()
    while await last.step():
        pass
    return world, store, alarms


def breaches(world: World, store: Store) -> list[str]:
    wrong: list[str] = []
    told: dict[str, list[int]] = {}
    contents: dict[tuple[int, int], Any] = {}
    for (_, partition), log in world.logs.items():
        highest = (-1, -1)
        for record in log:
            envelope = json.loads(record.value)
            place = (envelope["position"][0], envelope["position"][1])
            if contents.setdefault(place, envelope["event"]) != envelope["event"]:
                wrong.append(f"two contents at {place}")
            if place <= highest:
                continue
            highest = place
            if envelope["event"]["type"] != "Told":
                wrong.append(f"private event published in {partition}")
            told.setdefault(envelope["event"]["of"], []).append(envelope["event"]["n"])
    for stream, version in store.commits:
        name = f"{stream.removeprefix('p-')}@{version}"
        if told.get(name) != list(range(1 + version % 2)):
            wrong.append(f"{name}: published {told.get(name)}")
    numbers = store.numbers
    for (stream, version), number in numbers.items():
        if version > 1 and numbers[stream, version - 1] > number:
            wrong.append(f"{stream}@{version} is numbered before its predecessor")
    return wrong


def found(seeds: range) -> dict[int, list[str]]:
    wrong: dict[int, list[str]] = {}

    async def one(seed: int) -> None:
        world, store, alarms = await play(seed)
        wrong[seed] = alarms + breaches(world, store)

    for seed in seeds:
        run(one(seed))
    return {seed: list_ for seed, list_ in wrong.items() if list_}


async def test_a_head_that_is_older_than_its_topic_stops_the_relay() -> None:
    world = World(1)
    world.calm = True
    store, documents, bus = Store(world), Documents(world), Bus(world)
    for stream in range(3):
        await store.append(commit(stream, 1))
    relay = Relay("partners", TOPIC, frozenset({"Told"}), store, documents, bus)
    assert await relay.step() == 3
    backup = dict(world.collections[HEADS])
    await relay.check()
    await store.append(commit(3, 1))
    await relay.step()
    await relay.check()
    world.collections[HEADS] = backup
    log = {place: list(records) for place, records in world.logs.items()}
    await store.append(commit(3, 2))
    with pytest.raises(HeadBehindTopic, match=r"holds number 4 of partners\.relay\.1, its head has given 3"):
        await relay.run(asyncio.Event())
    assert world.logs == log, "nothing was published"


def test_two_relays_publish_each_commit_once_and_in_order() -> None:
    assert found(range(100)) == {}


def test_a_head_without_a_revision_condition_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    put = Documents.put

    async def unconditional(self: Documents, collection: str, puts: Any) -> None:
        await put(self, collection, [p._replace(revision=None) for p in puts])

    monkeypatch.setattr(Documents, "put", unconditional)
    assert found(range(40))


def test_a_scan_before_the_head_is_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay's own step, but for the order of its two readings."""

    async def scan_first(self: Relay) -> int:
        commits = await self._store.unnumbered(relays.BATCH)
        found = (await self._documents.get(HEADS, ["head"])).get("head")
        head = msgspec.json.decode(found.body, type=Head) if found else Head()
        if not head.pending:
            if not commits:
                return 0
            head.pending = self._number(head.last, commits)
            head.last = head.pending[-1].number
            revision = found.revision if found else 0
            await self._documents.put(HEADS, [Put("head", revision, encode(head))])
        await self._publish(head.pending)
        await self._store.mark({(c.stream, c.version): c.number for c in head.pending})
        found = (await self._documents.get(HEADS, ["head"]))["head"]
        await self._documents.put(HEADS, [Put("head", found.revision, encode(Head(head.last, [])))])
        return len(head.pending)

    monkeypatch.setattr(Relay, "step", scan_first)
    assert found(range(40))


def test_what_is_recorded_and_not_published_is_told() -> None:
    world = World(3)
    store, documents, bus = Store(world), Documents(world), Bus(world)
    world.collections[HEADS]
    relay = Relay("measured", TOPIC, frozenset({"Told"}), store, documents, bus)

    async def told() -> tuple[float, float]:
        await relay.measure(AT + timedelta(seconds=90))
        found = (metrics.OUTBOX.labels("measured"), metrics.OUTBOX_AGE.labels("measured"))
        waiting, age = (gauge._value.get() for gauge in found)
        return waiting, age

    async def look() -> None:
        assert await told() == (0, 0)
        for version in (1, 2):
            await store.append(commit(0, version))
        assert await told() == (2, 90)
        await relay.step()
        assert await told() == (0, 0)

    run(look())
