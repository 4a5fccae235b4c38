"""The faults of a game day, each with what fires on it and what its runbook's words come to on this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from tests.chaos import foreign
from tests.chaos.book import bodies
from tests.chaos.journal import Journal
from tests.chaos.system import STORMY, System
from tests.gameday.steps import SECRET, Act, shell
from tests.gameday.telephony import SOURCE, Telephony, new_key

WORKERS = ("worker-a", "worker-b")
MORE = STORMY[:2]
RESTART = "kubectl -n tallyline rollout restart statefulset/calls-worker"
RESTART_GATEWAY = "kubectl -n tallyline rollout restart deploy/gateway"
SERVERS = "Bring the servers back"
KAFKA = "Bring Kafka back"
SCALE = "kubectl -n tallyline scale statefulset/calls-worker --replicas=4"
ROOM = "kubectl -n tallyline patch pvc data-ingest-0"
CALL = "Call the partner's technical contact."
CHANGE_OVER = "**It is over** when deliveries are accepted again."
NIGHTLY = "tallyline views verify --data data > /dev/null || true"
SPOOL_BYTES = 1 << 19
"""Of the spool of a game day: it fills up in a minute or two."""


@dataclass
class Day:
    """The system that is harmed, with what is around it: the operator's folder, the door, and a partner's telephony."""

    system: System
    journal: Journal
    telephony: Telephony
    folder: Path
    port: int

    async def kill(self, *names: str) -> None:
        """Without a word."""
        for name in names:
            await self.system.kill(name)

    async def start(self, *names: str) -> None:
        """They are ready on return."""
        for name in names:
            await self.system.start(name)
        await self.system.ready(*names)

    def at(self, process: str) -> str:
        """The `instance` of a process."""
        return f"127.0.0.1:{self.system.ports[process]}"


Doing = Callable[[Day], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """`alert` has to fire, with the labels of `where`, `reacts` seconds later than its rule alone would take: so long
    the system goes on before its figures show anything, in time that is not hurried. `acts`: words of the runbook, and
    what they come to. `after`: what brings the system back to where it was, once it is healed."""

    name: str
    alert: str
    inject: Doing
    acts: Mapping[str, Doing] = field(default_factory=dict)
    where: Callable[[Day], Mapping[str, str]] = lambda day: {}
    reacts: float = 10.0
    after: Doing | None = None

    def acts_of(self, day: Day) -> dict[str, Act]:
        """What the words come to on this day."""

        def bound(act: Doing) -> Act:
            return lambda: act(day)

        return {words: bound(act) for words, act in self.acts.items()}


async def _freeze_worker(day: Day) -> None:
    day.system.freeze("worker-a")


async def _replace_frozen(day: Day) -> None:
    await day.kill("worker-a")
    await day.start("worker-a")


async def _broker_gone(day: Day) -> None:
    await asyncio.to_thread(day.system.ground.servers["kafka"].crash)


async def _broker_back(day: Day) -> None:
    await asyncio.to_thread(day.system.ground.servers["kafka"].restart)
    await asyncio.to_thread(day.system.ground.answers, "kafka")


async def _store_stopped(day: Day) -> None:
    await asyncio.to_thread(day.system.ground.store.freeze)


async def _store_goes_on(day: Day) -> None:
    day.system.ground.store.thaw()


async def _spoil(day: Day) -> None:
    await day.telephony.spoil()


async def _other_key(day: Day) -> None:
    day.telephony.key = new_key()


async def _told_key(day: Day) -> None:
    day.telephony.key = (day.folder / SECRET).read_text()


async def _silence(day: Day) -> None:
    day.telephony.silent = True


async def _calls_again(day: Day) -> None:
    day.telephony.silent = False


async def _disk_full(day: Day) -> None:
    disk = day.system.disk
    if disk is None:
        raise RuntimeError("the spool has no disk of its own")
    await _broker_gone(day)
    await asyncio.to_thread(disk.fill)


async def _room(day: Day) -> None:
    if day.system.disk is not None:
        day.system.disk.free()


async def _altered(day: Day) -> None:
    """A document of a view says something else, and the nightly comparison finds it."""
    async with AsyncMongoClient[dict[str, Any]](f"mongodb://{day.system.ground.mongo}", timeoutMS=60_000) as client:
        database = client[day.system.namespace]
        pointers = await bodies(database, "calls", "views")
        name = next(pointer["collection"] for view, pointer in pointers.items() if view == "performance")
        collection = database[f"documents/calls/{name}"]
        # The earliest quarter: nobody tells of it any more.
        stored = [(json.loads(each["body"]), each) for each in await collection.find({}).to_list()]
        known = [(body, each) for body, each in stored if (body.get("doc") or {}).get("tally", {}).get("offered")]
        body, each = min(known, key=lambda one: one[0]["doc"]["interval"])
        body["doc"]["tally"]["offered"] += 1
        changed = json.dumps(body)
        kept = changed if isinstance(each["body"], str) else changed.encode()
        await collection.update_one({"_id": each["_id"]}, {"$set": {"body": kept}})
    await shell(NIGHTLY, day.folder, day.port)


async def _slow(day: Day) -> None:
    """One worker is left, on a processor that is too slow for what comes."""
    day.system.planted = frozenset((*WORKERS, *STORMY))
    for name in WORKERS:
        await day.system.leave(name)
    await day.start("worker-a")


async def _scaled(day: Day) -> None:
    await day.start("worker-b", *MORE)


async def _as_before(day: Day) -> None:
    """The workers that there were, on a processor that is fast enough."""
    day.system.planted = frozenset()
    for name in (*WORKERS, *MORE):
        await day.system.leave(name)
    await day.start(*WORKERS)


async def _foreign(day: Day) -> None:
    for sent in await foreign.send(day.system.ground.kafka, day.system.namespace):
        place = {"topic": sent.topic, "partition": sent.partition, "offset": sent.offset}
        day.journal.note("foreign", letter=sent.letter, **place)


def _instance(process: str) -> Callable[[Day], Mapping[str, str]]:
    return lambda day: {"instance": day.at(process)}


def _tracker(day: Day) -> Mapping[str, str]:
    return {"worker": "calls.tracker"}


FAULTS: Sequence[Fault] = (
    Fault(
        "worker-killed",
        "TallylineDown",
        lambda day: day.kill("worker-b"),
        {RESTART: lambda day: day.start("worker-b")},
        _instance("worker-b"),
    ),
    Fault("worker-frozen", "TallylineDown", _freeze_worker, {RESTART: _replace_frozen}, _instance("worker-a"), 15.0),
    Fault(
        "workers-gone",
        "TallylineNobodyWorks",
        lambda day: day.kill(*WORKERS),
        {RESTART: lambda day: day.start(*WORKERS)},
        _tracker,
        15.0,
    ),
    Fault(
        "gateway-killed",
        "TallylineDown",
        lambda day: day.kill("gateway"),
        {RESTART_GATEWAY: lambda day: day.start("gateway")},
        _instance("gateway"),
    ),
    Fault("kafka-away", "TallylineSpools", _broker_gone, {SERVERS: _broker_back}, _instance("ingest")),
    Fault("mongo-away", "TallylineSessionsEnd", _store_stopped, {SERVERS: _store_goes_on}, _tracker, 60.0),
    Fault("spool-fills", "TallylineSpoolFills", _broker_gone, {KAFKA: _broker_back}, _instance("ingest"), 240.0),
    Fault(
        "disk-full",
        "TallylineIngestBudgetBurnsFast",
        _disk_full,
        {ROOM: _room, KAFKA: _broker_back},
        reacts=20.0,
    ),
    Fault("poison", "TallylineDeadLetters", _spoil, where=lambda day: {"kind": "delivery", "service": "calls"}),
    Fault("unreadable", "TallylineUnreadable", _foreign),
    Fault(
        "secret-rotated",
        "TallylineSignaturesFail",
        _other_key,
        {CHANGE_OVER: _told_key},
        lambda day: {"source": SOURCE},
    ),
    Fault("silent", "TallylineSourceSilent", _silence, {CALL: _calls_again}, lambda day: {"source": SOURCE}, 30.0),
    Fault("view-differs", "TallylineViewDiffers", _altered, where=lambda day: {"view": "performance"}, reacts=60.0),
    Fault("slow-worker", "TallylineLags", _slow, {SCALE: _scaled}, _tracker, 60.0, _as_before),
)
ENOUGH = 10
"""So many a day has, unless all or some are asked for."""
