"""Sessions: partitions that go while we begin, settings that come in any order, views that another process switches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.connectors.base import Reading, Slice
from services.calls.tracker.call_document import CALLS
from services.calls.tracker.intake import DELIVERIES, INTAKE, DeliveryNote, IntakeDay
from services.calls.tracker.tracker import Arrival, Context, take
from services.calls.views.performance import performance_day
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC
from shared.engine.dead_letters import DeadLetters
from shared.engine.partitions import Checkpoint, Checkpoints, Partitions
from shared.engine.projection import Projector
from shared.engine.views import POINTERS, Views
from shared.ports import Record, Refused, StoreUnavailable
from tests.engine.test_once import PLAIN, SETTINGS, System, item, read, run, traffic
from tests.engine.world import World


class Taken:
    """A subscription that loses its only partition while the session's beginning is awaited."""

    def __init__(self) -> None:
        self.mine = frozenset({0})
        self.sought: list[int] = []

    async def poll(self, limit: int, timeout: float) -> dict[int, list[Record]]:
        await asyncio.sleep(0.01)
        return {}

    def owned(self) -> frozenset[int]:
        return self.mine

    def seek(self, partition: int, offset: int) -> None:
        if partition not in self.mine:
            raise ValueError(f"partition {partition} is not owned")
        self.sought.append(partition)

    async def close(self) -> None:
        pass


class TakingBus:
    def __init__(self) -> None:
        self.subscription = Taken()
        self.revoked: Callable[[frozenset[int]], Awaitable[None]] | None = None

    async def subscribe(self, topic: str, group: str, on_assigned: Any, on_revoked: Any) -> Taken:
        self.revoked = on_revoked
        await on_assigned(frozenset({0}))
        return self.subscription

    async def ends(self, topic: str) -> dict[int, int]:
        return {0: 0}


class Slow:
    name, topic = "slow", "t"

    def __init__(self, bus: TakingBus) -> None:
        self._bus = bus
        self.open: set[int] = set()

    async def begin(self, partition: int) -> int:
        self.open.add(partition)
        self._bus.subscription.mine = frozenset()
        await asyncio.sleep(0.01)
        return 0

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        raise AssertionError("nothing is ours")

    def end(self, partition: int) -> None:
        self.open.discard(partition)


async def test_a_partition_that_goes_while_its_session_begins_is_let_go() -> None:
    bus, stopping = TakingBus(), asyncio.Event()
    worker = Slow(bus)
    partitions = Partitions(bus, worker)  # type: ignore[arg-type]
    running = asyncio.ensure_future(partitions.run(stopping))
    await asyncio.sleep(0.1)
    assert not running.done()
    assert worker.open == set()
    assert bus.subscription.sought == []
    stopping.set()
    await running


ZONES = {1: "UTC", 2: "Asia/Manila"}


@given(
    st.permutations(
        [("start", "CallStarted", 28_800, 1), ("answer", "CallAnswered", 28_809, 2), ("end", "CallEnded", 28_890, 1)]
    )
)
def test_the_latest_settings_count_for_a_whole_call_in_whatever_order_its_items_come(order: Any) -> None:
    document = None
    for offset, (key, kind, second, revision) in enumerate(order):
        data = {"direction": "inbound", "phase": "queued", "answered_by": "human", "scope": "call"}
        one = msgspec.structs.replace(item(1, key, kind, second, "a1", **data), revision=revision)
        met = max(revision, document.revision if document else 0)
        settings = msgspec.structs.replace(SETTINGS, day_zone=ZONES[met])
        raw = msgspec.msgpack.decode(one.sealed, type=dict)["raw"]
        reading: Reading = read(Slice(raw, one.correlation), settings, one.received_at)
        context = Context(PLAIN, settings, "telephony.1/0", 2, 0)
        document = take(document, Arrival(offset, 0, one, reading), context).document
    assert document is not None
    assert document.revision == 2
    facts = {key: msgspec.json.decode(bytes(told.event)) for key, told in document.told.items()}
    assert {key: fact["day"] for key, fact in facts.items()} == dict.fromkeys(facts, "2026-03-03")
    assert {"started", "answered:a1", "ended:a1", "ended"} <= facts.keys()


def test_a_switch_by_another_process_is_followed_and_no_name_is_used_twice() -> None:
    run(_switched())


async def _switched() -> None:
    world = World(3)
    world.calm = True
    system = System(world)
    world.collections[POINTERS]
    await system.feed(traffic(world))
    await system.settle(system.tracker())
    mine, theirs = (Views(system.documents, system.bus, Checkpoints(system.documents)) for _ in range(2))
    await mine.open([performance_day])
    await theirs.open([performance_day])
    ours = Projector("views", TOPIC, [mine.target(performance_day)], Checkpoints(system.documents), mine)
    await system.settle(ours)
    names = [mine.pointer(performance_day).collection]
    for _ in range(3):
        stopping = asyncio.Event()
        following = asyncio.ensure_future(mine.follow(stopping))
        names.append(await theirs.rebuild(performance_day, Partitions(system.bus, ours)))
        await asyncio.sleep(2)
        stopping.set()
        await following
        assert mine.pointer(performance_day).collection == names[-1]
        await system.settle(ours)
        assert [target.collection for target in ours.targets] == [names[-1]]
        assert await mine.verify(performance_day) == []
    assert len(set(names)) == len(names)


