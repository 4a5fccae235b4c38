"""A partner's own topic: each record is a delivery, known again when it comes twice; the unreadable stops nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.calls.tracker.intake import DELIVERIES
from shared.engine.streams import ForeignRecord, Place, Take
from shared.metrics import exposition
from shared.ports import StoreUnavailable
from tests.e2e.systems import System, ask, documents, eventually, start

SOURCE = {"bootstrap": "broker.example:9092", "topic": "acme.calls", "group": "tallyline"}


class Fake:
    """A broker's topic that a test speaks for. `away`: it can't be reached."""

    streams: list[Fake]
    away = False

    def __init__(self, place: Place, take: Take) -> None:
        self.place, self.take = place, take
        self.closed = False
        Fake.streams.append(self)

    async def open(self) -> None:
        if Fake.away:
            raise StoreUnavailable("away")

    async def reachable(self) -> bool:
        return True

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
async def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    Fake.streams, Fake.away = [], False
    monkeypatch.setattr("shared.runtime.connect", Fake)
    monkeypatch.setattr("services.calls.doors.followed.EVERY_S", 0.02)
    monkeypatch.setattr("services.calls.doors.streams.AGAIN_S", 0.1)
    async with start("embedded", tmp_path) as running:
        yield running


async def configure(system: System, kafka: Any, connector: str = "native", **more: Any) -> None:
    settings = {"connector": connector, "partner": "acme", "options": {"kafka": kafka} if kafka else {}, **more}
    answer = await system.client.post("/api/v1/sources", json={"id": "acme-k", "settings": settings})
    assert answer.status_code == 201, answer.text


async def opened(n: int = 1) -> Fake:
    async def found() -> Any:
        return len(Fake.streams) >= n

    await eventually(found)
    return Fake.streams[n - 1]


def told(offset: int, call: str, kind: str = "call.started", **data: Any) -> ForeignRecord:
    event = {
        "specversion": "1.0", "id": f"{call}-{kind}", "source": "pbx", "type": f"com.tallyline.{kind}.v1",
        "time": "2026-11-18T14:00:00Z", "data": {"call": call, "direction": "inbound", **data},
    }  # fmt: skip
    headers = (("content-type", b"application/cloudevents+json"), ("trace", b"\xff"))
    return ForeignRecord("acme.calls", 0, offset, 1_700, json.dumps(event).encode(), headers)


async def counts(system: System) -> Any:
    await system.settled()
    return (await ask(system.client, "/api/v1/sources/acme-k/intake"))["counts"]


async def test_a_record_is_taken_without_a_signature_and_a_second_time_it_is_a_duplicate(system: System) -> None:
    await configure(system, SOURCE)
    stream = await opened()
    assert stream.place == Place("broker.example:9092", "acme.calls", "tallyline")
    await stream.take(told(0, "c1"))
    await stream.take(told(0, "c1"))
    await stream.take(told(1, "c2"))
    found = await counts(system)
    assert (found["accepted"], found["duplicate"], found["received"]) == (2, 1, 3)
    assert len((await ask(system.client, "/api/v1/calls"))["items"]) == 2
    notes = await documents(system.runtime.kits["calls"].documents, DELIVERIES)
    assert sorted({note["key"] for note in notes.values()}) == ["acme.calls/0/0@1700", "acme.calls/0/1@1700"]


async def test_an_event_in_binary_mode_is_read_from_the_headers_of_its_record(system: System) -> None:
    await configure(system, SOURCE)
    stream = await opened()
    headers = {
        "ce_specversion": "1.0", "ce_id": "é 1%", "ce_source": "pbx", "ce_type": "com.tallyline.call.started.v1",
        "ce_time": "2026-11-18T14:00:00Z", "content-type": "application/json",
    }  # fmt: skip
    pairs = tuple((name, value.encode()) for name, value in headers.items())
    await stream.take(ForeignRecord("acme.calls", 0, 0, 0, b'{"call": "c1", "direction": "inbound"}', pairs))
    assert (await counts(system))["accepted"] == 1


async def test_what_nobody_can_read_is_one_dead_letter_however_often_it_comes_and_stops_nothing(system: System) -> None:
    await configure(system, SOURCE)
    stream = await opened()
    poison = ForeignRecord("acme.calls", 0, 0, 0, b"\x00 not an event")
    huge = ForeignRecord("acme.calls", 0, 1, 0, b"x" * ((4 << 20) + 1))
    for record in (poison, huge, poison, huge, told(2, "c1")):
        await stream.take(record)
    assert (await counts(system))["accepted"] == 1
    letters = (await ask(system.client, "/api/v1/operations/dead-letters"))["items"]
    assert len(letters) == 2
    assert {letter["kind"] for letter in letters} == {"delivery"}
    assert any("only its beginning is kept" in letter["cause"] for letter in letters)


async def test_while_the_store_is_away_a_record_is_not_taken(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    await configure(system, SOURCE)
    stream = await opened()

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr("shared.engine.appender.Appender.append_all", away)
        with pytest.raises(StoreUnavailable):
            await stream.take(told(0, "c1"))
    await stream.take(told(0, "c1"))
    assert (await counts(system))["accepted"] == 1
    assert (await ask(system.client, "/api/v1/operations/dead-letters"))["items"] == []


async def test_a_stream_follows_the_settings_of_its_source(system: System, caplog: pytest.LogCaptureFixture) -> None:
    await configure(system, SOURCE)
    first = await opened()
    await configure(system, {**SOURCE, "topic": "acme.calls.2"})
    second = await opened(2)
    assert (first.closed, second.place.topic) == (True, "acme.calls.2")
    await configure(system, {"topic": "acme.calls.3"})

    async def closed() -> bool:
        return second.closed

    await eventually(closed)
    assert caplog.text.count("options.kafka: Object missing required field") == 1
    assert len(Fake.streams) == 2


async def test_a_password_of_the_brokers_is_a_credential_of_the_source_and_the_newest_one_counts(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    await configure(system, {**SOURCE, "security": "sasl_ssl", "user": "tallyline", "ca": "a certificate"})

    async def complained() -> bool:
        return "needs a user, and a credential kafka-password" in caplog.text

    await eventually(complained)
    assert Fake.streams == []

    async def issue(password: str) -> str:
        body = {"scheme": "kafka-password", "secret": password}
        answer = await system.client.post("/api/v1/sources/acme-k/credentials", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    old = await issue("the first")
    first = await opened()
    access = first.place.access
    assert (access.tls, access.ca, access.mechanism) == (True, "a certificate", "SCRAM-SHA-512")
    assert (access.user, access.password) == ("tallyline", "the first")
    await issue("the second")
    second = await opened(2)
    assert (first.closed, second.place.access.password) == (True, "the second")
    assert (await system.client.delete(f"/api/v1/sources/acme-k/credentials/{old}")).status_code == 204
    await system.settled()
    shown = (await system.client.get("/api/v1/sources/acme-k")).text + caplog.text + repr(second.place)
    assert "the second" not in shown
    assert "kafka-password" in shown
    for topic in ("tallyline.partners", "tallyline.telephony"):
        for partition in range(system.runtime.engine.bus.partitions(topic)):
            for record in await system.runtime.engine.bus.read(topic, partition, 0, 100):
                assert b"the second" not in record.value


async def test_a_password_is_never_sent_in_the_clear(system: System, caplog: pytest.LogCaptureFixture) -> None:
    await configure(system, {**SOURCE, "security": "sasl_plaintext", "user": "tallyline"})

    async def complained() -> bool:
        return "options.kafka: Invalid enum value" in caplog.text

    await eventually(complained)
    assert Fake.streams == []


async def test_brokers_that_are_away_are_asked_again_and_those_that_answer_are_not(system: System) -> None:
    Fake.away = True
    await configure(system, SOURCE)
    await opened(2)
    assert b'tallyline_partner_stream_up{source="acme-k"} 0.0' in exposition()[0]
    Fake.away = False
    tries = len(Fake.streams)
    await opened(tries + 1)
    await asyncio.sleep(0.3)
    assert len(Fake.streams) == tries + 1
    assert [stream.closed for stream in Fake.streams] == [True] * tries + [False]
    assert b'tallyline_partner_stream_up{source="acme-k"} 1.0' in exposition()[0]
    await system.stop()
    assert Fake.streams[-1].closed
    assert b"stream_up{" not in exposition()[0]


async def test_brokers_that_do_not_answer_hold_up_no_other_source(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def endless(_: Fake) -> None:
        await asyncio.sleep(3_600)

    with monkeypatch.context() as patch:
        patch.setattr(Fake, "open", endless)
        await configure(system, SOURCE)
        await opened()
    settings = {"connector": "native", "partner": "acme", "options": {"kafka": {**SOURCE, "topic": "other"}}}
    await system.client.post("/api/v1/sources", json={"id": "acme-other", "settings": settings})
    assert (await opened(2)).place.topic == "other"


async def test_what_the_connector_must_be_told_of_every_record_stands_in_the_options(system: System) -> None:
    await configure(system, {**SOURCE, "meta": {"kind": "ami"}}, "asterisk")
    stream = await opened()
    block = (
        b"Event: QueueCallerJoin\r\nTimestamp: 1731938400.5\r\nQueue: sales\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\n"
    )
    await stream.take(ForeignRecord("acme.calls", 0, 0, 0, block))
    assert (await counts(system))["received"] == 1
    assert (await ask(system.client, "/api/v1/operations/dead-letters"))["items"] == []
