"""What a service is made of, and the process that runs services: the only place that chooses adapters."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import APIRouter
from starlette.types import ASGIApp

from shared import metrics, tracing
from shared.adapters.engines import Engine, connect, engine_of, spans_of
from shared.adapters.sqlite import SqliteDocuments, SqliteFile
from shared.audit.entries import NAMESPACE as AUDIT
from shared.audit.entries import key_of
from shared.audit.log import AuditLog
from shared.audit.trail import TOLD_EVERY_S, Trail
from shared.clock import Clock
from shared.codec import names_of
from shared.engine.again import again
from shared.engine.appender import Appender
from shared.engine.commands import Commands
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.engine.following import Following
from shared.engine.generation import NAMESPACE, Generations
from shared.engine.lag import Lags, measured
from shared.engine.managers import Manager
from shared.engine.moving import Input, Keep
from shared.engine.partitions import CHECKPOINTS, Checkpoints, Partitions, Worker
from shared.engine.projection import Projector
from shared.engine.relay import HEADS, Relay
from shared.engine.streams import Connect
from shared.engine.views import AnyView, Views
from shared.http import Accepted, Deps, Readable
from shared.interpreter import tune
from shared.kernel import Command, Decider, ProcessManager
from shared.master import master_key
from shared.measuring import loop_lag, waiting
from shared.ports import Blobs, Bus, Documents, EventStore, Refused, StoreUnavailable, every
from shared.settings import Ports, Settings
from shared.spool import COLLECTION as SPOOLED
from shared.spool import LOG_PAGES, Spool
from shared.vault import Vault

log = logging.getLogger(__name__)
Loop = Callable[[asyncio.Event], Awaitable[None]]
Stores = Engine
"""The ports of one set of adapters."""
Role = Literal["api", "ingest", "worker", "relay"]
ROLES: frozenset[Role] = frozenset({"api", "ingest", "worker", "relay"})
VAULT = "vault"
SPOOL, INGEST = "spool.db", "ingest"
SWITCH_GRACE_S = 5.0
"""How long an old collection is kept after a switch, until every process has seen it."""
BUILDS_EVERY_S = 0.2
"""How often a worker's process looks whether somebody asks for a rebuild."""
STUCK_S = 300.0
"""A worker that has not asked for records for so long hangs; its group takes it for gone after the same time."""
PING_EVERY_S = 5.0
STARTED_S = 60.0
"""Seconds after which a start is over, also when the brokers or stores that it waits for are still away."""
REBUILD_PAUSE = 0.01
"""Seconds between two batches of a rebuild: it takes its time, and leaves the machine to the traffic."""


@dataclass(frozen=True)
class Parts:
    """What a service adds to the engine's own loops: routes, whole applications by path prefix, workers, loops.

    Routes are those of the role `api`, mounts of `ingest`, workers of `worker`; loops name their role, or run with any.
    `state` goes into the application's state for its routes; `retry` sends one of its dead letters again, `opened`
    gives the bytes that it holds.
    """

    routers: Sequence[APIRouter] = ()
    mounts: dict[str, ASGIApp] = field(default_factory=dict)
    workers: Sequence[Worker] = ()
    loops: Sequence[tuple[Role | None, Loop]] = ()
    state: dict[str, Any] = field(default_factory=dict)
    retry: Callable[[DeadLetter], Awaitable[int]] | None = None
    opened: Callable[[DeadLetter], Awaitable[bytes]] | None = None


@dataclass(frozen=True)
class Kit:
    """What a service is given: the ports in its own namespace, and the engine on them."""

    name: str
    settings: Settings
    generation: int
    now: Clock
    bus: Bus
    store: EventStore
    documents: Documents
    blobs: Blobs
    checkpoints: Checkpoints
    views: Views
    commands: Commands
    letters: DeadLetters
    appender: Appender
    intake: Appender | Spool
    vault: Vault
    connect: Connect
    deps: Deps
    readable: Readable


@dataclass(frozen=True)
class Service:
    """One service, as data. `publishes` is its topic with the union of its public events, if it relays any.

    `bridges`: it has something to answer with also while the store is away.
    `keeps` are the collections of its own that can't be made again from the log, `inputs` those of its topics that
    hold inputs and not events.
    """

    name: str
    topics: Sequence[str] = ()
    publishes: tuple[str, Any] | None = None
    views: Sequence[AnyView] = ()
    managers: Sequence[ProcessManager] = ()
    keeps: Sequence[Keep] = ()
    inputs: Sequence[Input] = ()
    build: Callable[[Kit], Awaitable[Parts]] | None = None
    bridges: bool = False


