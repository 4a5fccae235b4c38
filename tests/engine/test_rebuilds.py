"""Rebuilds that one process asks for and another one does: done once, given way, never waited for in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.calls.views.closed_statements import closed_statements
from services.calls.views.performance import performance_day
from shared import metrics
from shared.contracts.calls import TOPIC
from shared.engine import views
from shared.engine.partitions import Checkpoints, Partitions
from shared.engine.projection import Projector
from shared.engine.views import AnyView, CantTake, Views
from shared.kernel import Rejected
from shared.ports import Refused, StoreUnavailable
from tests.engine.test_once import System, item, run, traffic
from tests.engine.world import World


class Process:
    """One process's views, and the worker in it that keeps them."""

    def __init__(self, system: System, view: AnyView = performance_day) -> None:
        self._system = system
        self.view = view
        self.views = Views(system.documents, system.bus, Checkpoints(system.documents))

    async def open(self) -> list[Any]:
        stale = await self.views.open([self.view])
        target = self.views.target(self.view)
        self.projector = Projector("views", TOPIC, [target], Checkpoints(self._system.documents), self.views)
        return stale

    async def build(self) -> str:
        return await self.views.rebuild(self.view, Partitions(self._system.bus, self.projector))

    async def see(self) -> bool:
        """Look at the pointer again: is a build wanted?"""
        await self.views._load(self.view.name)
        return self.views.wanted(self.view)


async def system_with_calls(*, processes: int) -> tuple[System, list[Process]]:
    """Calls that were counted, and processes that look at the view of them."""
    world = World(3)
    world.calm = True
    system = System(world)
    await system.feed(traffic(world))
    await system.settle(system.tracker())
    found = [Process(system) for _ in range(processes)]
    for process in found:
        assert await process.open() == []
    await system.settle(found[0].projector)
    return system, found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "ASKED_EVERY_S", 0.01)
    monkeypatch.setattr(views, "STALLED_S", 0.3)


def test_what_one_process_asks_for_a_worker_of_another_one_builds_once() -> None:
    async def case() -> None:
        _, (api, worker, other) = await system_with_calls(processes=3)
        asking = asyncio.ensure_future(api.views.rebuilt(performance_day))
        await asyncio.sleep(0.05)
        assert await worker.see()
        assert await other.see()
        new = await worker.build()
        with pytest.raises(Refused):
            await other.build()  # it saw the wish before the other had taken it
        assert await asking == new == "performance_day_v2_1"
        assert not await other.see(), "what was asked for was done"
        assert await api.views.verify(performance_day) == []
        assert api.views.pointer(performance_day).building is None

    run(case())


def test_whoever_asks_for_what_nobody_does_is_told_so_and_it_stays_asked_for() -> None:
    async def case() -> None:
        _, (api, worker) = await system_with_calls(processes=2)
        with pytest.raises(StoreUnavailable):
            await api.views.rebuilt(performance_day)
        assert await worker.see()

    run(case())


def test_a_build_that_fails_is_told_to_whoever_asked_and_leaves_nothing_behind() -> None:
    async def case() -> None:
        system, (api, worker) = await system_with_calls(processes=2)
        before = api.views.collection(performance_day)
        asking = asyncio.ensure_future(api.views.rebuilt(performance_day))
        await asyncio.sleep(0.05)
        await worker.see()
        read: Callable[..., Any] = system.bus.read

        async def half(topic: str, partition: int, *place: int) -> Any:
            if partition:
                raise StoreUnavailable("away")
            return await read(topic, partition, *place)

        bus: Any = system.bus
        bus.read = half
        with pytest.raises(StoreUnavailable):
            await worker.build()
        bus.read = read
        with pytest.raises(StoreUnavailable, match="failed"):
            await asking
        assert api.views.pointer(performance_day).building is None
        assert api.views.collection(performance_day) == before
        assert "performance_day_v2_1" not in {name for name, kept in system.world.collections.items() if kept}

    run(case())


def _stumbles(doc: Any, part: Any, sign: int) -> Any:
    raise KeyError("what a customer said")


def _finds_nothing(event: Any) -> Any:
    raise KeyError("what a customer said")


@pytest.mark.parametrize("mistake", [{"fold": _stumbles}, {"route": _finds_nothing}, {"fields": _finds_nothing}])
def test_a_release_that_can_not_take_an_event_is_not_switched_to_and_everybody_hears_why(mistake: Any) -> None:
    async def case() -> None:
        system, (api,) = await system_with_calls(processes=1)
        before = api.views.collection(performance_day)
        worker = Process(system, replace(performance_day, **mistake))
        assert await worker.open() == []
        asking = asyncio.ensure_future(api.views.rebuilt(performance_day))
        await asyncio.sleep(0.05)
        assert await worker.see()
        with pytest.raises((CantTake, KeyError)):
            await worker.build()
        with pytest.raises(Rejected) as refused:
            await asking
        assert refused.value.code == "rebuild_failed"
        assert "customer" not in str(refused.value)
        pointer = api.views.pointer(performance_day)
        assert (pointer.collection, pointer.building) == (before, None)
        assert (pointer.failed or "").startswith(f"KeyError at {TOPIC}/")
        assert "performance_day_v2_1" not in {name for name, kept in system.world.collections.items() if kept}
        told = metrics.REGISTRY.get_sample_value("tallyline_broken_documents", {"view": performance_day.name})
        assert told == 0, "nobody sees what was to be switched to"
        right = Process(system)
        await right.open()
        await right.build()
        assert right.views.pointer(performance_day).failed is None
        assert await right.views.verify(performance_day) == []

    run(case())


