"""The doing of harm, with its proof in the journal; who falls by itself is started again, as a cluster would."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tests.chaos import foreign
from tests.chaos.faults import Fault, Harm
from tests.chaos.ground import Line
from tests.chaos.journal import Journal
from tests.chaos.system import ALWAYS, STORMY, System

Parts = defaultdict[str, asyncio.Lock]
GRACE_S = 30.0
"""How long a process may take to end when it is asked to, before an orchestrator kills it."""
AGAIN_S = 2.0
"""How soon what ended by itself is started again."""
FIRST_S = 3.0
"""How much earlier there is room than a broker, or a broker than room."""


async def harm(system: System, faults: Sequence[Fault], journal: Journal) -> None:
    """Do all of it; afterwards everything runs that ran before. Harm to one part comes one after the other."""
    begun = asyncio.get_running_loop().time()
    parts: Parts = defaultdict(asyncio.Lock)

    async def one(fault: Fault) -> None:
        await asyncio.sleep(max(0.0, begun + fault.at - asyncio.get_running_loop().time()))
        kind, target, seconds, by = fault.harm
        async with AsyncExitStack() as held:
            for name in sorted(_touched(fault.harm)):
                await held.enter_async_context(parts[name])
            journal.note("fault", phase="begun", kind=kind, target=target, seconds=round(seconds, 2), by=by)
            proof = await _done(system, fault.harm, parts, journal)
            journal.note("fault", phase="done", kind=kind, target=target, proof=proof)

    async with looked_after(system, parts, journal), asyncio.TaskGroup() as group:
        for fault in faults:
            group.create_task(one(fault))


async def _done(system: System, harm: Harm, parts: Parts, journal: Journal) -> str:
    """Do it; what shows that it was done."""
    if harm.target in ALWAYS:
        await _raised(system, harm.target, journal)
    match harm.kind:
        case "rolling restart":
            return await _roll(system, parts, journal)
        case "black hole" | "lost answers" | "slow line" | "late line":
            return await _spoil(system, harm, harm.kind)
        case kind:
            return await _DOING[kind](system, harm, journal)


def _touched(harm: Harm) -> set[str]:
    """The parts that nothing else may be done to meanwhile. A rolling restart takes one part after the other."""
    match harm.kind:
        case "full disk":
            return {"ingest", harm.target}
        case "two of three":
            return set(harm.target.split("/"))
        case "storm":
            return set(STORMY)
        case "rolling restart":
            return set()
        case "clock jump":
            return {f"clock of {harm.target}"}
        case _:
            return {harm.target}


@contextlib.asynccontextmanager
async def looked_after(system: System, parts: Parts, journal: Journal) -> AsyncIterator[None]:
    """Within, what ends by itself is started again, unless harm is being done to it."""
    done = asyncio.Event()
    watching = asyncio.create_task(_look_after(system, parts, journal, done))
    try:
        yield
    finally:
        done.set()
        await watching


async def _look_after(system: System, parts: Parts, journal: Journal, done: asyncio.Event) -> None:
    """Start again what ended by itself, as the orchestrator of a cluster does: a process that finds no broker when it
    starts gives up."""
    while not done.is_set():
        for name in ALWAYS:
            if system.running[name].returncode is not None and not parts[name].locked():
                async with parts[name]:
                    await _raised(system, name, journal)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), AGAIN_S)


async def _raised(system: System, name: str, journal: Journal) -> None:
    code = system.running[name].returncode
    if code is not None:
        journal.note("fell", target=name, code=code)
        await system.start(name)


async def _up(system: System, name: str, journal: Journal) -> None:
    """Until the process is ready, started again as often as it takes: it may come while a server is away."""
    while True:
        await _raised(system, name, journal)
        with contextlib.suppress(RuntimeError):
            return await system.ready(name)
        await asyncio.sleep(AGAIN_S)


async def _kill(system: System, harm: Harm, journal: Journal) -> str:
    server = system.ground.servers.get(harm.target)
    if server is not None:
        pid = server.pid
        await asyncio.to_thread(server.crash)
        await asyncio.sleep(harm.seconds)
        await asyncio.to_thread(server.restart)
        if harm.target in system.ground.brokers:
            await asyncio.to_thread(system.ground.answers, harm.target)
        return f"{pid} is gone, {server.pid} answers"
    code = await system.kill(harm.target)
    await asyncio.sleep(harm.seconds)
    await system.start(harm.target)
    return f"ended with {code}"


async def _two_of_three(system: System, harm: Harm, journal: Journal) -> str:
    """Two brokers of three are down: the third takes nothing, since what it takes would have no second copy."""
    servers = [system.ground.servers[name] for name in harm.target.split("/")]
    for server in servers:
        await asyncio.to_thread(server.crash)
    await asyncio.sleep(harm.seconds)
    left = next(name for name in system.ground.brokers if name not in harm.target.split("/"))
    try:
        await foreign.append(system.ground.brokers[left].address(), system.namespace, 3.0)
        proof = "one broker alone took a record"
        journal.note("wrong", why=proof)
    except foreign.Refused as refused:
        proof = f"refused: {refused}"
    for server in servers:
        await asyncio.to_thread(server.restart)
    for name in system.ground.brokers:
        await asyncio.to_thread(system.ground.answers, name)
    return proof


async def _freeze(system: System, harm: Harm, journal: Journal) -> str:
    freeze, thaw, pid = _ice(system, harm.target)
    try:
        freeze()
        await asyncio.sleep(harm.seconds)
        proof = f"state {state(pid())}"
        thaw()
    except (FileNotFoundError, ProcessLookupError):  # it cannot start while a server is away, and ends by itself
        return "was not there"
    return proof


def _ice(system: System, target: str) -> tuple[Callable[[], None], Callable[[], None], Callable[[], int]]:
    if (server := system.ground.servers.get(target)) is not None:
        return server.freeze, server.thaw, lambda: server.pid
    return lambda: system.freeze(target), lambda: system.thaw(target), lambda: system.running[target].pid


def state(pid: int) -> str:
    """What the process is doing: `T` for a stopped process."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0]