def test_a_former_owner_can_not_set_a_checkpoint_back() -> None:
    run(_set_back())


async def _set_back() -> None:
    world = World(5)
    world.calm = True
    documents = System(world).documents
    former, owner = Checkpoints(documents), Checkpoints(documents)
    for checkpoints in (former, owner):
        await checkpoints.load("view", 0)
        await checkpoints.load("other", 0)
    await owner.save(["view"], 0, Checkpoint(10))
    await owner.save(["view"], 0, Checkpoint(20))
    with pytest.raises(Refused):
        await former.save(["view"], 0, Checkpoint(5))
    with pytest.raises(Refused):  # in one write: one of them that has been moved is enough
        await former.save(["other", "view"], 0, Checkpoint(5))
    assert await owner.offsets("view", [0]) == {0: 20}
    await owner.load("other", 0)
    await owner.save(["view", "other"], 0, Checkpoint(30))
    assert await owner.least(["view", "other"], 0) == 30


def test_a_record_that_is_no_item_is_a_dead_letter_and_stops_nobody() -> None:
    run(_no_item())


async def _no_item() -> None:
    world = World(7)
    world.calm = True
    system = System(world)
    log = world.logs[TELEPHONY_TOPIC, 0]
    log.append(Record(0, "", b"\x00 no item"))
    await system.settle(system.tracker())
    await system.feed([item(0, "start", "CallStarted", 0, direction="inbound", phase="queued")])
    log.append(Record(len(log), "", b""))
    await system.settle(system.tracker())
    letters = {letter.id: letter for letter in (await DeadLetters("calls", system.documents).list())[0]}
    assert {id_: (letter.kind, letter.payload) for id_, letter in letters.items()} == {
        "record:0:0": ("record", b"\x00 no item"),
        f"record:0:{len(log) - 1}": ("record", b""),
    }
    assert len(world.collections[CALLS]) == 1


def test_items_that_come_twice_and_are_sent_again_twice_are_counted_once() -> None:
    run(_sent_again_twice())


async def _sent_again_twice() -> None:
    world = World(9)
    world.calm = True
    system = System(world)
    unreadable = msgspec.structs.replace(item(0, "start", "CallStarted", 0), sealed=b"\xc1")
    await system.feed([unreadable, unreadable])
    await system.settle(system.tracker())
    assert len((await DeadLetters("calls", system.documents).list())[0]) == 1, "a copy is no second dead letter"
    right = item(0, "start", "CallStarted", 0, direction="inbound", phase="queued")
    await system.feed([msgspec.structs.replace(right, retried=True)] * 2)
    await system.settle(system.tracker())
    (day,) = world.collections[INTAKE].values()
    counts = msgspec.json.decode(day.body, type=IntakeDay).counts
    assert counts == {"invalid": 0, "duplicate": 1, "accepted": 1}
    (note,) = world.collections[DELIVERIES].values()
    assert msgspec.json.decode(note.body, type=DeliveryNote).verdicts == {"0": "accepted"}


class Backlog:
    """A subscription with so many records, which come again after a seek."""

    def __init__(self, records: int) -> None:
        self._records = [Record(n, "k", b"") for n in range(records)]
        self._position = 0

    async def poll(self, limit: int, timeout: float) -> dict[int, list[Record]]:
        await asyncio.sleep(0)
        found = self._records[self._position : self._position + limit]
        self._position += len(found)
        return {0: found} if found else {}

    def owned(self) -> frozenset[int]:
        return frozenset({0})

    def seek(self, partition: int, offset: int) -> None:
        self._position = offset

    async def close(self) -> None:
        pass


class BacklogBus(TakingBus):
    def __init__(self, records: int) -> None:
        super().__init__()
        self.subscription: Any = Backlog(records)

    async def ends(self, topic: str) -> dict[int, int]:
        return {0: 1_000}


class ForFew:
    """A worker whose store takes a few records in the time that it is given, and no more."""

    name, topic = "few", "t"

    def __init__(self, most: int) -> None:
        self._most = most
        self.sizes: list[int] = []
        self.checkpoint = 0

    async def begin(self, partition: int) -> int:
        return self.checkpoint

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        self.sizes.append(len(records))
        assert records[0].offset == self.checkpoint
        if len(records) > self._most:
            raise StoreUnavailable("too slow")
        self.checkpoint = records[-1].offset + 1

    def end(self, partition: int) -> None:
        pass


async def test_a_store_that_is_too_slow_for_a_backlog_is_asked_for_less() -> None:
    stopping, worker = asyncio.Event(), ForFew(30)
    partitions = Partitions(BacklogBus(100), worker, limit=100)  # type: ignore[arg-type]
    running = asyncio.ensure_future(partitions.run(stopping))
    async with asyncio.timeout(20):
        while worker.checkpoint < 100:  # noqa: ASYNC110 - the worker tells nobody
            await asyncio.sleep(0.01)
    assert worker.sizes[:3] == [100, 50, 25]
    assert partitions.applied == {0: 100}
    stopping.set()
    await running
