"""Starts a process with a mistake in it: `python -m tests.chaos.planted MISTAKE serve ...`.

Some wait for their moment: they act once in a system's life, and leave a file behind that says so.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

import services.cli
from services.calls.connectors.base import Delivery, Reading, Slice, Split
from services.calls.connectors.native import native
from services.calls.connectors.registry import CONNECTORS
from services.calls.tracking.tracking import Tracker
from shared.adapters.mongo import MongoDocuments
from shared.contracts.calls import TOPIC
from shared.contracts.partners import SourceSettings
from shared.engine.partitions import Checkpoint, together
from shared.ports import Outgoing, Publisher, Put, Refused, StoreUnavailable
from shared.settings import Settings
from shared.spool import COLLECTION, Entry, Spool
from tests.chaos.traffic import LATE, TORN
from tests.e2e.crash import plants

FROZEN, ACTED = "frozen", "acted"
BATCHES = 25
"""Batches that go well before the moment comes."""
ITEMS_A_SECOND = 5
LARGE, SLOW_S = 3, 0.5
"""Documents of a batch in which the moment is worth it; a worker that is slow by so much has batches of such a size."""


def _first_time(name: str) -> bool:
    """Whether this has not happened yet in the system's life; from here on it has."""
    try:
        (Settings.from_environment(os.environ).data / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def frozen_owner() -> None:
    """No mistake: an owner of a partition falls asleep between fold and write, and wakes up when others have it."""
    original = Tracker._write
    batches = 0

    async def write(self: Tracker, session: Any, taken: Sequence[Any]) -> None:
        nonlocal batches
        batches += 1
        await asyncio.sleep(SLOW_S)
        if batches > BATCHES and len(taken) >= LARGE and _begin(taken) and _first_time(FROZEN):
            os.kill(os.getpid(), signal.SIGSTOP)
        await original(self, session, taken)

    Tracker._write = write  # type: ignore[method-assign]


def _begin(taken: Sequence[Any]) -> bool:
    """Whether calls begin here, so that more is told of them while the owner sleeps."""
    return any(len(t.document.known) == 1 and a.item.correlation.startswith("call:") for a, t in taken)


def no_revision_condition() -> None:
    """Documents are written whatever their revision is, and an owner falls asleep."""
    original = MongoDocuments.put

    async def put(self: MongoDocuments, collection: str, puts: Sequence[Put]) -> None:
        await original(self, collection, [p._replace(revision=None) for p in puts])

    MongoDocuments.put = put  # type: ignore[method-assign]
    frozen_owner()


def checkpoint_before_write() -> None:
    """The tracker moves its checkpoint before it writes, and dies between the two."""
    original = Tracker._note
    batches = 0

    async def note(self: Tracker, session: Any, partition: int, taken: Sequence[Any], stored: Any) -> None:
        nonlocal batches
        batches += 1
        offset = max(arrival.offset for arrival, _ in taken) + 1
        await self._checkpoints.save([self.name], partition, Checkpoint(offset))
        if batches > BATCHES and _first_time(ACTED):
            os.kill(os.getpid(), signal.SIGKILL)
        await original(self, session, partition, taken, stored)

    Tracker._note = note  # type: ignore[method-assign]


def no_origin_check() -> None:
    """Readers take every record for a first copy; the tracker dies after publishing, and so publishes again."""
    plants.no_origin_check()
    publish = Tracker._publish
    batches = 0

    async def publish_and_die(self: Tracker, session: Any, taken: Sequence[Any]) -> None:
        nonlocal batches
        batches += 1
        await asyncio.sleep(SLOW_S)
        await publish(self, session, taken)
        if batches > BATCHES and len(taken) >= LARGE and _first_time(ACTED):
            os.kill(os.getpid(), signal.SIGKILL)

    Tracker._publish = publish_and_die  # type: ignore[method-assign]


def several_in_flight() -> None:
    """The events of a batch go out side by side, each in a request of its own."""

    async def send(publisher: Publisher, partition: int, entries: Sequence[Any]) -> None:
        sessions = _sessions.setdefault(id(publisher), [])
        bus = _trackers[0]._bus
        while len(sessions) < 3:
            sessions.append(bus.publisher())
        lanes: list[list[Outgoing]] = [[] for _ in sessions]
        for n, entry in enumerate(entries):
            lanes[n % len(lanes)].append(Outgoing(entry.key, bytes(entry.value)))
        await together(*(s.send(TOPIC, partition, lane) for s, lane in zip(sessions, lanes, strict=True) if lane))

    original = Tracker.begin
    _sessions: dict[int, list[Publisher]] = {}
    _trackers: list[Tracker] = []

    async def begin(self: Tracker, partition: int) -> int:
        _trackers[:] = [self]
        return await original(self, partition)

    Tracker.begin = begin  # type: ignore[method-assign]
    Tracker._send = staticmethod(send)  # type: ignore[method-assign]


def refused_owner_goes_on() -> None:
    """A tracker whose write is refused goes on as if it had been done; somebody else writes a document before it."""
    original = Tracker._put
    writes = 0

    async def put(self: Tracker, collection: str, puts: Sequence[Put]) -> None:
        nonlocal writes
        writes += 1
        old = [p for p in puts if p.revision] if collection == "tracked_calls" else []
        if writes > 4 * BATCHES and old and _first_time(ACTED):
            stored = (await self._documents.get(collection, [old[0].id]))[old[0].id]
            again = old[0]._replace(revision=stored.revision, body=stored.body)
            await self._documents.put(collection, [again])
        try:
            await original(self, collection, puts)
        except Refused:
            sys.stderr.write("a refused owner goes on\n")

    Tracker._put = put  # type: ignore[method-assign]


def removed_before_acknowledged() -> None:
    """What waits in the spool is removed, and then sent."""

    async def drain(self: Spool) -> int:
        page = await self._documents.find(COLLECTION)
        await self._documents.delete(COLLECTION, [stored.id for stored in page.items])
        self.size, self.waiting = 0, 0
        for stored in page.items:
            entry = msgspec.msgpack.decode(stored.body, type=Entry)
            try:
                records = [Outgoing(key, value) for key, value in entry.records]
                await asyncio.wait_for(self._broker.append_all(entry.topic, records), 1.0)
            except TimeoutError as late:
                raise StoreUnavailable("too late") from late
        return len(page.items)

    Spool.drain = drain  # type: ignore[method-assign]


def older_release() -> None:
    """No mistake: a release that can't read some items and some deliveries yet. The next one can."""

    def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
        if item.correlation.startswith(f"call:{LATE}"):
            raise ValueError("not of this release")
        return native.read(item, settings, received_at)

    def split(delivery: Delivery, settings: SourceSettings) -> Split:
        if delivery.headers.get("webhook-id", "").startswith(TORN):
            raise ValueError("not of this release")
        return native.split(delivery, settings)

    CONNECTORS["native"] = dataclasses.replace(native, split=split, read=read)


def slow_processor() -> None:
    """No mistake: a processor on which no more than a few items a second are handled, whatever comes."""
    original = Tracker._write
    turn = asyncio.Lock()

    async def write(self: Tracker, session: Any, taken: Sequence[Any]) -> None:
        async with turn:
            await asyncio.sleep(len(taken) / ITEMS_A_SECOND)
        await original(self, session, taken)

    Tracker._write = write  # type: ignore[method-assign]


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        older_release,
        slow_processor,
        frozen_owner,
        no_revision_condition,
        checkpoint_before_write,
        no_origin_check,
        several_in_flight,
        refused_owner_goes_on,
        removed_before_acknowledged,
    )
}

if __name__ == "__main__":
    PLANTS[sys.argv[1]]()
    sys.argv = [str(Path(services.cli.__file__)), *sys.argv[2:]]
    services.cli.main()
