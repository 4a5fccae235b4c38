"""Faults that only a broker can have: it goes away, and members of a group come and go. Both are told of, and end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shared import clock
from shared.ports import Subscription
from shared.settings import Settings
from tests.e2e.systems import ENGINES, eventually, start
from tests.engines import kafka
from tests.engines.server import Server
from tests.gameday import hurried
from tests.monitoring.slo import RULES
from tests.monitoring.test_faults import served
from tests.monitoring.test_live import firing, prometheus

pytestmark = [pytest.mark.monitoring, pytest.mark.engines, pytest.mark.timeout(500)]
HURRY = 60
WITHIN_S = 120.0
FIRED = {"TallylineOutboxStuck", "TallylineRebalances"}


async def nothing(_: frozenset[int]) -> None:
    """A member that does nothing with what it is given."""


async def test_a_broker_that_goes_and_members_that_come_and_go_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Server("kafka", kafka.command, kafka.ready, own=True)
    usual, told, rules = ENGINES["distributed"], set[str](), tmp_path / "rules"

    def with_own_broker(data: Path) -> Settings:
        return replace(usual(data), kafka=broker.address())

    monkeypatch.setitem(ENGINES, "distributed", with_own_broker)
    rules.mkdir()
    hurried.write(RULES, rules, HURRY)
    try:
        async with (
            start("distributed", tmp_path / "data", now=clock.now) as system,
            served(system) as port,
            prometheus(tmp_path, [port], rules) as watching,
        ):

            async def fires(name: str) -> Callable[[], Awaitable[bool]]:
                await eventually(lambda: is_told(name, True), WITHIN_S)
                told.add(name)
                return lambda: is_told(name, False)

            async def is_told(name: str, whether: bool) -> bool:
                return (name in await firing(watching)) == whether

            async def come_and_go(enough: asyncio.Event) -> None:
                """A round takes something from the tracker and gives it back. Who comes while another goes takes over
                from it: the tracker would hear of nothing."""
                bus = system.runtime.kits["calls"].bus
                while not enough.is_set():
                    member = await bus.subscribe("tallyline.telephony", "calls.tracker", nothing, nothing)

                    async def owns(member: Subscription = member) -> bool:
                        return bool(member.owned())

                    await eventually(owns, WITHIN_S)
                    await member.close()
                    await system.settled()

            await system.settled()
            for name in FIRED:
                await eventually(lambda name=name: is_told(name, False), WITHIN_S)  # type: ignore[misc]
            async with asyncio.TaskGroup() as beside:  # a round that fails ends the test
                fired = asyncio.Event()
                beside.create_task(come_and_go(fired))
                over = await fires("TallylineRebalances")
                fired.set()
            await eventually(over, WITHIN_S)
            await asyncio.to_thread(broker.crash)
            answer = await system.client.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"})
            assert answer.status_code == 201, "what is recorded does not ask the broker"
            over = await fires("TallylineOutboxStuck")
            await asyncio.to_thread(broker.restart)
            await eventually(over, WITHIN_S)
        assert told == FIRED
    finally:
        broker.stop()
