"""The bus on Kafka where the embedded one has no like: a broker that is away, requests that are refused, settings."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.adapters.kafka import KafkaBus, LogCut, consuming
from shared.adapters.kafka.topics import MAX_BATCH
from shared.clock import now
from shared.ports import Outgoing, Record, StoreUnavailable
from tests.contract.conftest import Member, until
from tests.engines import kafka
from tests.engines.server import Server

pytestmark = pytest.mark.engines
TOPIC = "tallyline.calls"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A broker of this module's own, which may be harmed."""
    server = Server("kafka", kafka.command, kafka.ready, own=True)
    server.address()
    yield server
    server.stop()


@pytest.fixture
def namespace() -> str:
    return f"t{os.urandom(6).hex()}."


@asynccontextmanager
async def opened(server: Server, namespace: str, **options: Any) -> AsyncIterator[KafkaBus]:
    bus = KafkaBus(server.address(), namespace=namespace, **options)
    await bus.open()
    try:
        yield bus
    finally:
        async with asyncio.timeout(30):
            await bus.close()


@pytest.fixture
async def bus(server: Server, namespace: str) -> AsyncIterator[KafkaBus]:
    async with opened(server, namespace, timeout=4.0) as bus:
        await bus.declare({TOPIC: 2})
        yield bus


@asynccontextmanager
async def admin(server: Server) -> AsyncIterator[Any]:
    client = AIOKafkaAdminClient(bootstrap_servers=server.address())
    await client.start()
    try:
        yield client
    finally:
        await client.close()


def one(value: bytes) -> list[Outgoing]:
    return [Outgoing("k", value)]


async def values(bus: KafkaBus, partition: int = 0) -> list[bytes]:
    return [record.value for record in await bus.read(TOPIC, partition, 0, 1000)]


async def test_topics_are_made_to_keep_everything_compressed_and_replicated_as_asked(
    server: Server, bus: KafkaBus, namespace: str
) -> None:
    async with admin(server) as client:
        resource = ConfigResource(ConfigResourceType.TOPIC, namespace + TOPIC)
        (response,) = await client.describe_configs([resource])
    settings = {entry[0]: entry[1] for entry in response.resources[0][4]}
    assert settings["cleanup.policy"] == "delete"
    assert settings["retention.ms"] == settings["retention.bytes"] == "-1"
    assert settings["compression.type"] == "zstd"
    assert settings["min.insync.replicas"] == "1"


@pytest.mark.parametrize(
    ("setting", "value"), [("cleanup.policy", "compact"), ("retention.ms", "1000"), ("retention.bytes", "1000")]
)
async def test_a_topic_that_would_lose_records_is_refused(
    server: Server, bus: KafkaBus, namespace: str, setting: str, value: str
) -> None:
    settings = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"} | {setting: value}
    async with admin(server) as client:
        await client.create_topics([NewTopic(namespace + "other", 1, 1, topic_configs=settings)])
    with pytest.raises(ValueError, match=setting):
        await bus.declare({"third": 1, "other": 1})
    with pytest.raises(LookupError):
        bus.partitions("other")
    async with admin(server) as client:
        assert namespace + "third" not in await client.list_topics(), "nothing was created"


async def test_a_topic_with_fewer_replicas_in_sync_than_asked_for_is_refused(
    server: Server, bus: KafkaBus, namespace: str
) -> None:
    async with opened(server, namespace, min_insync=2) as stricter:
        with pytest.raises(ValueError, match=r"min\.insync\.replicas"):
            await stricter.declare({TOPIC: 2})


async def test_more_replicas_than_there_are_brokers_is_no_topic(server: Server, namespace: str) -> None:
    async with opened(server, namespace, replication=3) as bus:
        with pytest.raises(StoreUnavailable, match="ReplicationFactor"):
            await bus.declare({TOPIC: 2})


async def test_two_that_declare_at_the_same_moment_both_succeed(server: Server, namespace: str) -> None:
    async with opened(server, namespace) as one, opened(server, namespace) as other:
        await asyncio.gather(*(bus.declare({TOPIC: 3, "other": 1}) for bus in (one, other)))
        assert one.partitions(TOPIC) == other.partitions(TOPIC) == 3


async def test_too_large_a_record_is_an_error_before_anything_is_sent(bus: KafkaBus) -> None:
    publisher = bus.publisher()
    with pytest.raises(ValueError, match="too large"):
        await publisher.send(TOPIC, 0, [*one(b"first"), *one(bytes(MAX_BATCH))])
    assert await publisher.send(TOPIC, 0, one(b"after")) == 0
    assert await values(bus) == [b"after"]