def test_a_build_gives_way_to_one_begun_later_and_a_half_done_one_is_begun_again_at_the_next_start() -> None:
    async def case() -> None:
        system, (slow, quick) = await system_with_calls(processes=2)
        read: Callable[..., Any] = system.bus.read
        go_on = asyncio.Event()

        async def waits(*arguments: Any) -> Any:
            await go_on.wait()
            return await read(*arguments)

        bus: Any = system.bus
        bus.read = waits
        building = asyncio.ensure_future(slow.build())
        await asyncio.sleep(0.05)
        starting = Process(system)
        assert await starting.open() == [performance_day], "for all that it knows, whoever built it is dead"
        bus.read = read
        await quick.see()
        assert await quick.build() == "performance_day_v2_2"
        go_on.set()
        with pytest.raises(Refused):
            await building
        await starting.see()
        assert starting.views.collection(performance_day) == "performance_day_v2_2"
        assert await starting.views.verify(performance_day) == []

    run(case())


def _twice(doc: Any, part: Any, sign: int) -> Any:
    """The mistake that the next release mends."""
    return performance_day.fold(performance_day.fold(doc, part, sign), part, sign)


BEFORE = replace(performance_day, version=performance_day.version - 1, fold=_twice)


def test_a_release_folds_nothing_into_what_another_one_that_runs_beside_it_keeps() -> None:
    async def case() -> None:
        world = World(3)
        world.calm = True
        system = System(world)
        items = traffic(world)
        await system.feed(items[: len(items) // 2])
        await system.settle(system.tracker())
        old, new = Process(system, BEFORE), Process(system)
        assert await old.open() == []
        await system.settle(old.projector)
        assert await new.open() == [performance_day]
        assert new.projector.targets[0].ours, "until it is built anew what was left is kept on"
        await new.build()
        await old.see()
        await system.feed(items[len(items) // 2 :])
        await system.settle(system.tracker())
        await system.settle(old.projector)
        assert await new.views.verify(performance_day) == []
        await system.settle(new.projector)
        assert await new.views.verify(performance_day) == []
        assert await new.views.find(performance_day, {}) != []
        # Back to the release before, while a process of this one goes on.
        back = Process(system, BEFORE)
        assert await back.open() == [BEFORE]
        await system.settle(back.projector)
        assert await new.views.verify(performance_day) == []

    run(case())


def test_nobody_is_told_of_an_earlier_state_when_a_view_is_switched() -> None:
    """A worker of another process has a session on the old collection, and has not seen the switch."""

    async def case() -> None:
        system, (other, builder) = await system_with_calls(processes=2)
        partitions = range(system.bus.partitions(TOPIC))
        begun = {partition: await other.projector.begin(partition) for partition in partitions}
        await builder.build()
        await system.feed([item(call, "start", "CallStarted", 200, direction="inbound") for call in range(10, 16)])
        await system.settle(system.tracker())
        for partition, start in begun.items():
            records = await system.bus.read(TOPIC, partition, start, 1_000)
            assert records
            with pytest.raises(Refused):
                await other.projector.apply(partition, records)
        told = [int(offset) for offset in (await other.views.as_of(performance_day)).split(".")]
        await other.see()
        now = [int(offset) for offset in (await other.views.as_of(performance_day)).split(".")]
        assert all(later >= earlier for later, earlier in zip(now, told, strict=True)), f"from {told} to {now}"
        await system.settle(other.projector)
        assert await other.views.verify(performance_day) == []

    run(case())


def test_of_two_releases_that_start_at_once_each_keeps_what_is_its_own() -> None:
    async def case() -> None:
        system = System(World(3))
        new, old = Process(system), Process(system, BEFORE)
        assert await new.open() == []
        # Of its two pointers one is refused, and the other written.
        assert await old.views.open([BEFORE, closed_statements]) == [BEFORE]
        assert old.views.pointer(BEFORE) == new.views.pointer(performance_day)
        ours = [old.views.target(view).ours for view in (BEFORE, closed_statements)]
        assert ours == [False, True]

    run(case())


def test_no_session_begins_while_a_view_is_closed_and_one_that_nobody_switches_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def case() -> None:
        _, (other, builder) = await system_with_calls(processes=2)
        await builder.views._change(performance_day, building="performance_day_v2_1", built=1, closing=True)
        with pytest.raises(StoreUnavailable, match="being switched"):
            await other.projector.begin(0)
        monkeypatch.setattr(views, "STALLED_S", -1.0)
        with pytest.raises(StoreUnavailable, match="being switched"):
            await other.projector.begin(0)
        assert await other.projector.begin(0) > 0
        with pytest.raises(Refused):  # whoever closed it was only slow
            await builder.views._advance(performance_day, "performance_day_v2_1", collection="performance_day_v2_1")

    run(case())
