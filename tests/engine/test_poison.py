"""What a view can't take or read breaks what it touches, and says so: the worker and all else of it go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from services.calls.views.performance import DayPerformance, performance, performance_day
from shared import metrics
from shared.contracts.calls import TOPIC, CallEnded
from shared.engine.partitions import Checkpoints, Partitions
from shared.engine.projection import Kept, Projector
from shared.engine.views import AnyView, Views
from shared.ports import StoreUnavailable
from tests.engine.test_once import System, traffic
from tests.engine.world import World

DAY = performance_day.name


def _fields(doc: DayPerformance) -> Any:
    """Nothing of its documents can be found once they have an agent's second call."""
    if doc.tally.handled > 1:
        raise KeyError("what a customer said")
    return performance_day.fields(doc)


def _fold(doc: Any, part: Any, sign: int) -> Any:
    if doc is not None and doc.tally.handled > 1:
        raise KeyError("what a customer said")
    return performance_day.fold(doc, part, sign)


def _route(event: Any) -> Any:
    if isinstance(event, CallEnded):
        raise KeyError("what a customer said")
    return performance_day.route(event)


class Worker:
    """Two views kept by one worker, one of which this release can't keep."""

    def __init__(self, system: System, day: AnyView) -> None:
        self.system, self.kept = system, [day, performance]
        self.views = Views(system.documents, system.bus, Checkpoints(system.documents))

    async def open(self) -> None:
        await self.views.open(self.kept)
        targets = [self.views.target(view) for view in self.kept]
        self.projector = Projector("views", TOPIC, targets, Checkpoints(self.system.documents), self.views)
        self.partitions = Partitions(self.system.bus, self.projector)

    async def works(self) -> None:
        """The loop takes all that there is, and lives."""
        stopping = asyncio.Event()
        loop = asyncio.ensure_future(self.partitions.run(stopping))
        ends = await self.system.bus.ends(TOPIC)
        async with asyncio.timeout(60):
            while self.partitions.applied != ends:
                assert not loop.done(), f"the loop died: {loop.exception()!r}"
                await asyncio.sleep(0.001)
        stopping.set()
        await loop

    def documents(self, view: AnyView) -> dict[str, Kept[Any]]:
        stored = self.system.world.collections[self.views.collection(view)]
        decode = msgspec.json.Decoder(Kept[view.doc]).decode  # type: ignore[name-defined]
        return {id_: decode(one.body) for id_, one in stored.items()}


async def counted() -> System:
    world = World(3)
    world.calm = True
    system = System(world)
    await system.feed(traffic(world))
    await system.settle(system.tracker())
    return system


def told() -> float | None:
    """How many documents of the view are said to be broken."""
    return metrics.REGISTRY.get_sample_value("tallyline_broken_documents", {"view": DAY})


@pytest.mark.parametrize(
    "mistake", [{"fields": _fields}, {"fold": _fold}, {"route": _route}], ids=lambda one: next(iter(one))
)
def test_a_worker_goes_on_and_its_view_says_what_it_could_not_take(mistake: dict[str, Callable[..., Any]]) -> None:
    async def case() -> None:
        system = await counted()
        poisoned = replace(performance_day, **mistake)  # type: ignore[arg-type]
        worker = Worker(system, poisoned)
        await worker.open()
        assert told() == 0
        await worker.works()
        assert await worker.views.verify(performance) == [], "the view beside it is whole"
        assert await worker.views.verify(poisoned) != []
        broken = sum(kept.broken is not None for kept in worker.documents(poisoned).values())
        if "route" in mistake:
            told_of = [record for (topic, _), log in system.world.logs.items() if topic == TOPIC for record in log]
            broken = sum(b'"CallEnded"' in record.value for record in told_of)
        assert told() == broken > 0
        wrong = worker.views.pointer(poisoned).broken or ""
        assert wrong.startswith(f"KeyError at {TOPIC}/")
        assert "customer" not in wrong
        assert worker.views.pointer(performance).broken is None
        mended = Worker(system, performance_day)
        await mended.open()
        assert mended.views.pointer(performance_day).broken == wrong, "whoever starts later is told too"
        assert told() == broken, "and how many there are"
        await mended.views.rebuild(performance_day, mended.partitions)
        assert mended.views.pointer(performance_day).broken is None
        assert told() == 0
        assert await mended.views.verify(performance_day) == []

    asyncio.run(case())


