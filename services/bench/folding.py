"""The two folds alone, on logs that were filled beforehand: items into facts, facts into views."""

from __future__ import annotations

from services.bench.figures import Figures, measured, rates, report
from services.bench.ground import drain, fill, opened, projector_of, tracker_of
from services.bench.on import EMBEDDED, On
from services.calls.service import SERVICE as CALLS
from services.simulate.company import CONNECTORS
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC


async def tracker(items: int, on: On = EMBEDDED) -> Figures:
    """The tracker's worker alone: sealed items of a simulated company in, facts out, everything durable."""
    async with opened(CONNECTORS, on) as (system, firm):
        await fill(system, firm, items)
        kit = system.runtime.kits["calls"]
        n = sum((await kit.bus.ends(TELEPHONY_TOPIC)).values())
        before = system.runtime.stats()
        spent = await drain(kit.bus, tracker_of(system))
        after = system.runtime.stats()
        published = sum((await kit.bus.ends(TOPIC)).values())
    store = {"commits": after.groups - before.groups, "writes": after.writes - before.writes} if after else {}
    return report("tracker", on.figures() | rates(n, spent) | {"facts": published} | store)


async def projection(items: int, on: On = EMBEDDED) -> Figures:
    """The projector alone: the facts of so many items into every view of the calls service."""
    async with opened(CONNECTORS, on) as (system, firm):
        await fill(system, firm, items)
        bus = system.runtime.kits["calls"].bus
        await drain(bus, tracker_of(system))
        n = sum((await bus.ends(TOPIC)).values())
        spent = await drain(bus, projector_of(system).worker)
    return report("projection", on.figures() | rates(n, spent) | {"items": items})


async def rebuild(items: int, on: On = EMBEDDED) -> Figures:
    """Each view of the calls topic built anew from the first event, without the pauses that leave the machine to the
    traffic: events a second and microseconds of CPU an event, by view."""
    found: Figures = {}
    async with opened(CONNECTORS, on) as (system, firm):
        await fill(system, firm, items)
        views, bus = system.runtime.kits["calls"].views, system.runtime.kits["calls"].bus
        await drain(bus, tracker_of(system))
        projector = projector_of(system)
        await drain(bus, projector.worker)
        n = sum((await bus.ends(TOPIC)).values())
        for view in CALLS.views:
            if view.topic == TOPIC:
                with measured() as spent:
                    await views.rebuild(view, projector.partitions)
                found[view.name] = rates(n, spent)
    return report("rebuild", on.figures() | {"n": n} | found)
