"""Which harm comes to which part and when, from one seed; and the doing of it, with its proof in the journal."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal, NamedTuple

from tests.chaos.journal import Journal
from tests.chaos.system import ALWAYS, System

Kind = Literal["kill", "freeze", "join and leave"]
SERVERS = ("kafka", "mongo")
LONG = {"worker-a": 13.0, "ingest": 10.0}
"""A worker is frozen for longer than a group waits for a silent member: its partitions are given away, and it wakes up
as a former owner. The ingest is frozen for longer than the client waits: what it was told it may still keep."""


class Fault(NamedTuple):
    """`seconds`: how long the part stays frozen, down, or in the group."""

    at: float
    kind: Kind
    target: str
    seconds: float


def schedule(seed: int, rounds: int, gap: float) -> list[Fault]:
    """In each round every kind of harm to every part once, in an order of its own, one every `gap` seconds or so."""
    dice = random.Random(seed)
    faults: list[Fault] = []
    for _ in range(rounds):
        harms: list[tuple[Kind, str, float]] = [("kill", name, dice.uniform(0.1, 2.0)) for name in ALWAYS]
        harms += [("freeze", name, dice.uniform(1.0, 6.0)) for name in ALWAYS if name not in LONG]
        harms += [("freeze", name, seconds) for name, seconds in LONG.items()]
        harms += [("kill", "kafka", dice.uniform(0.5, 3.0)), ("freeze", "kafka", dice.uniform(2.0, 8.0))]
        # MongoDB is frozen once for less and once for longer than its clients wait.
        harms += [("freeze", "mongo", dice.uniform(1.0, 5.0)), ("freeze", "mongo", 12.0)]
        harms += [("join and leave", "worker-c", dice.uniform(6.0, 10.0))]
        dice.shuffle(harms)
        first = len(faults)
        for n, (kind, target, seconds) in enumerate(harms, first):
            faults.append(Fault((n + dice.uniform(0.0, 1.0)) * gap, kind, target, seconds))
    return faults


async def harm(system: System, faults: list[Fault], journal: Journal) -> None:
    """Do all of it; afterwards everything runs that ran before. Harm to one part comes one after the other."""
    begun = asyncio.get_running_loop().time()
    parts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def one(fault: Fault) -> None:
        await asyncio.sleep(max(0.0, begun + fault.at - asyncio.get_running_loop().time()))
        async with parts[fault.target]:
            journal.note("fault", phase="begun", kind=fault.kind, target=fault.target, seconds=round(fault.seconds, 2))
            proof = await _DOING[fault.kind](system, fault)
            journal.note("fault", phase="done", kind=fault.kind, target=fault.target, proof=proof)

    async with looked_after(system, parts, journal), asyncio.TaskGroup() as group:
        for fault in faults:
            group.create_task(one(fault))


@contextlib.asynccontextmanager
async def looked_after(system: System, parts: defaultdict[str, asyncio.Lock], journal: Journal) -> AsyncIterator[None]:
    """Within, what ends by itself is started again, unless harm is being done to it."""
    done = asyncio.Event()
    watching = asyncio.create_task(_look_after(system, parts, journal, done))
    try:
        yield
    finally:
        done.set()
        await watching


async def _look_after(
    system: System, parts: defaultdict[str, asyncio.Lock], journal: Journal, done: asyncio.Event
) -> None:
    """Start again what ended by itself, as the orchestrator of a cluster does: a process that finds no broker when it
    starts gives up."""
    while not done.is_set():
        for name in ALWAYS:
            code = system.running[name].returncode
            if code is not None and not parts[name].locked():
                async with parts[name]:
                    journal.note("fell", target=name, code=code)
                    await system.start(name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), 0.5)


async def _kill(system: System, fault: Fault) -> str:
    if fault.target == "kafka":
        pid = system.kafka.pid
        await asyncio.to_thread(system.kafka.crash)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(system.kafka.restart)
        return f"{pid} is gone, {system.kafka.pid} answers"
    code = await system.kill(fault.target)
    await asyncio.sleep(fault.seconds)
    await system.start(fault.target)
    return f"ended with {code}"


async def _freeze(system: System, fault: Fault) -> str:
    freeze, thaw, pid = _ice(system, fault.target)
    freeze()
    try:
        await asyncio.sleep(fault.seconds)
        return f"state {state(pid())}"
    finally:
        thaw()


def _ice(system: System, target: str) -> tuple[Callable[[], None], Callable[[], None], Callable[[], int]]:
    if target in SERVERS:
        server = system.kafka if target == "kafka" else system.mongo
        return server.freeze, server.thaw, lambda: server.pid
    return lambda: system.freeze(target), lambda: system.thaw(target), lambda: system.running[target].pid


def state(pid: int) -> str:
    """What the process is doing: `T` for a stopped process."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0]


async def _join_and_leave(system: System, fault: Fault) -> str:
    await system.start(fault.target)
    try:
        await system.ready(fault.target)
    except RuntimeError:  # it came while a server was away
        return f"never came, ended with {system.running[fault.target].returncode}"
    await asyncio.sleep(fault.seconds)
    return f"left with {await system.leave(fault.target)}"


_DOING = {"kill": _kill, "freeze": _freeze, "join and leave": _join_and_leave}