class DoorOf:
    """The door for commands of one service, as its routes see it."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        """As the engine does it; the answer in the form of the routes."""
        stream, version = await self._commands.handle(decider, stream_id, command, command_id=command_id, actor=actor)
        return Accepted(stream, version)


class Running:
    """A worker that is being run: its loop, and for views the projector that it keeps."""

    def __init__(self, kit: Kit, worker: Worker) -> None:
        self.kit = kit
        self.worker = worker
        self.partitions = Partitions(kit.bus, worker)
        self.lags = Lags(self.partitions, worker)


class Runtime:
    """Services in one process, in some roles or all. `open`, then `start`; `stop` ends every loop in order."""

    def __init__(
        self,
        settings: Settings,
        services: Sequence[Service],
        now: Clock,
        roles: frozenset[Role] = ROLES,
        ports: Ports | None = None,
    ) -> None:
        """`ports`: measurements choose them singly."""
        self.settings = settings
        self.services = services
        self.now = now
        self.roles = roles
        self.engine = engine_of(settings, ports)
        self._spool_file: SqliteFile | None = None
        self._generation = 0
        self.trail: Trail | None = None
        self.audit: AuditLog | None = None
        self.kits: dict[str, Kit] = {}
        self.parts: dict[str, Parts] = {}
        self.running: list[Running] = []
        self.projectors: dict[str, Running] = {}
        self.managers: dict[str, list[Manager]] = {}
        self._following: dict[str, Following] = {}
        self._stale: list[tuple[str, AnyView]] = []
        self._loops: list[Loop] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.stopping = asyncio.Event()
        self.failed: str | None = None
        self.draining = False
        self._store_away = False
        self._begun: float | None = None
        self._spans: tracing.Spans | None = None
        self._name = services[0].name if len(services) == 1 else "tallyline"  # all of them, in one process

    async def open(self) -> None:
        """Take the data folder, open the store, and make every service's kit and parts; no loop runs yet."""
        tune()
        self.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (spans := spans_of(self.settings, self._name)) is not None:
            self._spans = spans
            tracing.begin(spans)
        await self.engine.open()
        self._generation = await Generations(self.engine.documents(NAMESPACE)).start()
        bus = self.engine.bus
        topics = {topic for service in self.services for topic in service.topics}
        await _patiently(bus.declare, dict.fromkeys(sorted(topics), self.settings.partitions))
        master = master_key(self.settings)
        vault = Vault(self.engine.documents(VAULT), master, self.now)
        await vault.start()
        await self._open_audit(key_of(master))
        appender = Appender(bus)
        intake = await self._intake(appender)
        for service in self.services:
            self.kits[service.name] = await self._kit(service, vault, appender, intake)
        for service in self.services:
            if service.build is not None:
                self.parts[service.name] = await service.build(self.kits[service.name])

    async def _open_audit(self, key: bytes) -> None:
        """A chain for each service, written by all its processes, and one where all are in this process."""
        documents = self.engine.documents(AUDIT)
        self.trail = Trail(documents, self._name, key, self.now)
        await self.trail.start()
        self.audit = AuditLog(documents, key, self.engine.store)
        if "api" in self.roles:
            self._loops.append(again(self.trail.tell, TOLD_EVERY_S))

    async def _intake(self, appender: Appender) -> Appender | Spool:
        """What ingest stores with. Only a bus of its own can be away while our disk is there."""
        if self.settings.engine == "embedded" or "ingest" not in self.roles:
            return appender
        data = self.settings.data
        self._spool_file = SqliteFile(data / SPOOL, LOG_PAGES)
        await self._spool_file.open()
        documents = SqliteDocuments(self._spool_file, INGEST)
        spool = Spool(documents, appender, self.settings.spool_bytes, room=lambda: shutil.disk_usage(data).free)
        await spool.open()
        self._loops.append(spool.run)
        return spool

    async def _kit(self, service: Service, vault: Vault, appender: Appender, intake: Appender | Spool) -> Kit:
        bus, documents, store = self.engine.bus, self.engine.documents(service.name), self.engine.store(service.name)
        checkpoints, letters = Checkpoints(documents), DeadLetters(service.name, documents)
        await asyncio.gather(
            documents.declare(CHECKPOINTS),
            documents.declare(HEADS),
            letters.declare(),
            *(documents.declare(keep.collection, keep.indexes) for keep in service.keeps),
        )
        relay = self._relay(service, store, documents, bus)
        alone = self.settings.engine == "embedded"
        commands = Commands(store, self.now, relay.woken.set if relay else _nobody, alone, service.name)
        views = Views(documents, bus, checkpoints)
        self._stale += [(service.name, view) for view in await views.open(service.views)]
        if service.publishes is not None:
            topic = service.publishes[0]
            self._following[service.name] = Following(topic, service.views, views, store, bus, checkpoints)
        kit = Kit(
            name=service.name,
            settings=self.settings,
            generation=self._generation,
            now=self.now,
            bus=bus,
            store=store,
            documents=documents,
            blobs=self.engine.blobs,
            checkpoints=checkpoints,
            views=views,
            commands=commands,
            letters=letters,
            appender=appender,
            intake=intake,
            vault=vault,
            connect=connect,
            readable=lambda stream, version, within: self.shown(service.name, stream, version, within),
            deps=Deps(
                DoorOf(commands),
                views,
                vault,
                self.engine.blobs,
                self.now,
                self.settings.base_url,
                self.settings.demo,
            ),
        )
        if relay and "relay" in self.roles:
            self._loops += [relay.run, waiting((relay,), self.now)]
        if "worker" in self.roles:
            self._loops.append(waiting((letters,), self.now))
        if self.settings.engine == "distributed" and service.views:
            self._loops.append(views.follow)
        self.managers[service.name] = [
            Manager(manager, commands, checkpoints, letters, self.now) for manager in service.managers
        ]
        if "worker" in self.roles:
            self._keep(service, kit)
        return kit

    def _keep(self, service: Service, kit: Kit) -> None:
        """The workers that the engine has for every service: its views by topic, and its process managers."""
        for topic in sorted({view.topic for view in service.views}):
            targets = [kit.views.target(view) for view in service.views if view.topic == topic]
            projector = Projector(f"{service.name}.views.{topic}", topic, targets, kit.checkpoints, kit.views)
            running = Running(kit, projector)
            self.running.append(running)
            self.projectors.update({f"{service.name}/{target.view.name}": running for target in targets})
        self.running += [Running(kit, manager) for manager in self.managers[service.name]]

    @staticmethod
    def _relay(service: Service, store: EventStore, documents: Documents, bus: Bus) -> Relay | None:
        if service.publishes is None:
            return None
        topic, events = service.publishes
        return Relay(service.name, topic, names_of(events), store, documents, bus)

    async def start(self) -> None:
        """Run every loop."""
        self._begun = asyncio.get_running_loop().time()
        metrics.build(self.settings.engine, self.roles)
        for name, parts in self.parts.items():
            if "worker" in self.roles:
                self.running += [Running(self.kits[name], worker) for worker in parts.workers]
            self._loops.extend(loop for role, loop in parts.loops if role is None or role in self.roles)
        for running in self.running:
            self._spawn(running.partitions.run(self.stopping), running.worker.name)
        for loop in self._loops:
            self._spawn(loop(self.stopping), getattr(loop, "__qualname__", "loop"))
        self._spawn(self._watch_lag(), "lag")
        self._spawn(loop_lag(self.stopping), "loop lag")
        # Ingest takes deliveries without the store, and a gateway holds live pages: nobody is helped by their leaving.
        pages = "api" in self.roles and any(service.bridges for service in self.services)
        if "ingest" not in self.roles and not pages:
            self._spawn(self._watch_store(), "store")
        if self.projectors:
            self._spawn(self._build_views(), "rebuilds")

    def _spawn(self, work: Awaitable[None], name: str) -> None:
        task = asyncio.ensure_future(work)
        task.set_name(name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A loop that dies is seen by the probes; it must not be found out weeks later."""
        if not task.cancelled() and (wrong := task.exception()) is not None:
            self.failed = f"{task.get_name()}: {type(wrong).__name__}: {wrong}"
            log.error("a loop died: %s", self.failed, exc_info=wrong)

    async def _build_views(self) -> None:
        """Build anew what is not of this release or was left half built, and whatever view somebody asks for, in
        whatever process: one at a time, tried again while the stores are away."""
        again = list(self._stale)
        while not self.stopping.is_set():
            asked = [(s.name, v) for s in self.services for v in s.views if self.kits[s.name].views.wanted(v)]
            now, again = again + asked, []
            for service, view in now:
                building = asyncio.ensure_future(self._build(service, view))
                stopped = asyncio.ensure_future(self.stopping.wait())
                await asyncio.wait((building, stopped), return_when=asyncio.FIRST_COMPLETED)
                stopped.cancel()
                building.cancel()
                await asyncio.wait((building,))
                if building.cancelled() or not building.result():
                    again.append((service, view))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), BUILDS_EVERY_S)

    async def _build(self, service: str, view: AnyView) -> bool:
        """Build a view anew beside the live one, and switch. False: it has to be tried again."""
        partitions = self.projectors[f"{service}/{view.name}"].partitions
        grace = 0.0 if self.settings.engine == "embedded" else SWITCH_GRACE_S
        try:
            await self.kits[service].views.rebuild(view, partitions, REBUILD_PAUSE, grace)
        except Refused:
            log.info("another process builds %s anew", view.name)
        except StoreUnavailable:
            return False
        except Exception:  # of this view alone: the others go on
            log.exception("%s can't be built anew", view.name)
        return True

    async def shown(self, service: str, stream: str, version: int, within: float) -> bool:
        """Whether the service's views hold a stream of its own up to `version`, after `within` s at the most."""
        return await self._following[service].shown(stream, version, within)

    async def lag(self) -> int:
        """Records that some worker has not applied yet."""
        now = asyncio.get_running_loop().time()
        return await measured(self.engine.bus, [running.lags for running in self.running], now)

    async def _watch_lag(self) -> None:
        while not self.stopping.is_set():
            with contextlib.suppress(StoreUnavailable):  # the broker is away; the workers wait for it too
                await self.lag()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 1.0)

    async def _watch_store(self) -> None:
        while not self.stopping.is_set():
            try:
                await self.engine.ping()
                self._store_away = False
            except StoreUnavailable:
                self._store_away = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), PING_EVERY_S)

    def alive(self) -> dict[str, str]:
        """Why this process must be started again: empty when all is well. Neither brokers nor stores are looked at: a
        worker that waits for them goes on turning."""
        now = asyncio.get_running_loop().time()
        stuck = [r.worker.name for r in self.running if now - (r.partitions.turned or now) > STUCK_S]
        wrong = {"loop": self.failed} if self.failed else {}
        return wrong | ({"stuck": ", ".join(sorted(stuck))} if stuck else {})

    def started(self) -> dict[str, str]:
        """What the start still waits for, for a minute at the most: empty when it is over."""
        if self._begun is not None and asyncio.get_running_loop().time() - self._begun > STARTED_S:
            return {}
        return self._starting()

    def ready(self) -> dict[str, str]:
        """Why nobody should be sent here now: empty when all is well."""
        wrong = self.alive() | self._starting()
        if self._store_away:
            wrong["store"] = "it does not answer"
        if self.draining:
            wrong["draining"] = "the process is about to end"
        return wrong

    def _starting(self) -> dict[str, str]:
        alone = len(self.services) > 1  # all of them in one process: then there is no other one
        waiting = [r.worker.name for r in self.running if r.partitions.starting(alone)]
        return {"starting": ", ".join(sorted(waiting))} if waiting else {}

    def stats(self) -> Any:
        """Of the store's writer, where this process has it."""
        return self.engine.stats()

    async def stop(self) -> None:
        """Ask every loop to end, wait for them, close the store. Idempotent."""
        self.stopping.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=10)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._tasks.clear()
        for kit in self.kits.values():
            await kit.appender.close()
        if self._spool_file is not None:
            await self._spool_file.close()
        await self.engine.close()
        if self._spans is not None:
            tracing.begin(None)
            await asyncio.to_thread(self._spans.close)


async def _patiently(step: Callable[[dict[str, int]], Awaitable[None]], topics: dict[str, int]) -> None:
    """Several processes that start together create the topics together: the cluster needs a moment to agree."""
    for wait in (0.2, 0.5, 1.0, 2.0, 4.0):
        try:
            await step(topics)
        except StoreUnavailable as cause:
            log.warning("topics are not there yet: %s", cause)
            await asyncio.sleep(wait)
        else:
            return
    await step(topics)


def _nobody() -> None:
    """Wakes nobody: the service publishes nothing."""


@contextlib.asynccontextmanager
async def stores(settings: Settings) -> AsyncIterator[Stores]:
    """The stores alone, for whoever moves what they hold. SettingError while another process has the data folder."""
    engine = engine_of(settings)
    try:
        await engine.open()
        yield engine
    finally:
        await engine.close()


async def spooled(settings: Settings) -> int:
    """Entries that wait in the spool of this data folder."""
    path = settings.data / SPOOL
    if not path.exists():
        return 0
    file = SqliteFile(path)
    await file.open()
    try:
        documents = SqliteDocuments(file, INGEST)
        await documents.declare(SPOOLED)
        return sum([1 async for _ in every(documents, SPOOLED)])
    finally:
        await file.close()
