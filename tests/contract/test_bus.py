"""What every bus promises."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ports import Bus, Outgoing, Record, StoreUnavailable
from tests.contract.conftest import Member, OpenBus, until

TOPIC = "tallyline.calls"
PARTITIONS = 4


def outgoing(*names: object) -> list[Outgoing]:
    return [Outgoing(f"key-{name}", str(name).encode()) for name in names]


def values(records: Sequence[Record]) -> list[str]:
    return [record.value.decode() for record in records]


def seen(batches: Mapping[int, Sequence[Record]]) -> dict[int, list[str]]:
    return {partition: values(records) for partition, records in batches.items()}


@pytest.fixture
async def calls(bus: Bus) -> Bus:
    """The bus with one topic of four partitions."""
    await bus.declare({TOPIC: PARTITIONS})
    return bus


async def test_a_declared_topic_has_its_partitions_and_is_empty(calls: Bus) -> None:
    assert calls.partitions(TOPIC) == PARTITIONS
    assert await calls.ends(TOPIC) == dict.fromkeys(range(PARTITIONS), 0)
    assert await calls.read(TOPIC, 0, 0, 10) == []


async def test_declaring_again_changes_nothing(calls: Bus) -> None:
    await calls.publisher().send(TOPIC, 1, outgoing("a"))
    await calls.declare({TOPIC: PARTITIONS, "tallyline.other": 1})
    assert (await calls.ends(TOPIC))[1] == 1
    assert calls.partitions("tallyline.other") == 1


async def test_another_number_of_partitions_is_refused_and_nothing_changes(calls: Bus) -> None:
    with pytest.raises(ValueError, match="partitions"):
        await calls.declare({TOPIC: PARTITIONS + 1})
    assert calls.partitions(TOPIC) == PARTITIONS


async def test_a_topic_that_was_not_declared_and_a_partition_that_is_not_there_are_errors(calls: Bus) -> None:
    with pytest.raises(LookupError):
        calls.partitions("tallyline.unheard")
    publisher = calls.publisher()
    for partition in (-1, PARTITIONS):
        with pytest.raises(ValueError, match="partition"):
            await publisher.send(TOPIC, partition, outgoing("a"))
    assert await publisher.send(TOPIC, 0, outgoing("a")) == 0, "the mistake did not close the publisher"


async def test_offsets_count_from_0_in_each_partition_without_a_gap(calls: Bus) -> None:
    publisher = calls.publisher()
    assert await publisher.send(TOPIC, 0, outgoing("a", "b")) == 0
    assert await publisher.send(TOPIC, 1, outgoing("c")) == 0
    assert await publisher.send(TOPIC, 0, outgoing("d")) == 2
    assert await calls.ends(TOPIC) == {0: 3, 1: 1, 2: 0, 3: 0}
    assert await calls.read(TOPIC, 0, 0, 10) == [
        Record(0, "key-a", b"a"),
        Record(1, "key-b", b"b"),
        Record(2, "key-d", b"d"),
    ]


async def test_reading_starts_at_the_offset_and_stops_at_the_limit_and_at_the_end(calls: Bus) -> None:
    publisher = calls.publisher()
    await publisher.send(TOPIC, 1, outgoing(*range(250)))
    await publisher.send(TOPIC, 2, outgoing("next partition"))
    assert values(await calls.read(TOPIC, 1, 40, 3)) == ["40", "41", "42"]
    assert values(await calls.read(TOPIC, 1, 248, 10)) == ["248", "249"]
    assert await calls.read(TOPIC, 1, 250, 10) == []
    assert values(await calls.read(TOPIC, 1, 0, 1000)) == [str(n) for n in range(250)]


async def test_of_concurrent_publishers_each_keeps_its_order_and_its_batches_stay_whole(calls: Bus) -> None:
    async def publish(name: str) -> None:
        publisher = calls.publisher()
        for n in range(20):
            await publisher.send(TOPIC, 0, outgoing(*(f"{name}:{n}:{i}" for i in range(3))))

    await asyncio.gather(*(publish(name) for name in "abcd"))
    records = await calls.read(TOPIC, 0, 0, 1000)
    assert [record.offset for record in records] == list(range(240))
    for name in "abcd":
        own = [value for value in values(records) if value.startswith(name)]
        assert own == [f"{name}:{n}:{i}" for n in range(20) for i in range(3)]
    heads = [value.rsplit(":", 1)[0] for value in values(records)]
    assert all(heads[n] == heads[n + 1] == heads[n + 2] for n in range(0, 240, 3))


async def test_the_answer_is_the_offset_of_the_senders_own_first_record(calls: Bus) -> None:
    publishers = [calls.publisher() for _ in range(30)]
    firsts = await asyncio.gather(*(publisher.send(TOPIC, 0, outgoing(n, n)) for n, publisher in enumerate(publishers)))
    stored = values(await calls.read(TOPIC, 0, 0, 100))
    assert [stored[first : first + 2] for first in firsts] == [[str(n)] * 2 for n in range(30)]


async def test_one_publisher_sends_to_several_partitions_at_once_but_not_twice_to_one(calls: Bus) -> None:
    publisher = calls.publisher()
    sends = [asyncio.create_task(publisher.send(TOPIC, partition, outgoing("a"))) for partition in (0, 1)]
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        await publisher.send(TOPIC, 0, outgoing("b"))
    await asyncio.gather(*sends)
    assert await publisher.send(TOPIC, 0, outgoing("b")) == 1


async def test_a_closed_publisher_sends_nothing_more(calls: Bus) -> None:
    publisher = calls.publisher()
    await publisher.close()
    await publisher.close()
    with pytest.raises(StoreUnavailable):
        await publisher.send(TOPIC, 0, outgoing("a"))
    assert await calls.read(TOPIC, 0, 0, 10) == []


@pytest.mark.parametrize("turns", [1, 2, 5])
async def test_a_send_whose_caller_goes_away_closes_the_publisher_and_harms_no_neighbour(
    calls: Bus, turns: int
) -> None:
    leaving, staying = calls.publisher(), calls.publisher()
    gone = asyncio.create_task(leaving.send(TOPIC, 0, outgoing("gone-1", "gone-2")))
    neighbour = asyncio.create_task(staying.send(TOPIC, 0, outgoing("stays-1", "stays-2")))
    for _ in range(turns):
        await asyncio.sleep(0)
    assert gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    first = await neighbour
    with pytest.raises(StoreUnavailable):
        await leaving.send(TOPIC, 0, outgoing("never"))
    await calls.publisher().send(TOPIC, 0, outgoing("last"))
    stored = values(await calls.read(TOPIC, 0, 0, 10))
    assert stored[first : first + 2] == ["stays-1", "stays-2"]
    assert stored in (["stays-1", "stays-2", "last"], ["gone-1", "gone-2", "stays-1", "stays-2", "last"])


async def test_the_only_member_owns_every_partition_and_reads_all_from_the_beginning(calls: Bus) -> None:
    publisher = calls.publisher()
    for partition in range(PARTITIONS):
        await publisher.send(TOPIC, partition, outgoing(f"{partition}-a", f"{partition}-b"))
    member = Member()
    await member.join(calls, TOPIC, "views")
    got = await member.take(8)
    assert seen(got) == {partition: [f"{partition}-a", f"{partition}-b"] for partition in range(PARTITIONS)}
    assert member.subscription.owned() == frozenset(range(PARTITIONS))
    await member.subscription.close()


async def test_a_partition_is_polled_from_where_on_assigned_sought_it(calls: Bus) -> None:
    await calls.publisher().send(TOPIC, 0, outgoing(*range(10)))
    await calls.publisher().send(TOPIC, 1, outgoing(*range(10)))
    member = Member(start_at={0: 7})
    await member.join(calls, TOPIC, "views")
    got = await member.take(13)
    assert seen(got) == {0: ["7", "8", "9"], 1: [str(n) for n in range(10)]}
    await member.subscription.close()


async def test_a_poll_gives_each_record_once_and_a_seek_gives_it_again(calls: Bus) -> None:
    await calls.publisher().send(TOPIC, 2, outgoing(*range(5)))
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.take(5)
    assert await member.subscription.poll(10, 0.05) == {}
    member.subscription.seek(2, 3)
    assert seen(await member.take(2)) == {2: ["3", "4"]}
    await member.subscription.close()


async def test_a_seek_during_a_poll_is_not_lost(calls: Bus) -> None:
    await calls.publisher().send(TOPIC, 0, outgoing(*range(5)))
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.take(5)
    for turns in range(12):
        member.subscription.seek(0, 0)
        polling = asyncio.create_task(member.subscription.poll(10, 10))
        for _ in range(turns):
            await asyncio.sleep(0)
        too_late = polling.done()
        member.subscription.seek(0, 2)
        assert seen(await polling) == {0: ["0", "1", "2", "3", "4"] if too_late else ["2", "3", "4"]}
        if too_late:
            assert seen(await member.take(3)) == {0: ["2", "3", "4"]}
    await member.subscription.close()


async def test_a_poll_whose_caller_goes_away_loses_nothing(calls: Bus) -> None:
    await calls.publisher().send(TOPIC, 0, outgoing(*range(5)))
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.owns(0, 1, 2, 3)
    polling = asyncio.create_task(member.subscription.poll(10, 5))
    await asyncio.sleep(0)
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    assert seen(await member.take(5)) == {0: [str(n) for n in range(5)]}
    await member.subscription.close()


async def test_the_limit_holds_for_each_partition_so_that_a_full_one_does_not_starve_the_others(calls: Bus) -> None:
    publisher = calls.publisher()
    await publisher.send(TOPIC, 0, outgoing(*range(1000)))
    for partition in range(1, PARTITIONS):
        await publisher.send(TOPIC, partition, outgoing("small"))
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.owns(0, 1, 2, 3)
    counts = dict.fromkeys(range(PARTITIONS), 0)
    for _ in range(20):
        for partition, records in (await member.subscription.poll(10, 1.0)).items():
            assert len(records) <= 10
            counts[partition] += len(records)
    assert counts[0] >= 100, "the full partition moves on with each poll"
    assert [counts[partition] for partition in range(1, PARTITIONS)] == [1, 1, 1], "and no other waits for its end"
    await member.subscription.close()


async def test_a_waiting_poll_wakes_up_for_a_new_record(calls: Bus) -> None:
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.owns(0, 1, 2, 3)
    polling = asyncio.create_task(member.subscription.poll(10, 30))
    await asyncio.sleep(0.05)
    assert not polling.done()
    await calls.publisher().send(TOPIC, 3, outgoing("news"))
    async with asyncio.timeout(5):
        assert seen(await polling) == {3: ["news"]}
    await member.subscription.close()


async def test_a_poll_without_records_ends_after_its_timeout(calls: Bus) -> None:
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.owns(0, 1, 2, 3)
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await member.subscription.poll(10, 0.2) == {}
    assert 0.15 <= loop.time() - began < 5
    await member.subscription.close()


@pytest.mark.parametrize("poll_first", [True, False])
async def test_a_record_appended_at_any_moment_of_a_poll_is_not_slept_through(calls: Bus, poll_first: bool) -> None:
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.owns(0, 1, 2, 3)
    publisher = calls.publisher()

    async def poll(turns: int) -> Mapping[int, Sequence[Record]]:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await member.subscription.poll(10, 30)

    async def send(turns: int, partition: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await publisher.send(TOPIC, partition, outgoing("news"))

    for n in range(150):
        polling, sending = (poll(0), send(n % 30, n % 4)) if poll_first else (poll(n % 30), send(0, n % 4))
        async with asyncio.timeout(5):
            polled, _ = await asyncio.gather(polling, sending)
        assert seen(polled) == {n % 4: ["news"]}
    await member.subscription.close()


async def test_after_a_close_without_a_seek_everything_is_delivered_again(calls: Bus) -> None:
    await calls.publisher().send(TOPIC, 0, outgoing("a", "b"))
    for _ in range(2):
        member = Member()
        await member.join(calls, TOPIC, "views")
        assert seen(await member.take(2)) == {0: ["a", "b"]}
        await member.subscription.close()


async def test_a_closed_subscription_owns_nothing_wakes_its_poll_and_closes_again(calls: Bus) -> None:
    member = Member()
    await member.join(calls, TOPIC, "views")
    await member.owns(0, 1, 2, 3)
    polling = asyncio.create_task(member.subscription.poll(10, 30))
    await asyncio.sleep(0.02)
    await member.subscription.close()
    await member.subscription.close()
    async with asyncio.timeout(5):
        assert await polling == {}
    assert member.subscription.owned() == frozenset()
    with pytest.raises(RuntimeError):
        await member.subscription.poll(10, 0)
    with pytest.raises(ValueError, match="not owned"):
        member.subscription.seek(0, 0)


async def test_groups_do_not_disturb_each_other(calls: Bus) -> None:
    await calls.publisher().send(TOPIC, 0, outgoing("a"))
    one, other = Member(), Member()
    await one.join(calls, TOPIC, "views")
    await other.join(calls, TOPIC, "process-managers")
    assert seen(await one.take(1)) == seen(await other.take(1)) == {0: ["a"]}
    await one.subscription.close()
    await other.subscription.close()


async def test_members_of_a_group_share_the_partitions_evenly(calls: Bus) -> None:
    members = [Member() for _ in range(3)]
    for member in members:
        await member.join(calls, TOPIC, "views")
    await until(lambda: sorted(len(member.subscription.owned()) for member in members) == [1, 1, 2])
    assert sorted(p for member in members for p in member.subscription.owned()) == list(range(PARTITIONS))
    for member in members:
        await member.subscription.close()


async def test_a_partition_is_given_away_only_after_on_revoked_has_returned(calls: Bus) -> None:
    story: list[tuple[str, str, frozenset[int]]] = []
    finished = asyncio.Event()

    class Busy(Member):
        async def revoked(self, partitions: frozenset[int]) -> None:
            await finished.wait()
            await super().revoked(partitions)

    old, new = Busy("old", story=story), Member("new", story=story)
    await old.join(calls, TOPIC, "views")
    await old.owns(0, 1, 2, 3)
    await new.join(calls, TOPIC, "views")
    await calls.publisher().send(TOPIC, 1, outgoing("a"))
    assert await new.subscription.poll(10, 0.1) == {}
    assert new.subscription.owned() == frozenset()
    finished.set()
    await until(lambda: len(new.subscription.owned()) == 2)
    moved = new.subscription.owned()
    assert story.index(("old", "revoked", moved)) < story.index(("new", "assigned", moved))
    assert old.subscription.owned() == frozenset(range(PARTITIONS)) - moved
    await old.subscription.close()
    await new.subscription.close()


async def test_what_a_closed_member_owned_goes_to_the_others_and_none_is_read_by_two(calls: Bus) -> None:
    first, second = Member(), Member()
    await first.join(calls, TOPIC, "views")
    await second.join(calls, TOPIC, "views")
    publisher = calls.publisher()
    for partition in range(PARTITIONS):
        await publisher.send(TOPIC, partition, outgoing(partition))
    got = await asyncio.gather(first.take(2), second.take(2))
    assert sorted(p for batches in got for p in batches) == list(range(PARTITIONS))
    await first.subscription.close()
    await second.owns(0, 1, 2, 3)
    await second.subscription.close()


async def test_a_failure_in_on_assigned_comes_out_of_the_poll_and_spares_the_others(calls: Bus) -> None:
    class Failing(Member):
        async def assigned(self, partitions: frozenset[int]) -> None:
            raise StoreUnavailable("no checkpoint")

    await calls.publisher().send(TOPIC, 0, outgoing("a"))
    failing, well = Failing(), Member()
    await failing.join(calls, TOPIC, "views")
    with pytest.raises(StoreUnavailable):
        await failing.subscription.poll(10, 30)
    assert failing.subscription.owned() == frozenset()
    await well.join(calls, TOPIC, "views")
    await failing.subscription.close()
    assert seen(await well.take(1)) == {0: ["a"]}
    await well.subscription.close()


async def test_everything_is_there_after_reopening(open_bus: OpenBus, tmp_path: Path) -> None:
    async with open_bus(tmp_path) as bus:
        await bus.declare({TOPIC: PARTITIONS})
        await bus.publisher().send(TOPIC, 2, outgoing("a", "b"))
    async with open_bus(tmp_path) as bus:
        with pytest.raises(ValueError, match="partitions"):
            await bus.declare({TOPIC: 6})
        await bus.declare({TOPIC: PARTITIONS})
        assert await bus.ends(TOPIC) == {0: 0, 1: 0, 2: 2, 3: 0}
        assert await bus.publisher().send(TOPIC, 2, outgoing("c")) == 2
        assert values(await bus.read(TOPIC, 2, 0, 10)) == ["a", "b", "c"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 1), st.lists(st.binary(max_size=20), max_size=4)),
        st.tuples(st.just("poll"), st.integers(1, 5), st.just([])),
        st.tuples(st.just("seek"), st.integers(0, 1), st.lists(st.just(b""), max_size=6)),
        st.tuples(st.just("read"), st.integers(0, 1), st.lists(st.just(b""), max_size=6)),
    ),
    max_size=30,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_bus_behaves_like_a_list_for_each_partition(
    open_bus: OpenBus, steps: list[tuple[str, int, list[bytes]]]
) -> None:
    async def play(home: Path) -> None:
        lists: dict[int, list[bytes]] = {0: [], 1: []}
        positions = {0: 0, 1: 0}
        async with open_bus(home) as bus:
            await bus.declare({TOPIC: 2})
            publisher, member = bus.publisher(), Member()
            await member.join(bus, TOPIC, "views")
            await member.owns(0, 1)
            for what, number, content in steps:
                match what:
                    case "send":
                        sent = [Outgoing("k", value) for value in content]
                        assert await publisher.send(TOPIC, number, sent) == len(lists[number])
                        lists[number] += content
                    case "poll":
                        waiting = {p: stored[positions[p] :][:number] for p, stored in lists.items()}
                        got = await member.subscription.poll(number, 10 if any(waiting.values()) else 0)
                        assert bool(got) == any(waiting.values())
                        for partition, records in got.items():
                            assert [record.value for record in records] == waiting[partition][: len(records)]
                            positions[partition] += len(records)
                    case "seek":
                        positions[number] = min(len(content), len(lists[number]))
                        member.subscription.seek(number, positions[number])
                    case _:
                        found = await bus.read(TOPIC, number, len(content), 3)
                        assert found == [
                            Record(offset, "k", value)
                            for offset, value in enumerate(lists[number])
                            if len(content) <= offset < len(content) + 3
                        ]
            assert await bus.ends(TOPIC) == {partition: len(stored) for partition, stored in lists.items()}
            await member.subscription.close()

    with tempfile.TemporaryDirectory() as home:
        asyncio.run(play(Path(home)))
