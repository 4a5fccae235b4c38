"""The two folds alone, on logs that were filled beforehand: items into facts, facts into views."""

from __future__ import annotations

from services.bench.figures import Figures, measured, rates, report
from services.bench.ground import drain, fill, opened, projector_of, tracker_of
from shared.contracts.calls import TELEPHONY_TOPIC, TOPIC


async def tracker(items: int) -> Figures:
    """The tracker's worker alone: sealed items of a simulated company in, facts out, everything durable."""
    async with opened() as (system, firm):
        await fill(system, firm, items)
        kit = system.runtime.kits["calls"]
        n = sum((await kit.bus.ends(TELEPHONY_TOPIC)).values())
        before = system.runtime.stats()
        with measured() as spent:
            await drain(kit, tracker_of(system))
        after = system.runtime.stats()
        published = sum((await kit.bus.ends(TOPIC)).values())
    return report(
        "tracker",
        rates(n, spent)
        | {"facts": published, "commits": after.groups - before.groups, "writes": after.writes - before.writes},
    )


async def projection(items: int) -> Figures:
    """The projector alone: the facts of so many items into every view of the calls service."""
    async with opened() as (system, firm):
        await fill(system, firm, items)
        kit = system.runtime.kits["calls"]
        await drain(kit, tracker_of(system))
        n = sum((await kit.bus.ends(TOPIC)).values())
        projector = projector_of(system).worker
        with measured() as spent:
            await drain(kit, projector)
    return report("projection", rates(n, spent) | {"items": items})