async def test_a_record_without_key_or_value_of_whoever_wrote_it_stops_no_reader(
    server: Server, bus: KafkaBus, namespace: str
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=server.address())
    await producer.start()
    for key, value in ((None, b"keyless"), (b"\xff", b"odd"), (b"empty", None), (b"k", b"ours")):
        await producer.send_and_wait(namespace + TOPIC, value, key, 0)
    await producer.stop()
    expected = [
        Record(0, "", b"keyless"),
        Record(1, "\ufffd", b"odd"),
        Record(2, "empty", b""),
        Record(3, "k", b"ours"),
    ]
    assert await bus.read(TOPIC, 0, 0, 10) == expected
    member = Member()
    await member.join(bus, TOPIC, "views")
    assert await member.take(4) == {0: expected}
    await member.subscription.close()


async def test_a_producer_whose_clock_has_jumped_a_day_ahead_is_heard(
    server: Server, bus: KafkaBus, namespace: str
) -> None:
    tomorrow = round((now() + timedelta(days=1)).timestamp() * 1000)
    producer = AIOKafkaProducer(bootstrap_servers=server.address(), acks="all")
    await producer.start()
    await producer.send_and_wait(namespace + TOPIC, b"early", b"k", 0, tomorrow)
    await producer.stop()
    assert await values(bus) == [b"early"]


async def test_the_largest_record_passes_also_when_it_cannot_be_compressed(bus: KafkaBus) -> None:
    largest = os.urandom(MAX_BATCH - 200)
    await bus.publisher().send(TOPIC, 0, [*one(b"small"), *one(largest)])
    assert await values(bus) == [b"small", largest]
    member = Member()
    await member.join(bus, TOPIC, "views")
    assert await member.take(2) == {0: [Record(0, "k", b"small"), Record(1, "k", largest)]}
    await member.subscription.close()


