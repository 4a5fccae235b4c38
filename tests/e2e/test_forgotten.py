"""What was told to others is forgotten after its time, wherever it is kept; what accounting was told is not."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from services.gateway.alerting.mailing import KEEP as MAILS
from shared.engine.moving import Keep
from shared.webhooks import KEEP, LIFE, Delivery
from tests.e2e.systems import System, Time, eventually, start

ROOMS = [("calls", KEEP), ("gateway", KEEP), ("gateway", MAILS), ("reconciliation", KEEP)]


async def left(system: System) -> list[tuple[str, str]]:
    """The service and collection of what is remembered."""
    found = []
    for service, keep in ROOMS:
        stored = await system.runtime.kits[service].documents.get(keep.collection, ["msg_1"])
        found += [(service, keep.collection) for _ in stored]
    return found


async def told(system: System, service: str, keep: Keep, at: int) -> None:
    delivery = Delivery(id="msg_1", body="{}", to="somebody", standing="delivered", due=at)
    put = keep.put("msg_1", msgspec.json.encode(delivery))
    await system.runtime.kits[service].documents.put(keep.collection, [put])


async def test_after_its_time_it_is_forgotten_everywhere_but_in_the_books(tmp_path: Path) -> None:
    time = Time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.webhooks.FORGET_EVERY_S", 0.1)
        async with start("embedded", tmp_path, time) as system:
            for service, keep in ROOMS:
                await told(system, service, keep, int(time().timestamp()))
            time.forward(LIFE)
            assert len(await left(system)) == len(ROOMS)
            time.forward(LIFE)

            async def over() -> bool:
                return await left(system) == [("reconciliation", "webhooks")]

            await eventually(over)
