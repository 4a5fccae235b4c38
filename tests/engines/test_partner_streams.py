"""Partners' own topics on a real Kafka: nothing is passed over, and a killed ingest changes no figure."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared import clock
from shared.adapters.kafka import frame
from shared.adapters.kafka.frame import KafkaStream
from shared.engine.streams import ForeignRecord, Place
from shared.metrics import exposition
from shared.ports import StoreUnavailable
from shared.security import Principal, ServiceTokens
from tests.e2e.systems import ask, eventually
from tests.e2e.test_distributed import free_base
from tests.engines.kafka import KAFKA
from tests.engines.run_distributed import Distributed

pytestmark = [pytest.mark.engines, pytest.mark.timeout(200)]
PARTITIONS = 3
CALLS = 60
Message = tuple[str, bytes, tuple[tuple[str, bytes], ...]]


async def topic() -> Place:
    """A new topic on the broker of the tests, as a partner would have it."""
    place = Place(KAFKA.address(), f"acme.{secrets.token_hex(4)}", f"tallyline-{secrets.token_hex(4)}")
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(place.topic, PARTITIONS, 1)])
    await admin.close()
    return place


async def write(place: Place, messages: Sequence[Message]) -> None:
    """As the partner does it, by key."""
    producer = AIOKafkaProducer(bootstrap_servers=place.bootstrap)
    await producer.start()
    for key, value, headers in messages:
        await producer.send(place.topic, value, key=key.encode(), headers=list(headers))
    await producer.stop()


async def acknowledged(place: Place) -> int:
    """Records that the group need not read again."""
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    offsets = await admin.list_consumer_group_offsets(place.group)
    await admin.close()
    return sum(found.offset for found in offsets.values() if found.offset > 0)


class Store:
    """What was taken, by how often; `away`: nothing can be."""

    def __init__(self) -> None:
        self.taken: Counter[bytes] = Counter()
        self.away = False

    async def take(self, record: ForeignRecord) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.taken[record.value] += 1

    async def has(self, n: int) -> bool:
        return len(self.taken) >= n


async def test_what_could_not_be_taken_is_read_again_until_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "PAUSES", (0.0, 0.05))
    place = await topic()
    store = Store()
    store.away = True
    odd = (("trace", b"\xff\xfe"),)
    await write(place, [(str(n), str(n).encode(), odd) for n in range(100)])
    stream = KafkaStream(place, store.take)
    await stream.open()
    try:
        await asyncio.sleep(1.0)
        assert await acknowledged(place) == 0
        store.away = False
        await eventually(lambda: store.has(100))
        await write(place, [(str(n), str(n).encode(), ()) for n in range(100, 110)])
        await eventually(lambda: store.has(110))
        assert await stream.reachable()
    finally:
        await stream.close()
    assert set(store.taken.values()) == {1}
    assert await acknowledged(place) == 110
    assert f'handler="{place.topic}"'.encode() in exposition()[0], "FastStream counts into our metrics"


async def test_what_was_taken_but_not_acknowledged_comes_again_and_the_rest_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = await topic()
    await write(place, [(str(n), str(n).encode(), ()) for n in range(50)])
    first, second = Store(), Store()
    stream = KafkaStream(place, first.take)

    async def died(*_: object) -> None:
        await asyncio.sleep(3_600)

    monkeypatch.setattr(stream, "_acknowledge", died)
    monkeypatch.setattr(stream.broker.config.broker_config, "graceful_timeout", 0.1)
    await stream.open()
    await eventually(lambda: first.has(1))
    await stream.close()
    follower = KafkaStream(place, second.take)
    await follower.open()
    await eventually(lambda: second.has(50))
    await follower.close()
    assert await acknowledged(place) == 50


async def test_a_topic_that_is_not_there_is_waited_for_and_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "CONNECT_S", 3.0)
    place = (await topic())._replace(topic=f"nobodys.{secrets.token_hex(4)}")
    store = Store()
    stream = KafkaStream(place, store.take)
    with contextlib.suppress(StoreUnavailable):
        await stream.open()
    await stream.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=place.bootstrap)
    await admin.start()
    assert place.topic not in await admin.list_topics()
    await admin.close()
    assert not store.taken


def told(call: str, kind: str, minute: int, **data: Any) -> Message:
    """An event in structured mode, keyed by its call."""
    event = {
        "specversion": "1.0", "id": f"{call}-{kind}", "source": "pbx", "type": f"com.tallyline.{kind}.v1",
        "time": f"2026-11-18T14:{minute:02}:00Z", "data": {"call": call, "agent": "a1", **data},
    }  # fmt: skip
    return call, json.dumps(event).encode(), (("content-type", b"application/cloudevents+json"),)


def value(row: Any, name: str) -> int:
    """A figure of an agent."""
    return int(row["figures"][name]["value"] or 0)


def told_calls() -> list[Message]:
    """Each call begins, is answered and ends; one record among them is no event at all."""
    found: list[Message] = []
    for n in range(CALLS):
        found.append(told(f"c{n}", "call.started", n % 30, direction="inbound", phase="ringing"))
        found.append(told(f"c{n}", "call.answered", n % 30 + 1, answered_by="human", leg="l1"))
        found.append(told(f"c{n}", "call.ended", n % 30 + 2, scope="call", reason="completed", talk_ms=60_000))
    found.insert(CALLS, ("c7", b"\x00 no event", ()))
    return found


def colleague(system: Distributed) -> httpx.AsyncClient:
    """Another service that asks the calls service, for the operator."""
    tokens = ServiceTokens(base64.b64decode(system.environment()["TALLYLINE_MASTER_KEY"]), clock.now)
    headers = {"authorization": f"Bearer {tokens.issue(Principal('operator', 'admin'))}"}
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{system.ports['calls']}", headers=headers)


async def test_an_ingest_killed_before_it_acknowledged_counts_nothing_twice_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await topic()
    messages = told_calls()
    system = Distributed(tmp_path, free_base(), f"e2e-{secrets.token_hex(4)}")
    try:
        await system.start("gateway", "partners", "calls", "worker")
        monkeypatch.setenv("TALLYLINE_FAULT", f"ingest.stored:{CALLS}")
        await system.start("ingest")
        monkeypatch.delenv("TALLYLINE_FAULT")
        await write(place, messages[: 2 * CALLS])
        async with system.caller() as client:
            await client.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"})
            kafka = {"bootstrap": place.bootstrap, "topic": place.topic, "group": place.group}
            settings = {"connector": "native", "partner": "acme", "options": {"kafka": kafka}}
            answer = await client.post("/api/v1/sources", json={"id": "acme-k", "settings": settings})
            assert answer.status_code == 201, answer.text
            await asyncio.wait_for(system.running["ingest"].wait(), 60)
            assert await acknowledged(place) < 2 * CALLS, "it was killed with work in its hands"
            await write(place, messages[2 * CALLS :])
            await system.start("ingest")

            async def intake() -> Any:
                counts = (await ask(client, "/api/v1/sources/acme-k/intake"))["counts"]
                settled = counts["accepted"] >= 3 * CALLS and await acknowledged(place) == len(messages)
                return counts if settled else None

            counts = await eventually(intake, within=90)
            assert counts["accepted"] == 3 * CALLS
            assert counts["duplicate"] > 0, "what was stored and not acknowledged came again"

            async def figures() -> Any:
                period = {"from": "2026-11-18", "to": "2026-11-19"}
                items = (await ask(client, "/api/v1/performance/agents", **period))["items"]
                return items if items and value(items[0], "handled") >= CALLS else None

            (row,) = await eventually(figures)
            assert (row["agent"], value(row, "handled"), value(row, "offered")) == ("a1", CALLS, CALLS)
        async with colleague(system) as calls:
            letters = (await ask(calls, "/api/v1/operations/dead-letters"))["items"]
        assert [letter["source"] for letter in letters] == ["acme-k"], "the one that nobody could read"
    finally:
        await system.stop()
