"""What the MongoDB adapters keep when an answer is lost, a server falls silent or another writer comes in between."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import BulkWriteError, OperationFailure

from shared.adapters.mongo import Abilities, MongoDatabase, MongoDocuments, MongoEventStore, contents, database
from shared.adapters.mongo.database import Collection, abilities_of, unavailable
from shared.adapters.mongo.writes import put_all
from shared.ports import CommandKnown, Commit, Put, Refused, Stored, StoreUnavailable
from tests.contract.conftest import mongo_database, namespace
from tests.contract.wire import Command, Wire, wire_to
from tests.engines.mongo import MONGO

CALLS = "calls.1"
AT = datetime(2026, 3, 1, tzinfo=UTC)
# After a failure the driver looks at a server again half a second later, not sooner.
TIMEOUT = 1.0

engines = pytest.mark.engines


class Behind:
    """Both adapters behind a wire, and beside it the same database as another process has it."""

    def __init__(self, wire: Wire, near: MongoDatabase, far: MongoDatabase) -> None:
        self.wire = wire
        self.database = near
        self.documents = MongoDocuments(near, "calls")
        self.store = MongoEventStore(near, "calls")
        self.other_documents = MongoDocuments(far, "calls")
        self.other_store = MongoEventStore(far, "calls")
        self.commits = far.collection("commits/calls")
        self.documents_of_calls = far.collection(f"documents/calls/{CALLS}")

    async def noted(self, work: Awaitable[object]) -> list[Command]:
        """The commands that went over the wire for it."""
        before = len(self.wire.commands)
        await work
        return self.wire.commands[before:]


@pytest.fixture
def chunk() -> int | None:
    return None


@pytest.fixture
async def behind(tmp_path: Path, chunk: int | None) -> AsyncIterator[Behind]:
    async with wire_to(MONGO.address()) as wire, mongo_database(tmp_path) as far:
        name = namespace(tmp_path).removesuffix(".")
        near = MongoDatabase(f"mongodb://{wire.address}", name, timeout=TIMEOUT, chunk=chunk)
        await near.open()
        found = Behind(wire, near, far)
        for documents in (found.documents, found.other_documents):
            await documents.declare(CALLS, ["state", "at"])
        await found.store.append(commit(1))
        try:
            yield found
        finally:
            wire.release.set()
            await near.close()


def commit(version: int, at: datetime = AT) -> Commit:
    return Commit("call-1", version, b"[]", f"command-{version}", "ana", at)


def new(names: range) -> list[Put]:
    return [Put(f"c{n:03}", 0, b"", {"at": n}) for n in names]


@engines
async def test_a_flush_of_new_and_known_documents_is_one_round_trip_and_so_is_what_reads_them(behind: Behind) -> None:
    await behind.documents.put(CALLS, new(range(500)))
    mixed = [Put(put.id, None if n % 2 else 1, b"2") for n, put in enumerate(new(range(500)))] + new(range(500, 900))
    names = [put.id for put in mixed]
    assert await behind.noted(behind.documents.put(CALLS, mixed)) == [Command("update", 900)]
    assert await behind.noted(behind.documents.get(CALLS, names)) == [Command("find", 1)]
    assert await behind.noted(behind.documents.find(CALLS, limit=800)) == [Command("find", 1)]
    assert await behind.noted(behind.documents.put(CALLS, new(range(900, 999)))) == [Command("insert", 99)]


@engines
@pytest.mark.parametrize("chunk", [20])
async def test_no_command_has_more_statements_than_the_server_bears(behind: Behind) -> None:
    sent = await behind.noted(behind.documents.put(CALLS, new(range(50))))
    assert sent == [Command("insert", 20), Command("insert", 20), Command("insert", 10)]
    changes = [Put(put.id, 1, b"2") for put in new(range(50))]
    sent = await behind.noted(behind.documents.put(CALLS, [*changes, *new(range(50, 55))]))
    assert sent == [Command("update", 20), Command("update", 20), Command("update", 15)]
    for version in range(2, 31):
        await behind.store.append(commit(version))
    sent = await behind.noted(behind.store.mark({("call-1", version): version for version in range(1, 31)}))
    assert sent == [Command("update", 20), Command("update", 10)]
    assert await behind.store.unnumbered(100) == []
    assert len((await behind.documents.find(CALLS)).items) == 55


@engines
@pytest.mark.parametrize("chunk", [5])
async def test_a_caller_that_goes_away_between_two_commands_leaves_all_done(behind: Behind) -> None:
    behind.wire.hold = "insert"
    gone = asyncio.create_task(behind.documents.put(CALLS, new(range(50))))
    await behind.wire.held.wait()
    gone.cancel()
    await asyncio.sleep(0)
    gone.cancel()
    behind.wire.release.set()
    await asyncio.gather(gone, return_exceptions=True)
    assert gone.cancelled()
    assert len((await behind.documents.find(CALLS)).items) == 50


@engines
async def test_refused_are_named_one_by_one_although_the_server_only_counts_them(behind: Behind) -> None:
    await behind.documents.put(CALLS, new(range(4)))
    puts = [
        Put("c000", 1, b"written"),
        Put("c001", 5, b"stale"),
        Put("c002", None, b"written"),
        Put("c003", 0, b"there already"),
        Put("c004", None, b"written"),
        Put("c005", 2, b"never there"),
    ]
    with pytest.raises(Refused) as refused:
        await behind.documents.put(CALLS, puts)
    assert refused.value.ids == ("c001", "c003", "c005")
    assert behind.wire.commands[-2:] == [Command("update", 6), Command("find", 1)]
    found = await behind.documents.get(CALLS, [put.id for put in puts])
    assert {id_ for id_, stored in found.items() if stored.body == b"written"} == {"c000", "c002", "c004"}


@engines
async def test_a_written_document_that_another_overtakes_is_never_called_refused(behind: Behind) -> None:
    await behind.documents.put(CALLS, new(range(2)))
    behind.wire.hold = "find"
    putting = asyncio.create_task(behind.documents.put(CALLS, [Put("c000", 1, b"ours"), Put("c001", 7, b"stale")]))
    await behind.wire.held.wait()
    await behind.other_documents.put(CALLS, [Put("c000", 2, b"theirs")])
    behind.wire.release.set()
    with pytest.raises(StoreUnavailable):
        await putting


@engines
async def test_unconditional_writes_at_the_same_moment_all_happen(behind: Behind) -> None:
    await asyncio.gather(*(behind.documents.put(CALLS, [Put("a", None, b"")]) for _ in range(50)))
    assert (await behind.documents.get(CALLS, ["a"]))["a"].revision == 50


class Overtaken:
    """A collection of a server on which another's insert comes between the search and the insert of our first
    upsert, as MongoDB allows."""

    def __init__(self, collection: Collection, id_: str) -> None:
        self._collection = collection
        self._id = id_
        self._first = True

    async def bulk_write(self, operations: list[Any], ordered: bool) -> object:
        if not self._first:
            return await self._collection.bulk_write(operations, ordered=ordered)
        self._first = False
        await self._collection.insert_one({"_id": self._id, "revision": 1, "body": b"theirs"})
        errors = [{"index": 0, "code": 11000}]
        raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": [], "nMatched": 0, "upserted": []})


@engines
async def test_an_unconditional_write_that_meets_anothers_insert_is_tried_again(behind: Behind) -> None:
    collection = cast(Collection, Overtaken(behind.documents_of_calls, "a"))
    assert await put_all(collection, [Put("a", None, b"ours")], (), 1000) == set()
    assert await behind.documents.get(CALLS, ["a"]) == {"a": Stored("a", 2, b"ours")}


class Ending:
    """A server that is about to end answers an update without its counts, as FerretDB does, and the driver fails."""

    async def bulk_write(self, operations: list[Any], ordered: bool) -> object:
        raise KeyError("nModified")


async def test_an_answer_that_lacks_its_counts_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="nModified"):
        await put_all(cast(Collection, Ending()), [Put("a", 1, b"ours")], (), 1000)


@engines
async def test_a_write_whose_answer_was_lost_is_unavailable_and_can_be_looked_up(behind: Behind) -> None:
    behind.wire.lose_answer_of = "insert"
    with pytest.raises(StoreUnavailable):
        await behind.documents.put(CALLS, new(range(3)))
    with pytest.raises(StoreUnavailable):
        await behind.store.append(commit(2))
    behind.wire.lose_answer_of = ""
    assert len(await behind.documents.get(CALLS, ["c000", "c001", "c002"])) == 3
    with pytest.raises(CommandKnown) as known:
        await behind.store.append(commit(2))
    assert known.value.version == 2
    behind.wire.lose_answer_of = "update"
    with pytest.raises(StoreUnavailable):
        await behind.documents.put(CALLS, [Put("c000", 1, b"2")])
    with pytest.raises(StoreUnavailable):
        await behind.store.mark({("call-1", 1): 1})
    behind.wire.lose_answer_of = ""
    assert (await behind.documents.get(CALLS, ["c000"]))["c000"].revision == 2
    assert [each.version for each in await behind.store.unnumbered(10)] == [2]


CALLS_OF_THE_PORTS: dict[str, Callable[[Behind], Awaitable[object]]] = {
    "append": lambda behind: behind.store.append(commit(2)),
    "load": lambda behind: behind.store.load("call-1"),
    "unnumbered": lambda behind: behind.store.unnumbered(10),
    "mark": lambda behind: behind.store.mark({("call-1", 1): 1}),
    "declare": lambda behind: behind.documents.declare("calls.2", ["state"]),
    "get": lambda behind: behind.documents.get(CALLS, ["a"]),
    "put": lambda behind: behind.documents.put(CALLS, new(range(3))),
    "find": lambda behind: behind.documents.find(CALLS),
    "delete": lambda behind: behind.documents.delete(CALLS, ["a"]),
    "drop": lambda behind: behind.documents.drop(CALLS),
}


@engines
@pytest.mark.parametrize("name", CALLS_OF_THE_PORTS)
async def test_no_call_waits_longer_than_the_timeout_for_a_silent_server(behind: Behind, name: str) -> None:
    behind.wire.silent = True
    begin = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await CALLS_OF_THE_PORTS[name](behind)
    assert time.monotonic() - begin < TIMEOUT + 0.5
    behind.wire.silent = False
    await CALLS_OF_THE_PORTS[name](behind)


@engines
@pytest.mark.parametrize("name", CALLS_OF_THE_PORTS)
async def test_a_closed_database_is_an_unavailable_store(behind: Behind, name: str) -> None:
    await behind.database.close()
    await behind.database.close()
    with pytest.raises(StoreUnavailable):
        await CALLS_OF_THE_PORTS[name](behind)


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")
async def test_a_server_that_is_not_there_is_an_unavailable_store() -> None:
    begin = time.monotonic()
    with pytest.raises(StoreUnavailable, match="Connect call failed"):
        await MongoDatabase("mongodb://127.0.0.1:1", "test", timeout=0.5).open()
    assert time.monotonic() - begin < 10.0, "it gives up by itself"
    gc.collect()  # the driver forgets to close a socket that it was connecting when it was closed


@engines
async def test_a_server_that_is_too_old_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(database, "OLDEST", (99, 0))
    with pytest.raises(ValueError, match="older"):
        async with mongo_database(tmp_path):
            pass


@engines
async def test_a_commit_is_not_given_to_the_relay_while_the_one_before_it_was_missed(behind: Behind) -> None:
    """As when the search had passed the first one's place before it was written, and then found the second."""
    await behind.store.append(commit(2))
    await behind.other_store.mark({("call-1", 1): 1})
    behind.wire.hold = "find"
    behind.wire.release.set()
    finding = asyncio.create_task(behind.store.unnumbered(10))
    await behind.wire.held.wait()
    behind.wire.held.clear()
    behind.wire.release.clear()
    await behind.wire.held.wait()
    await behind.commits.update_one({"_id": "call-1@1"}, {"$set": {"number": None}})
    behind.wire.release.set()
    assert await finding == []
    assert [each.version for each in await behind.store.unnumbered(10)] == [1, 2]