async def test_a_large_send_goes_out_in_order_each_request_after_the_answer_to_the_one_before(
    bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way: list[asyncio.Future[Any]] = []
    real = AIOKafkaProducer.send_batch

    async def watched(self: Any, batch: Any, topic: str, *, partition: int) -> Any:
        assert all(future.done() for future in under_way), "two requests in flight for one partition"
        future = await real(self, batch, topic, partition=partition)
        under_way.append(future)
        return future

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", watched)
    sent = [bytes([n]) * (MAX_BATCH // 3) for n in range(8)]
    assert await bus.publisher().send(TOPIC, 1, [Outgoing("k", value) for value in sent]) == 0
    assert len(under_way) == 4
    assert await values(bus, 1) == sent


async def test_what_the_broker_refuses_ends_the_send_there_and_closes_the_publisher(
    server: Server, bus: KafkaBus, namespace: str
) -> None:
    async with admin(server) as client:
        lower = ConfigResource(ConfigResourceType.TOPIC, namespace + TOPIC, {"max.message.bytes": "100000"})
        await client.alter_configs([lower])
    publisher = bus.publisher()
    with pytest.raises(StoreUnavailable, match="MessageSizeTooLarge"):
        await publisher.send(TOPIC, 0, [*one(bytes(MAX_BATCH // 2)), *one(os.urandom(MAX_BATCH - 200)), *one(b"last")])
    assert await values(bus) == [bytes(MAX_BATCH // 2)]
    with pytest.raises(StoreUnavailable, match="closed"):
        await publisher.send(TOPIC, 1, one(b"never"))
    assert await bus.publisher().send(TOPIC, 0, one(b"new session")) == 1


async def test_while_the_broker_does_not_answer_everything_fails_in_time_and_afterwards_goes_on(
    server: Server, bus: KafkaBus
) -> None:
    publisher, member = bus.publisher(), Member()
    await publisher.send(TOPIC, 0, one(b"before"))
    await member.join(bus, TOPIC, "views")
    assert await member.take(1) == {0: [Record(0, "k", b"before")]}
    server.freeze()
    try:
        async with asyncio.timeout(12):
            calls = [
                publisher.send(TOPIC, 0, one(b"lost?")),
                bus.publisher().send(TOPIC, 1, one(b"never")),
                bus.ends(TOPIC),
            ]
            answers = await asyncio.gather(*calls, bus.read(TOPIC, 0, 0, 10), return_exceptions=True)
            assert all(isinstance(answer, StoreUnavailable) for answer in answers), answers
            with pytest.raises(StoreUnavailable):
                await bus.subscribe(TOPIC, "others", member.assigned, member.revoked)
            assert await member.subscription.poll(10, 0.5) == {}
        with pytest.raises(StoreUnavailable, match="closed"):
            await publisher.send(TOPIC, 0, one(b"never"))
    finally:
        server.thaw()
    at = await bus.publisher().send(TOPIC, 0, one(b"after"))
    assert await values(bus) in ([b"before", b"after"], [b"before", b"lost?", b"after"])
    got = await member.take(at)
    assert [record.offset for record in got[0]] == list(range(1, at + 1))
    await member.subscription.close()


async def test_sends_that_were_given_up_leave_no_task_behind_and_no_failure_unheard(
    server: Server, namespace: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = asyncio.all_tasks()
    async with opened(server, namespace, timeout=2.0) as bus:
        await bus.declare({TOPIC: 4})
        publisher = bus.publisher()
        await publisher.send(TOPIC, 0, one(b"before"))
        server.freeze()
        try:
            sends = (publisher.send(TOPIC, partition, one(b"?")) for partition in range(4))
            answers = await asyncio.gather(*sends, return_exceptions=True)
        finally:
            server.thaw()
        assert all(isinstance(answer, StoreUnavailable) for answer in answers), answers
    gc.collect()
    await asyncio.sleep(0.1)
    assert asyncio.all_tasks() == before
    unheard = [record for record in caplog.records if record.name in ("asyncio", "shared.adapters.kafka.bus")]
    assert not unheard


async def test_a_broker_that_crashes_and_comes_back_has_what_it_acknowledged_and_readers_go_on(
    server: Server, bus: KafkaBus
) -> None:
    publisher, member = bus.publisher(), Member()
    await publisher.send(TOPIC, 0, one(b"before"))
    await member.join(bus, TOPIC, "views")
    assert await member.take(1) == {0: [Record(0, "k", b"before")]}
    server.crash()
    with pytest.raises(StoreUnavailable):
        await publisher.send(TOPIC, 0, one(b"never"))
    assert await member.subscription.poll(10, 0.2) == {}
    await asyncio.to_thread(server.restart)
    sent = None
    while sent is None:
        try:
            sent = await bus.publisher().send(TOPIC, 0, one(b"after"))
        except StoreUnavailable:
            await asyncio.sleep(0.2)
    assert await values(bus) == [b"before", b"after"]
    assert await member.take(1) == {0: [Record(1, "k", b"after")]}
    await member.subscription.close()


async def test_a_bus_without_a_broker_does_not_open() -> None:
    bus = KafkaBus("127.0.0.1:1", timeout=2.0)
    with pytest.raises(StoreUnavailable):
        await bus.open()
    await bus.close()


async def test_beyond_the_end_reading_finds_nothing_and_a_member_stops(bus: KafkaBus) -> None:
    await bus.publisher().send(TOPIC, 0, one(b"a"))
    assert await bus.read(TOPIC, 0, 5, 10) == []
    member = Member(start_at={0: 5})
    await member.join(bus, TOPIC, "views")
    with pytest.raises(LogCut, match="go on at 5"):
        await member.take(1)
    await member.subscription.close()


async def test_a_cut_log_is_not_read_as_if_it_were_whole(server: Server, bus: KafkaBus, namespace: str) -> None:
    await bus.publisher().send(TOPIC, 0, one(b"a") * 3)
    async with admin(server) as client:
        await client.delete_records({TopicPartition(namespace + TOPIC, 0): RecordsToDelete(before_offset=2)})
    with pytest.raises(LogCut, match="no record 0"):
        await bus.read(TOPIC, 0, 0, 10)
    member = Member()
    await member.join(bus, TOPIC, "views")
    with pytest.raises(LogCut):
        await member.take(1)
    await member.subscription.close()


async def holder(bus: KafkaBus) -> Member:
    """A member that has both partitions, and has read the record of each."""
    publisher, member = bus.publisher(), Member("old")
    for partition in (0, 1):
        await publisher.send(TOPIC, partition, one(b"before"))
    await member.join(bus, TOPIC, "views")
    await member.take(2)
    return member


async def test_what_a_member_keeps_when_another_joins_is_neither_taken_from_it_nor_read_again(bus: KafkaBus) -> None:
    publisher, old, new = bus.publisher(), await holder(bus), Member("new")
    await new.join(bus, TOPIC, "views")
    await until(lambda: len(new.subscription.owned()) == 1)
    (moved,), (kept,) = new.subscription.owned(), old.subscription.owned()
    assert old.story == [("old", "assigned", frozenset({0, 1})), ("old", "revoked", frozenset({moved}))]
    for partition in (0, 1):
        await publisher.send(TOPIC, partition, one(b"after"))
    assert await old.take(1) == {kept: [Record(1, "k", b"after")]}
    assert await new.take(2) == {moved: [Record(0, "k", b"before"), Record(1, "k", b"after")]}
    await old.subscription.close()
    await new.subscription.close()


async def test_a_place_that_is_said_while_the_partition_goes_is_no_failure(bus: KafkaBus) -> None:
    """aiokafka divides first and says so later: what it has taken away is still readable here in between."""
    old, new = await holder(bus), Member("new")
    assert isinstance(old.subscription, consuming.KafkaSubscription)
    coordinator = old.subscription._consumer._coordinator
    says = coordinator._stop_commit_offsets_refresh_task
    said: list[asyncio.Task[int]] = []

    async def say_places() -> int:
        owned = old.subscription.owned()
        for partition in owned:
            old.subscription.seek(partition, 0)
        return len(owned) - len(coordinator._subscription.assigned_partitions())

    async def says_late() -> None:
        said.append(asyncio.create_task(say_places()))
        await asyncio.wait(said)
        await says()

    coordinator._stop_commit_offsets_refresh_task = says_late
    await new.join(bus, TOPIC, "views")
    await until(lambda: len(new.subscription.owned()) == 1)
    (kept,) = old.subscription.owned()
    assert await said[0] == 1, "one was taken away, and not said yet"
    assert await old.take(1) == {kept: [Record(0, "k", b"before")]}, "what stays goes on from where it was told to"
    await old.subscription.close()
    await new.subscription.close()


async def test_a_hand_over_waits_for_its_owner_also_longer_than_a_member_may_be_silent(
    bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "SESSION_MS", 6_000)  # the least that the broker allows
    finished = asyncio.Event()

    class Slow(Member):
        async def revoked(self, partitions: frozenset[int]) -> None:
            await finished.wait()
            await super().revoked(partitions)

    old, new = Slow("old"), Member("new")
    await old.join(bus, TOPIC, "views")
    await old.owns(0, 1)
    await new.join(bus, TOPIC, "views")
    await until(lambda: len(old.subscription.owned()) == 1)
    await bus.publisher().send(TOPIC, next(iter(old.subscription.owned())), one(b"meanwhile"))
    assert [*(await old.take(1)).values()] == [[Record(0, "k", b"meanwhile")]], "what stays is read all the time"
    await asyncio.sleep(7)
    assert new.story == []
    finished.set()
    await until(lambda: len(new.subscription.owned()) == 1)
    await old.subscription.close()
    await new.subscription.close()


async def test_a_member_that_was_silent_for_too_long_ends_its_work_and_begins_anew(
    server: Server, bus: KafkaBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "MOST_MS_BETWEEN_POLLS", 2_000)
    silent = Member("silent")
    await silent.join(bus, TOPIC, "views")
    await silent.owns(0, 1)
    await until(lambda: ("silent", "revoked", frozenset({0, 1})) in silent.story)
    assert silent.subscription.owned() == frozenset()
    other = Member("other")
    await other.join(bus, TOPIC, "views")
    polling = asyncio.create_task(poll_for_ever(other))
    await other.owns(0, 1)
    polling_too = asyncio.create_task(poll_for_ever(silent))
    await until(lambda: len(silent.subscription.owned()) == 1)
    await until(lambda: len(other.subscription.owned()) == 1)
    for task in (polling, polling_too):
        task.cancel()
    await asyncio.wait([polling, polling_too])
    await silent.subscription.close()
    await other.subscription.close()


async def poll_for_ever(member: Member) -> None:
    while True:
        await member.subscription.poll(10, 0.05)


async def test_tools_that_show_the_lag_find_the_groups_offsets(
    server: Server, bus: KafkaBus, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "COMMIT_EVERY", 0.1)
    await bus.publisher().send(TOPIC, 0, one(b"a") * 3)
    member = Member()
    await member.join(bus, TOPIC, "views")
    await member.take(3)
    tool = AIOKafkaConsumer(bootstrap_servers=server.address(), group_id=f"{namespace}{TOPIC}.views")
    await tool.start()
    async with asyncio.timeout(20):
        while await tool.committed(TopicPartition(namespace + TOPIC, 0)) != 3:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    await tool.stop()
    await member.subscription.close()


async def test_what_is_left_open_is_closed_with_the_bus(server: Server, namespace: str) -> None:
    before = asyncio.all_tasks()
    async with opened(server, namespace) as bus:
        await bus.declare({TOPIC: 1})
        await bus.publisher().send(TOPIC, 0, one(b"a"))
        member = Member()
        await member.join(bus, TOPIC, "views")
        await member.owns(0)
    assert member.subscription.owned() == frozenset()
    for _ in range(5):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