async def _spoil(system: System, harm: Harm, kind: Line) -> str:
    lines = system.ground.lines
    if lines is None:
        raise RuntimeError("there are no lines before the servers")
    await asyncio.to_thread(lines.harm, harm.target, kind)
    try:
        await asyncio.sleep(harm.seconds)
    finally:
        healed = await asyncio.to_thread(lines.heal, harm.target)
    return f"was on the line: {', '.join(healed)}"


async def _jump(system: System, harm: Harm, journal: Journal) -> str:
    if system.clocks is None:
        raise RuntimeError("no clock can be set")
    system.clocks.set(harm.target, harm.by)
    journal.note("jump", target=harm.target, by=harm.by)
    await asyncio.sleep(harm.seconds)
    system.clocks.set(harm.target, 0)
    return f"jumped by {harm.by} s and back"


async def _fill(system: System, harm: Harm, journal: Journal) -> str:
    """The broker is away, and the spool's disk has no room."""
    if system.disk is None:
        raise RuntimeError("the spool has no disk of its own")
    broker = system.ground.servers[harm.target]
    await asyncio.to_thread(broker.crash)
    await asyncio.sleep(FIRST_S)
    refused = journal.refused
    taken = await asyncio.to_thread(system.disk.fill)
    await asyncio.sleep(harm.seconds)
    if harm.by:
        system.disk.free()
        await asyncio.sleep(FIRST_S)
        await asyncio.to_thread(broker.restart)
    else:
        await asyncio.to_thread(broker.restart)
        await asyncio.sleep(FIRST_S)
        system.disk.free()
    return f"{taken} bytes filled, {journal.refused - refused} deliveries refused"


async def _storm(system: System, harm: Harm, journal: Journal) -> str:
    """Several members come and go every few seconds, some of them without a word."""
    dice = random.Random(str(harm))
    until = time.monotonic() + harm.seconds
    lives = 0

    async def member(name: str) -> None:
        nonlocal lives
        while time.monotonic() < until:
            await system.start(name)
            await asyncio.sleep(dice.uniform(3.0, 6.0))
            await (system.kill(name) if dice.random() < 0.3 else system.leave(name))
            lives += 1

    await asyncio.gather(*(member(name) for name in STORMY))
    return f"{lives} times a member came and went"


async def _roll(system: System, parts: Parts, journal: Journal) -> str:
    """Every process is asked to end and started again, in the next release, one after the other."""
    longest = 0.0
    for name in ALWAYS:
        async with parts[name]:
            await _up(system, name, journal)
            longest = max(longest, await replaced(system, name, journal))
            await _up(system, name, journal)
    return f"{len(ALWAYS)} processes, none took longer than {longest:.1f} s to end"


async def replaced(system: System, name: str, journal: Journal) -> float:
    """Ask a process to end, and start it as the next release: how long (s) it took to end."""
    begun = time.monotonic()
    code = await system.leave(name)
    took = time.monotonic() - begun
    journal.note("rolled", target=name, code=code, seconds=round(took, 2))
    if code or took > GRACE_S:
        journal.note("wrong", why=f"{name} ended with {code} after {took:.1f} s, as it was asked to end")
    system.planted -= {name}
    system.releases.pop(name, None)
    await system.start(name)
    return took


async def _foreign(system: System, harm: Harm, journal: Journal) -> str:
    found = await foreign.send(system.ground.kafka, system.namespace)
    for each in found:
        journal.note("foreign", topic=each.topic, partition=each.partition, offset=each.offset, letter=each.letter)
    return f"{len(found)} records"


_DOING = {
    "kill": _kill,
    "freeze": _freeze,
    "clock jump": _jump,
    "full disk": _fill,
    "foreign records": _foreign,
    "storm": _storm,
    "two of three": _two_of_three,
}
