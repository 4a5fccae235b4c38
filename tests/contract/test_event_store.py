"""What every event store promises."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from shared.ports import CommandKnown, Commit, EventStore, Marked, VersionConflict
from tests.contract.conftest import OpenEventStores

AT = datetime(2026, 3, 1, 12, 30, 15, 123457, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def commit(stream: str, version: int, command_id: str = "") -> Commit:
    events = msgspec.json.encode([{"type": "Happened", "n": version}])
    return Commit(stream, version, events, command_id or f"command-{version}", "ana", AT)


async def append_all(store: EventStore, stream: str, versions: int) -> list[Commit]:
    commits = [commit(stream, version) for version in range(1, versions + 1)]
    for each in commits:
        await store.append(each)
    return commits


async def test_commits_come_back_as_they_were_written_in_the_order_of_their_versions(event_store: EventStore) -> None:
    commits = await append_all(event_store, "partner-acme", 3)
    assert await event_store.load("partner-acme") == commits


async def test_a_commit_keeps_the_trace_of_its_command(event_store: EventStore) -> None:
    traced = msgspec.structs.replace(commit("partner-acme", 1), trace=TRACE)
    await event_store.append(traced)
    assert await event_store.load("partner-acme") == [traced]
    assert await event_store.unnumbered(10) == [traced]
    assert [one.commit for one in await event_store.history(("", 0), 10)] == [traced]


async def test_only_the_commits_above_the_given_version_are_loaded(event_store: EventStore) -> None:
    commits = await append_all(event_store, "partner-acme", 3)
    assert await event_store.load("partner-acme", after=1) == commits[1:]
    assert await event_store.load("partner-acme", after=3) == []
    assert await event_store.load("partner-other") == []


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_a_version_that_is_taken_or_leaves_a_gap_is_a_conflict(event_store: EventStore, version: int) -> None:
    first = commit("partner-acme", 1)
    await event_store.append(first)
    with pytest.raises(VersionConflict):
        await event_store.append(commit("partner-acme", version, "another"))
    assert await event_store.load("partner-acme") == [first]


async def test_a_stream_begins_at_version_one(event_store: EventStore) -> None:
    with pytest.raises(VersionConflict):
        await event_store.append(commit("partner-acme", 2))


async def test_a_repeated_command_is_answered_with_the_version_of_its_commit(event_store: EventStore) -> None:
    commits = await append_all(event_store, "partner-acme", 3)
    for version in (2, 3, 4, 9):  # as first tried, taken by another, next, beyond a gap
        with pytest.raises(CommandKnown) as known:
            await event_store.append(commit("partner-acme", version, "command-2"))
        assert known.value.version == 2
    assert await event_store.load("partner-acme") == commits


async def test_a_command_id_is_known_only_to_its_own_stream(event_store: EventStore) -> None:
    await event_store.append(commit("partner-acme", 1, "same"))
    await event_store.append(commit("partner-other", 1, "same"))
    assert len(await event_store.load("partner-other")) == 1


async def test_of_many_writers_at_one_version_exactly_one_wins(event_store: EventStore) -> None:
    attempts = [commit("partner-acme", 1, f"writer-{n}") for n in range(20)]
    answers = await asyncio.gather(*(event_store.append(each) for each in attempts), return_exceptions=True)
    winners = [attempt for attempt, answer in zip(attempts, answers, strict=True) if answer is None]
    assert len(winners) == 1
    assert all(isinstance(answer, VersionConflict) for answer in answers if answer is not None)
    assert await event_store.load("partner-acme") == winners


async def test_a_conflict_leaves_its_neighbours_unharmed(event_store: EventStore) -> None:
    await event_store.append(commit("partner-taken", 1))
    attempts = [commit(f"partner-{n}" if n % 3 else "partner-taken", 1, f"c{n}") for n in range(60)]
    answers = await asyncio.gather(*(event_store.append(each) for each in attempts), return_exceptions=True)
    for n, answer in enumerate(answers):
        if n % 3:
            assert answer is None
            assert await event_store.load(f"partner-{n}") == [attempts[n]]
        else:
            assert isinstance(answer, VersionConflict)


async def test_writers_that_append_to_one_stream_in_turn_leave_no_gap(event_store: EventStore) -> None:
    async def insist(writer: int) -> None:
        for n in range(5):
            while True:
                last = len(await event_store.load("partner-acme"))
                try:
                    await event_store.append(commit("partner-acme", last + 1, f"{writer}-{n}"))
                except VersionConflict:
                    continue
                break

    await asyncio.gather(*(insist(writer) for writer in range(4)))
    commits = await event_store.load("partner-acme")
    assert [each.version for each in commits] == list(range(1, 21))
    assert len({each.command_id for each in commits}) == 20


@pytest.mark.parametrize("turns", [0, 1, 2, 5])
async def test_a_caller_that_goes_away_is_wholly_done_or_not_and_harms_no_neighbour(
    event_store: EventStore, turns: int
) -> None:
    gone = [asyncio.create_task(event_store.append(commit(f"partner-gone{n}", 1))) for n in range(10)]
    staying = [asyncio.create_task(event_store.append(commit(f"partner-staying{n}", 1))) for n in range(10)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for task in gone:
        task.cancel()
    await asyncio.gather(*staying)
    await asyncio.gather(*gone, return_exceptions=True)
    for n in range(10):
        assert await event_store.load(f"partner-staying{n}") == [commit(f"partner-staying{n}", 1)]
        left = await event_store.load(f"partner-gone{n}")
        assert left in ([], [commit(f"partner-gone{n}", 1)])
        # The same command tried again finds a store in order, whichever of the two it was.
        if left:
            with pytest.raises(CommandKnown):
                await event_store.append(commit(f"partner-gone{n}", 1))
        else:
            await event_store.append(commit(f"partner-gone{n}", 1))


async def test_unnumbered_commits_are_those_not_marked_and_of_a_stream_the_lowest_first(
    event_store: EventStore,
) -> None:
    for version in range(1, 4):
        for stream in ("partner-b", "partner-a"):
            await event_store.append(commit(stream, version))
    await event_store.mark({("partner-a", 1): 1, ("partner-b", 1): 2, ("partner-b", 2): 3})
    waiting = [(each.stream, each.version) for each in await event_store.unnumbered(100)]
    assert sorted(waiting) == [("partner-a", 2), ("partner-a", 3), ("partner-b", 3)]
    assert waiting.index(("partner-a", 2)) < waiting.index(("partner-a", 3))


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_a_limit_never_hides_a_lower_version_behind_a_higher_one(event_store: EventStore, limit: int) -> None:
    commits = await append_all(event_store, "partner-z", 3) + await append_all(event_store, "partner-a", 3)
    published: list[tuple[str, int]] = []
    while found := await event_store.unnumbered(limit):
        assert len(found) <= limit
        keys = [(each.stream, each.version) for each in found]
        await event_store.mark({key: len(published) + n for n, key in enumerate(keys, 1)})
        published += keys
    for stream in ("partner-a", "partner-z"):
        assert [version for name, version in published if name == stream] == [1, 2, 3]
    assert len(published) == len(commits)


async def test_marking_again_is_harmless(event_store: EventStore) -> None:
    await append_all(event_store, "partner-acme", 2)
    for _ in range(2):
        await event_store.mark({("partner-acme", 1): 1})
    await event_store.mark({})
    assert [each.version for each in await event_store.unnumbered(10)] == [2]
    assert len(await event_store.load("partner-acme")) == 2


@pytest.mark.parametrize("limit", [1, 3, 100])
async def test_the_history_is_every_commit_with_its_number_page_by_page(event_store: EventStore, limit: int) -> None:
    commits = [
        each
        for stream in ("partner-a", "partner-a-b", "partner-ż")
        for each in await append_all(event_store, stream, 12)
    ]
    numbers = {(each.stream, each.version): n for n, each in enumerate(commits, 1) if each.version < 12}
    await event_store.mark(numbers)
    found: list[Marked] = []
    after = ("", 0)
    while page := await event_store.history(after, limit):
        assert len(page) <= limit
        found += page
        after = (page[-1].commit.stream, page[-1].commit.version)
    assert found == [Marked(each, numbers.get((each.stream, each.version))) for each in commits]
    await event_store.append(commit("partner-a", 13))


async def test_a_store_without_commits_has_no_history(event_store: EventStore) -> None:
    assert await event_store.history(("", 0), 10) == []
    await event_store.append(commit("partner-a", 1))
    with pytest.raises(CommandKnown):
        await event_store.append(commit("partner-a", 2, "command-1"))


async def test_services_do_not_see_each_other(open_event_stores: OpenEventStores, tmp_path: Path) -> None:
    async with open_event_stores(tmp_path) as store_of:
        mine, other = store_of("partners"), store_of("training")
        await mine.append(commit("partner-acme", 1))
        await other.append(commit("partner-acme", 1))
        await mine.mark({("partner-acme", 1): 1})
        assert await mine.unnumbered(10) == []
        assert len(await other.unnumbered(10)) == 1
        assert len(await mine.load("partner-acme")) == 1


async def test_everything_is_there_after_reopening(open_event_stores: OpenEventStores, tmp_path: Path) -> None:
    async with open_event_stores(tmp_path) as store_of:
        commits = await append_all(store_of("partners"), "partner-acme", 3)
        await store_of("partners").mark({("partner-acme", 1): 1})
    async with open_event_stores(tmp_path) as store_of:
        store = store_of("partners")
        assert await store.load("partner-acme") == commits
        assert [each.version for each in await store.unnumbered(10)] == [2, 3]
        with pytest.raises(CommandKnown):
            await store.append(commit("partner-acme", 4, "command-1"))
        await store.append(commit("partner-acme", 4))