def test_a_document_stays_what_it_was_before_the_event_that_made_it_unwritable() -> None:
    async def case() -> None:
        system = await counted()
        worker, right = Worker(system, replace(performance_day, fields=_fields)), Worker(system, performance_day)
        await worker.open()
        await worker.works()
        found = worker.documents(performance_day)
        broken = {id_ for id_, kept in found.items() if kept.broken}
        assert broken
        assert broken != found.keys()
        for id_ in broken:
            doc = found[id_].doc
            assert doc is not None
            assert doc.tally.handled == 1, "its first call is still shown"
            assert system.world.fields[worker.views.collection(performance_day)][id_] == performance_day.fields(doc)
        await right.open()
        await right.views.rebuild(performance_day, right.partitions)
        whole = right.documents(performance_day)
        for id_ in found.keys() - broken:
            assert found[id_].doc == whole[id_].doc
        assert {id_ for id_, kept in whole.items() if kept.doc and kept.doc.tally.handled > 1} == broken

    asyncio.run(case())


def test_what_was_stored_and_has_no_fields_any_more_is_broken_once() -> None:
    async def case() -> None:
        system = await counted()

        def never(doc: Any) -> Any:
            raise KeyError("what a customer said")

        worker = Worker(system, replace(performance_day, fields=never))
        await worker.open()
        await worker.works()
        found = worker.documents(performance_day)
        assert all(kept.broken for kept in found.values())
        assert told() == len(found)

    asyncio.run(case())


def test_what_is_wrong_is_told_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    async def case() -> None:
        system = await counted()
        poisoned = replace(performance_day, fields=_fields)
        worker = Worker(system, poisoned)
        await worker.open()
        tell, tries = worker.views.broke, 0

        async def away(*of: Any) -> None:
            nonlocal tries
            tries += 1
            if tries == 1:
                assert not any(kept.broken for kept in worker.documents(poisoned).values())
                raise StoreUnavailable("away")
            await tell(*of)

        monkeypatch.setattr(worker.views, "broke", away)
        await worker.works()
        assert tries > 1
        broken = sum(kept.broken is not None for kept in worker.documents(poisoned).values())
        assert broken
        assert worker.views.pointer(poisoned).broken is not None
        assert told() == broken

    asyncio.run(case())


def test_what_is_told_again_after_a_write_that_failed_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def case() -> None:
        system = await counted()
        poisoned = replace(performance_day, fields=_fields)
        worker = Worker(system, poisoned)
        await worker.open()
        put, told_at = system.documents.put, list[float | None]()

        async def away(collection: str, puts: Any) -> None:
            if collection == worker.views.collection(poisoned) and (told() or 0) > 0 and len(told_at) < 5:
                told_at.append(told())
                raise StoreUnavailable("away")
            await put(collection, puts)

        monkeypatch.setattr(system.documents, "put", away)
        await worker.works()
        broken = sum(kept.broken is not None for kept in worker.documents(poisoned).values())
        assert len(told_at) == 5
        assert told() == broken

    asyncio.run(case())


LEFT = {
    "nothing": b"",
    "no text": b"\x00\xff\xfe",
    "half of it": b'{"at":3,"doc":{"tal',
    "another class": b'{"at":3,"doc":{"tally":"seven"}}',
    "of its envelope": b'{"at":"x"}',
}


@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT)
def test_a_stored_document_that_can_not_be_read_is_broken_alone(left: bytes) -> None:
    async def case() -> None:
        world = World(3)
        world.calm = True
        system, items = System(world), traffic(world)
        await system.feed(items[: len(items) // 2])
        await system.settle(system.tracker())
        worker = Worker(system, performance_day)
        await worker.open()
        await worker.works()
        stored = world.collections[worker.views.collection(performance_day)]
        victim = next(iter(stored))
        stored[victim] = stored[victim]._replace(body=left)
        (said,) = {one for one in await worker.views.verify(performance_day) if "can't be read" in one}
        assert said.startswith(victim)
        await system.feed(items[len(items) // 2 :])
        await system.settle(system.tracker())
        later = Worker(system, performance_day)
        await later.open()
        await later.works()
        found = later.documents(performance_day)
        assert {id_ for id_, kept in found.items() if kept.broken is not None} == {victim}
        assert found[victim].doc is None
        assert told() == 1
        assert (later.views.pointer(performance_day).broken or "").split()[0] in ("DecodeError", "ValidationError")
        differs = await later.views.verify(performance_day)
        assert differs
        assert all(one.startswith(victim) for one in differs), "all others are right"
        assert await later.views.verify(performance) == []
        await later.views.rebuild(performance_day, later.partitions)
        assert await later.views.verify(performance_day) == []
        assert told() == 0

    asyncio.run(case())


def test_a_build_begins_also_when_a_document_broke_meanwhile() -> None:
    async def case() -> None:
        system = await counted()
        builder, other = Worker(system, performance_day), Worker(system, replace(performance_day, fields=_fields))
        for one in (builder, other):
            await one.open()
        await other.works()  # the builder has not seen that pointer since
        assert other.views.pointer(performance_day).broken is not None
        assert builder.views.pointer(performance_day).broken is None
        await builder.views.rebuild(performance_day, builder.partitions)
        assert builder.views.pointer(performance_day).broken is None
        assert await builder.views.verify(performance_day) == []

    asyncio.run(case())
