"""Whether a system is at rest, so that its stores say the same thing; and bringing it there."""

from __future__ import annotations

import asyncio

import msgspec

from services.embedded import Embedded, embedded
from services.moving.contents import SERVICES
from services.moving.refusals import NotAtRest
from shared.engine.managers import worker_of
from shared.engine.partitions import Checkpoints
from shared.engine.relay import HEADS, Head
from shared.ports import Bus, Documents, EventStore
from shared.runtime import Role, Service, Stores
from shared.settings import Settings

WORKING: frozenset[Role] = frozenset({"worker", "relay"})
PATIENCE_S = 60.0
"""How long nothing may get less before it is said what is left."""


async def left_to_do(stores: Stores) -> dict[str, int]:
    """What stands between the system and rest, with how much of it there is: empty when nothing does."""
    left: dict[str, int] = {}
    for service in SERVICES:
        documents = stores.documents(service.name)
        left |= await _unread(service, stores.bus, Checkpoints(documents))
        if service.publishes is not None:
            left |= await _unpublished(service, stores.store(service.name), documents)
    return {what: amount for what, amount in left.items() if amount}


async def _unread(service: Service, bus: Bus, checkpoints: Checkpoints) -> dict[str, int]:
    """Views are made again, so they may stand anywhere."""
    readers = [(worker_of(manager), manager.topic) for manager in service.managers]
    readers += [(each.worker, each.topic) for each in service.inputs]
    left = {}
    for worker, topic in readers:
        offsets = await checkpoints.offsets(worker, range(bus.partitions(topic)))
        ends = await bus.ends(topic)
        left[f"records of {topic} that {worker} has not taken"] = sum(ends[p] - at for p, at in offsets.items())
    return left


async def _unpublished(service: Service, store: EventStore, documents: Documents) -> dict[str, int]:
    found = await documents.get(HEADS, ["head"])
    pending = msgspec.json.decode(found["head"].body, type=Head).pending if found else []
    return {
        f"numbered commits of {service.name} that may not be published": len(pending),
        f"commits of {service.name} without a number": len(await store.unnumbered(1000)),
    }


def in_words(left: dict[str, int]) -> str:
    """What is left, for people."""
    return "; ".join(f"{amount} {what}" for what, amount in sorted(left.items()))


async def settle(settings: Settings) -> None:
    """Run every worker in this process, without listening, until all that there is has been taken and shown.

    NotAtRest when one of them stops, or nothing gets less for a minute.
    """
    clock = asyncio.get_running_loop().time
    async with embedded(settings, roles=WORKING) as system:
        least, since = None, clock()
        while left := await _remaining(system):
            if system.runtime.failed is not None:
                raise NotAtRest(f"A worker stopped: {system.runtime.failed}")
            amount = sum(left.values())
            if least is None or amount < least:
                least, since = amount, clock()
            elif clock() - since > PATIENCE_S:
                raise NotAtRest(f"The system does not come to rest. Left: {in_words(left)}.")
            await asyncio.sleep(0.05)


async def _remaining(system: Embedded) -> dict[str, int]:
    starting = {f"workers that start: {name}": 1 for name in system.runtime.ready().values()}
    lag = await system.runtime.lag()
    return (
        starting | await left_to_do(system.runtime.engine) | ({"records that a view has not taken": lag} if lag else {})
    )