@engines
async def test_a_clock_that_goes_back_does_not_bring_a_commit_before_an_earlier_one_of_its_stream(
    behind: Behind,
) -> None:
    for version in range(2, 5):
        await behind.store.append(commit(version, AT - timedelta(hours=version)))
    assert [each.version for each in await behind.store.unnumbered(2)] == [1, 2]


@engines
async def test_a_long_stream_is_loaded_whole(behind: Behind) -> None:
    commits = [commit(version) for version in range(1, 121)]
    for each in commits[1:]:
        await behind.store.append(each)
    assert await behind.store.load("call-1") == commits
    assert await behind.store.load("call-1", after=49) == commits[49:]


@engines
async def test_an_index_of_numbers_and_texts_has_one_order_also_in_pages_and_ranges(behind: Behind) -> None:
    values: list[str | int] = [-3, 0, 7, 2**62, "", "10", "9", "a"]
    await behind.documents.put(CALLS, [Put(f"d{n}", 0, b"", {"at": value}) for n, value in enumerate(values)])

    async def found(low: str | int | None, high: str | int | None, descending: bool) -> list[str]:
        ids: list[str] = []
        cursor = None
        while True:
            page = await behind.documents.find(CALLS, None, "at", low, high, descending, 3, cursor)
            ids += [stored.id for stored in page.items]
            if (cursor := page.next) is None:
                return ids

    names = [f"d{n}" for n in range(len(values))]
    assert await found(None, None, False) == names
    assert await found(None, None, True) == names[::-1]
    assert await found(7, None, False) == names[2:]
    assert await found(0, "9", False) == names[1:6]


