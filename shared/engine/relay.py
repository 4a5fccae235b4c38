"""Publishes a service's commits, each once: number, publish, mark. The head document decides; a lease would not.

It reads its head, then looks for unnumbered commits; takes s@n only after s@n-1; writes the head with the new numbers,
conditionally; publishes the pending list; marks the commits; clears the list, conditionally. Two relays are safe.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from datetime import datetime

import msgspec

from shared import metrics, tracing
from shared.codec import encode, envelope, partition_of
from shared.faults import reach
from shared.ports import Bus, Commit, Documents, EventStore, Outgoing, Put, Refused, StoreUnavailable

log = logging.getLogger(__name__)
HEADS = "relay"
BATCH = 500
TAIL = 5_000
"""Records at the end of a partition that are looked at: many more than a slow former relay may have repeated there."""


class Numbered(msgspec.Struct, array_like=True):
    """A commit of the pending list under its number, whole: it is published from here."""

    number: int
    stream: str
    version: int
    events: msgspec.Raw
    actor: str
    recorded_at: datetime
    trace: str = ""


class Head(msgspec.Struct):
    """The last number given, and the commits numbered but perhaps not published."""

    last: int = 0
    pending: list[Numbered] = []


class HeadBehindTopic(Exception):
    """The topic holds numbers that the head has not given: documents were restored to a past that the topic has
    outrun, and what is numbered now would be taken for a repeat. The relay stops."""


class _Tag(msgspec.Struct):
    type: str


class Relay:
    """Relays the public events of one service to its topic, keyed by stream."""

    def __init__(
        self, service: str, topic: str, public: frozenset[str], store: EventStore, documents: Documents, bus: Bus
    ) -> None:
        self._origin = f"{service}.relay.1"
        self._topic = topic
        self._public = public
        self._store = store
        self._documents = documents
        self._bus = bus
        self.woken = asyncio.Event()
        metrics.EVENTS.labels(topic)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set: at once when woken by a command, and now and then in case a wake-up was lost.

        HeadBehindTopic when it must not number anything.
        """
        wait, checked = 0.01, False
        while not stopping.is_set():
            self.woken.clear()
            try:
                if not checked:
                    await self.check()
                    checked = True
                if await self.step():
                    continue
                wait = 0.01
            except (Refused, StoreUnavailable) as cause:
                metrics.SESSIONS.labels(self._origin, type(cause).__name__).inc()
                log.warning("relay to %s: %s", self._topic, type(cause).__name__)
                wait = min(2.0, wait * 2)
                await asyncio.sleep(wait)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.woken.wait(), 0.5)

    async def check(self) -> None:
        """HeadBehindTopic when the head does not know of what was published.

        The topic is read before the head: another relay may number and publish meanwhile, but never the other way.
        """
        told = await self._highest()
        _, head = await self._head()
        if told > head.last:
            raise HeadBehindTopic(
                f"{self._topic} holds number {told} of {self._origin}, its head has given {head.last}: the documents "
                "are older than the topic. It needs a new generation: import the last export."
            )

    async def measure(self, now: datetime) -> None:
        """Tell the metrics what is recorded and not published, and for how long. StoreUnavailable."""
        _, head = await self._head()
        waiting = [c.recorded_at for c in head.pending] or [c.recorded_at for c in await self._store.unnumbered(BATCH)]
        service = self._origin.partition(".")[0]
        metrics.OUTBOX.labels(service).set(len(waiting))
        metrics.OUTBOX_AGE.labels(service).set((now - min(waiting)).total_seconds() if waiting else 0)

    async def _highest(self) -> int:
        highest = 0
        for partition, end in (await self._bus.ends(self._topic)).items():
            offset = max(0, end - TAIL)
            while offset < end:
                records = await self._bus.read(self._topic, partition, offset, BATCH)
                if not records:
                    break
                for record in records:
                    with contextlib.suppress(msgspec.MsgspecError):  # not ours: every reader passes over it
                        origin, position, _ = envelope(record.value)
                        highest = max(highest, position[0] if origin == self._origin else 0)
                offset = records[-1].offset + 1
        return highest

    async def _head(self) -> tuple[int, Head]:
        found = (await self._documents.get(HEADS, ["head"])).get("head")
        return (found.revision, msgspec.json.decode(found.body, type=Head)) if found else (0, Head())

    async def step(self) -> int:
        """One round; how many commits it published."""
        revision, head = await self._head()
        if not head.pending:
            commits = await self._store.unnumbered(BATCH)
            if not commits:
                return 0
            head.pending = self._number(head.last, commits)
            head.last = head.pending[-1].number
            await self._documents.put(HEADS, [Put("head", revision, encode(head))])
            revision += 1
        reach("relay.numbered")
        await self._publish(head.pending)
        reach("relay.published")
        await self._store.mark({(c.stream, c.version): c.number for c in head.pending})
        reach("relay.marked")
        published = len(head.pending)
        await self._documents.put(HEADS, [Put("head", revision, encode(Head(head.last, [])))])
        return published

    @staticmethod
    def _number(last: int, commits: list[Commit]) -> list[Numbered]:
        """`unnumbered` gives a stream's lowest version first, so s@n is always before s@n+1."""
        return [
            Numbered(number, c.stream, c.version, msgspec.Raw(c.events), c.actor, c.recorded_at, c.trace)
            for number, c in enumerate(commits, last + 1)
        ]

    async def _publish(self, pending: list[Numbered]) -> None:
        """In order of position; a partition's records in one request, which succeeds or fails whole."""
        by_partition: dict[int, list[Outgoing]] = defaultdict(list)
        partitions = self._bus.partitions(self._topic)
        for commit in pending:
            partition = partition_of(commit.stream, partitions)
            for index, raw in enumerate(msgspec.json.decode(commit.events, type=list[msgspec.Raw])):
                if msgspec.json.decode(raw, type=_Tag).type not in self._public:
                    continue
                record = {
                    "origin": self._origin,
                    "position": (commit.number, index),
                    "recorded_at": commit.recorded_at,
                    "event": raw,
                    "actor": commit.actor,
                }
                if commit.trace:
                    record["trace"] = commit.trace
                by_partition[partition].append(Outgoing(commit.stream, encode(record)))
        publisher = self._bus.publisher()
        told: dict[str, str | int] = {
            "messaging.destination.name": self._topic,
            "messaging.batch.message_count": len(pending),
        }
        with tracing.span("publish", "producer", causes=(c.trace for c in pending), attributes=told):
            try:
                for partition, records in sorted(by_partition.items()):
                    await publisher.send(self._topic, partition, records)
                    metrics.EVENTS.labels(self._topic).inc(len(records))
            finally:
                await publisher.close()
