"""Each mistake that is planted into a real system is found by the checker, and the schedule alone is not one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.chaos.faults import Fault, Harm
from tests.chaos.harming import harm, looked_after, state
from tests.chaos.journal import Journal
from tests.chaos.planted import ACTED, FROZEN
from tests.chaos.profiles import Profile
from tests.chaos.run import run
from tests.chaos.system import System

pytestmark = [pytest.mark.engines, pytest.mark.timeout(400)]
SEED = 11
SMALL = Profile(deliveries=1_500, rate=50.0, picks={})
PUT_OUT_S = 14.0
"""Longer than a group waits for a silent member."""
WORKERS = frozenset({"worker-a", "worker-b"})
Harming = Callable[[System, Journal], Awaitable[None]]


async def kinds(home: Path, plant: str, planted: frozenset[str], harming: Harming) -> set[str]:
    """The kinds of breach that the checker finds in a small run with a planted mistake."""
    system = System(home, plant, planted)
    await asyncio.to_thread(system.ground.open)
    try:
        wrong, told = await run(system, SEED, SMALL, lambda notes: harming(system, notes))
    finally:
        await system.close()
    assert len(told.taken) > SMALL.deliveries * 0.9
    return {line.partition(":")[0] for line in wrong}


async def leave_alone(system: System, notes: Journal) -> None:
    """No harm from outside."""


async def until_acted(system: System, notes: Journal) -> None:
    """The mistake waits for its moment; who dies of it is started again."""
    async with looked_after(system, defaultdict(asyncio.Lock), notes):
        await appears(system, ACTED)
        await asyncio.sleep(3.0)


async def wake_up_late(system: System, notes: Journal) -> None:
    """The owner that falls asleep wakes up when others have its partitions."""
    await appears(system, FROZEN)
    await asyncio.sleep(PUT_OUT_S)
    asleep = [name for name in WORKERS if state(system.running[name].pid) == "T"]
    assert len(asleep) == 1
    system.thaw(asleep[0])


async def without_broker(system: System, notes: Journal) -> None:
    """The broker is away for a while, twice."""
    await harm(system, [Fault(at, Harm("kill", "kafka", 4.0)) for at in (4.0, 10.0)], notes)


async def appears(system: System, name: str) -> None:
    """A planted process has left its sign."""
    for _ in range(1_200):
        if await asyncio.to_thread((system.data / name).exists):
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"nothing {name} in two minutes")


async def test_an_owner_that_wakes_up_after_others_took_its_partitions_does_no_harm(tmp_path: Path) -> None:
    assert await kinds(tmp_path, "frozen_owner", WORKERS, wake_up_late) == set()


async def test_writing_documents_without_their_revision_is_found(tmp_path: Path) -> None:
    assert "told" in await kinds(tmp_path, "no_revision_condition", WORKERS, wake_up_late)


async def test_a_checkpoint_that_is_moved_before_the_write_is_found(tmp_path: Path) -> None:
    assert {"verdict", "intake"} <= await kinds(tmp_path, "checkpoint_before_write", WORKERS, until_acted)


async def test_a_reader_that_does_not_look_at_origins_is_found(tmp_path: Path) -> None:
    assert "view" in await kinds(tmp_path, "no_origin_check", WORKERS, until_acted)


async def test_several_requests_in_flight_for_a_partition_are_found(tmp_path: Path) -> None:
    assert "order" in await kinds(tmp_path, "several_in_flight", WORKERS, leave_alone)


async def test_an_owner_that_goes_on_after_a_refusal_is_found(tmp_path: Path) -> None:
    assert "told" in await kinds(tmp_path, "refused_owner_goes_on", WORKERS, until_acted)


async def test_a_spool_that_forgets_what_is_not_acknowledged_is_found(tmp_path: Path) -> None:
    assert "lost" in await kinds(tmp_path, "removed_before_acknowledged", frozenset({"ingest"}), without_broker)