@engines
async def test_what_is_larger_than_a_server_takes_is_an_error_and_nothing_is_written(behind: Behind) -> None:
    large = b"x" * (contents.LARGEST + 1)
    with pytest.raises(ValueError, match="larger"):
        await behind.documents.put(CALLS, [*new(range(3)), Put("large", 0, large)])
    with pytest.raises(ValueError, match="larger"):
        await behind.store.append(Commit("call-1", 2, large, "c", "ana", AT))
    assert (await behind.documents.find(CALLS)).items == []


@pytest.mark.parametrize(
    ("build", "abilities"),
    [
        ({"version": "8.0.4", "gitVersion": "bc35", "storageEngines": ["devnull", "wiredTiger"]}, (1000, True)),
        ({"version": "7.0.42", "gitVersion": "unknown", "ferretdbVersion": "v1.24.0"}, (20, True)),
        ({"version": "5.0.0", "maxBsonObjectSize": 16777216}, (1000, False)),
    ],
)
def test_what_a_server_can_do_is_known_by_its_build(build: dict[str, Any], abilities: tuple[int, bool]) -> None:
    assert abilities_of(build, None) == Abilities(*abilities)
    assert abilities_of(build, 7).chunk == 7


@pytest.mark.parametrize(
    "error",
    [
        BulkWriteError({"writeErrors": [{"code": 50, "index": 0, "op": {"body": b"secret"}}]}),
        OperationFailure("could not write {body: 'secret'}", 8000, {"keyValue": {"body": "secret"}}),
    ],
)
def test_an_error_never_quotes_what_was_to_be_written(error: OperationFailure) -> None:
    assert "secret" not in str(unavailable(error))
    assert type(error).__name__ in str(unavailable(error))


VALUES = st.integers(-(2**63), 2**63 - 1) | st.text(
    st.sampled_from("\0aZé\ud7ff\ue000\ue001\uffff\U00010000\U0010ffff")
)


@given(VALUES, VALUES)
def test_index_texts_have_the_order_of_the_values_in_utf_8_and_in_utf_16(one: str | int, other: str | int) -> None:
    def rank(value: str | int) -> tuple[bool, str | int]:
        return isinstance(value, str), value

    texts = contents.index_text(one), contents.index_text(other)
    for encoding in ("utf-8", "utf-16-be"):
        first, second = (text.encode(encoding) for text in texts)
        assert (first < second) == (rank(one) < rank(other))
        assert (first == second) == (rank(one) == rank(other))


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_beyond_64_bits_is_an_error(number: int) -> None:
    with pytest.raises(OverflowError):
        contents.index_text(number)
