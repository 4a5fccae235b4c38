"""The appender: many callers, one request in flight a partition, and nobody is ever left waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.engine.appender import Appender
from shared.ports import Outgoing, StoreUnavailable


class Publisher:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._flying: set[int] = set()

    async def send(self, topic: str, partition: int, records: Sequence[Outgoing]) -> int:
        assert partition not in self._flying
        self._flying.add(partition)
        await asyncio.sleep(0)
        self._flying.discard(partition)
        if any(record.value == b"too large" for record in records):
            raise ValueError("a record is too large")
        if self._bus.away:
            raise StoreUnavailable("away")
        self._bus.requests.append([record.value for record in records])
        return 0

    async def close(self) -> None:
        pass


class Bus:
    def __init__(self) -> None:
        self.away = False
        self.requests: list[list[bytes]] = []

    def partitions(self, topic: str) -> int:
        return 1

    def publisher(self) -> Publisher:
        return Publisher(self)


async def test_what_comes_while_a_request_flies_joins_the_next() -> None:
    bus = Bus()
    appender = Appender(bus)  # type: ignore[arg-type]
    await asyncio.gather(*(appender.append("t", "k", [Outgoing("k", b"%d" % n)]) for n in range(50)))
    assert [value for request in bus.requests for value in request] == [b"%d" % n for n in range(50)]
    assert len(bus.requests) <= 2


async def test_after_a_failure_a_new_session_serves_those_who_come_then() -> None:
    bus = Bus()
    appender = Appender(bus)  # type: ignore[arg-type]
    bus.away = True
    with pytest.raises(StoreUnavailable):
        await appender.append("t", "k", [Outgoing("k", b"1")])
    bus.away = False
    await appender.append("t", "k", [Outgoing("k", b"2")])
    assert bus.requests == [[b"2"]]


async def test_a_record_that_no_bus_takes_leaves_nobody_waiting() -> None:
    appender = Appender(Bus())  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        with pytest.raises(ValueError, match="too large"):
            await appender.append("t", "k", [Outgoing("k", b"too large")])
        await appender.append("t", "k", [Outgoing("k", b"fine")])
