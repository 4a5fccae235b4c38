"""What the frame acknowledges: only what was taken, with explicit offsets, whatever fails in between."""

from __future__ import annotations

import ast
import asyncio
import logging
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from aiokafka.errors import IllegalStateError
from aiokafka.structs import ConsumerRecord, TopicPartition
from faststream import AckPolicy
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.engines import connect
from shared.adapters.kafka import frame
from shared.adapters.kafka.frame import KafkaStream
from shared.engine.streams import ForeignRecord, Place
from shared.ports import StoreUnavailable

ROOT = Path(__file__).parents[3]
PLACE = Place("127.0.0.1:1", "calls", "tallyline")


class Consumer:
    """Remembers what it was told."""

    def __init__(self, lost: frozenset[int] = frozenset()) -> None:
        self.committed: list[dict[TopicPartition, int]] = []
        self.sought: dict[TopicPartition, int] = {}
        self.lost = lost

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        if any(place.partition in self.lost for place in offsets):
            raise IllegalStateError("not assigned")
        self.committed.append(offsets)

    def seek(self, place: TopicPartition, offset: int) -> None:
        if place.partition in self.lost:
            raise IllegalStateError("not assigned")
        self.sought[place] = offset


class Store:
    """Takes a record after it has refused it so many times."""

    def __init__(self, refusals: dict[tuple[int, int], int], error: type[Exception] = StoreUnavailable) -> None:
        self.refusals = Counter(refusals)
        self.error = error
        self.taken: list[tuple[int, int]] = []

    async def __call__(self, record: ForeignRecord) -> None:
        place = (record.partition, record.offset)
        if self.refusals[place] > 0:
            self.refusals[place] -= 1
            raise self.error("a text that nobody may see")
        self.taken.append(place)


def record(partition: int, offset: int) -> ForeignRecord:
    return ForeignRecord("calls", partition, offset, 0, b"{}")


def stream_of(store: Store, consumer: Consumer) -> KafkaStream:
    """A stream that is not connected, with somebody else in place of its consumer."""
    stream = KafkaStream(PLACE, store)
    (subscriber,) = stream.broker.subscribers
    cast(Any, subscriber).consumer = consumer
    return stream


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "PAUSES", (0.0,) * 4)


def test_every_subscriber_leaves_the_acknowledging_to_us() -> None:
    stream = connect(PLACE, Store({}))
    assert isinstance(stream, KafkaStream)
    subscribers = list(stream.broker.subscribers)
    assert subscribers
    assert stream.broker.config.broker_config.consumer_only, "we ask a partner for reading, and nothing else"
    for subscriber in subscribers:
        assert cast(Any, subscriber).ack_policy is AckPolicy.MANUAL
        assert cast(Any, subscriber)._connection_args["enable_auto_commit"] is False
        assert cast(Any, subscriber)._connection_args["auto_offset_reset"] == "earliest"


def calls_of(method: str) -> list[tuple[str, ast.Call]]:
    """Every call of a method with this name in the product, with its place."""
    return [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "shared").rglob("*.py")])
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
    ]


def test_no_subscriber_anywhere_is_made_without_saying_that_we_acknowledge_ourselves() -> None:
    """FastStream's other policies lose a batch that failed, or commit beyond it."""
    subscribers = calls_of("subscriber")
    assert subscribers, "there is one at least"
    for place, call in subscribers:
        said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert said.get("ack_policy") == "AckPolicy.MANUAL", place
    assert calls_of("publish_batch") == [], "it would send keyed records to whatever partition"


@settings(max_examples=60, deadline=None)
@given(
    batch=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=12),
    refusals=st.dictionaries(st.tuples(st.integers(0, 3), st.integers(0, 20)), st.integers(1, 6), max_size=8),
)
def test_a_batch_is_acknowledged_when_all_of_it_was_taken_and_else_read_again_from_its_first_record(
    batch: set[tuple[int, int]], refusals: dict[tuple[int, int], int]
) -> None:
    async def case() -> None:
        store, consumer = Store(refusals), Consumer()
        stream = stream_of(store, consumer)
        await stream._hand_on([record(*place) for place in sorted(batch)])
        assert len(store.taken) == len(set(store.taken)), "what was taken is not taken a second time"
        stuck = {place for place in batch if refusals.get(place, 0) >= 4}
        assert set(store.taken) == batch - stuck
        bounds = {partition: [o for p, o in batch if p == partition] for partition in {p for p, _ in batch}}
        if stuck:
            assert consumer.committed == []
            assert consumer.sought == {TopicPartition("calls", p): min(found) for p, found in bounds.items()}
        else:
            assert consumer.committed == [{TopicPartition("calls", p): max(found) + 1 for p, found in bounds.items()}]
            assert consumer.sought == {}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frame, "PAUSES", (0.0,) * 4)
        asyncio.run(case())


async def test_a_fault_of_ours_makes_the_stream_wait_too_and_its_text_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, consumer = Store({(0, 1): 2}, error=KeyError), Consumer()
    with caplog.at_level(logging.WARNING):
        await stream_of(store, consumer)._hand_on([record(0, 0), record(0, 1)])
    assert consumer.committed == [{TopicPartition("calls", 0): 2}]
    assert "KeyError" in caplog.text
    assert "nobody may see" not in caplog.text


async def test_a_partition_that_was_taken_away_meanwhile_is_left_to_whoever_has_it() -> None:
    consumer = Consumer(lost=frozenset({1}))
    await stream_of(Store({}), consumer)._hand_on([record(0, 5), record(1, 7)])
    assert consumer.committed == []
    await stream_of(Store({(0, 5): 99}), consumer)._hand_on([record(0, 5), record(1, 7)])
    assert consumer.sought == {TopicPartition("calls", 0): 5}


async def test_closing_ends_the_waiting_and_acknowledges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "PAUSES", (0.0, 3_600.0))
    consumer = Consumer()
    stream = stream_of(Store({(0, 0): 99}), consumer)
    working = asyncio.ensure_future(stream._hand_on([record(0, 0)]))
    await asyncio.sleep(0.01)
    stream._closing.set()
    await asyncio.wait_for(working, 1.0)
    assert (consumer.committed, consumer.sought) == ([], {})


async def test_headers_that_are_no_text_and_records_without_a_value_are_handed_on_as_they_are() -> None:
    raw = ConsumerRecord(
        topic="calls", partition=2, offset=9, timestamp=17, timestamp_type=0, key=None, value=None, checksum=None,
        serialized_key_size=-1, serialized_value_size=-1, headers=(("trace", b"\xff\xfe"),),
    )  # fmt: skip
    (handed,) = await frame._records(await frame._as_it_is((raw,)))
    assert handed == ForeignRecord("calls", 2, 9, 17, b"", (("trace", b"\xff\xfe"),))


async def test_a_broker_that_does_not_answer_is_unavailable_and_leaves_nothing_open() -> None:
    stream = KafkaStream(PLACE, Store({}))
    with pytest.raises(StoreUnavailable):
        await stream.open()
    assert not await stream.reachable()
    await stream.close()
