"""What every document store promises."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ports import Documents, Page, Put, Refused, Stored
from tests.contract.conftest import OpenDocuments

CALLS = "calls.1"


def new(id_: str, **fields: str | int | None) -> Put:
    return Put(id_, 0, f"body of {id_}".encode(), fields)


def ids(page: Page) -> list[str]:
    return [stored.id for stored in page.items]


@pytest.fixture
async def calls(documents: Documents) -> Documents:
    """Documents with one collection, indexed by state and at."""
    await documents.declare(CALLS, ["state", "at"])
    return documents


async def all_pages(documents: Documents, limit: int, order: str | None, descending: bool = False) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = await documents.find(CALLS, order=order, descending=descending, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += ids(page)
        if page.next is None:
            return found
        assert len(page.items) == limit
        cursor = page.next


async def test_a_document_comes_back_as_it_was_put_at_revision_1(calls: Documents) -> None:
    body = bytes(range(256)) * 100
    await calls.put(CALLS, [Put("a", 0, body), Put("b", None, b"")])
    assert await calls.get(CALLS, ["a", "b", "c"]) == {"a": Stored("a", 1, body), "b": Stored("b", 1, b"")}


async def test_the_revision_goes_up_by_one_with_each_write(calls: Documents) -> None:
    for revision in (0, 1, None, 3):
        await calls.put(CALLS, [Put("a", revision, str(revision).encode())])
    assert await calls.get(CALLS, ["a"]) == {"a": Stored("a", 4, b"3")}


@pytest.mark.parametrize("revision", [0, 1, 3, 99])
async def test_a_document_that_is_not_at_its_revision_is_refused(calls: Documents, revision: int) -> None:
    await calls.put(CALLS, [new("a")])
    await calls.put(CALLS, [Put("a", 1, b"second")])
    with pytest.raises(Refused) as refused:
        await calls.put(CALLS, [Put("a", revision, b"stale")])
    assert refused.value.ids == ("a",)
    assert await calls.get(CALLS, ["a"]) == {"a": Stored("a", 2, b"second")}


async def test_a_document_that_is_gone_is_not_at_the_revision_it_had(calls: Documents) -> None:
    with pytest.raises(Refused):
        await calls.put(CALLS, [Put("never", 1, b"")])
    await calls.put(CALLS, [new("a")])
    await calls.delete(CALLS, ["a", "unknown"])
    with pytest.raises(Refused):
        await calls.put(CALLS, [Put("a", 1, b"")])
    assert await calls.get(CALLS, ["a"]) == {}
    await calls.put(CALLS, [new("a")])


async def test_refused_puts_are_named_and_those_beside_them_are_written(calls: Documents) -> None:
    await calls.put(CALLS, [new(f"old{n}", state="open") for n in range(10)])
    puts = [Put(f"old{n}", 1 if n % 2 else 7, b"changed", {"state": "done"}) for n in range(10)]
    puts += [Put(f"new{n}", 0, b"created") for n in range(5)] + [Put("absent", 4, b"")]
    with pytest.raises(Refused) as refused:
        await calls.put(CALLS, puts)
    assert sorted(refused.value.ids) == ["absent", "old0", "old2", "old4", "old6", "old8"]
    stored = await calls.get(CALLS, [put.id for put in puts])
    assert {stored[f"old{n}"].revision for n in range(1, 10, 2)} == {2}
    assert {stored[f"old{n}"].revision for n in range(0, 10, 2)} == {1}
    assert {stored[f"new{n}"].body for n in range(5)} == {b"created"}
    assert ids(await calls.find(CALLS, {"state": "done"})) == [f"old{n}" for n in range(1, 10, 2)]


async def test_of_many_writers_from_one_revision_exactly_one_wins(calls: Documents) -> None:
    await calls.put(CALLS, [new("a")])
    writes = (calls.put(CALLS, [Put("a", 1, str(n).encode())]) for n in range(20))
    answers = await asyncio.gather(*writes, return_exceptions=True)
    winners = [n for n, answer in enumerate(answers) if answer is None]
    assert len(winners) == 1
    assert all(isinstance(answer, Refused) for answer in answers if answer is not None)
    assert await calls.get(CALLS, ["a"]) == {"a": Stored("a", 2, str(winners[0]).encode())}


@pytest.mark.parametrize("turns", [0, 1, 2, 5])
async def test_a_caller_that_goes_away_is_wholly_done_or_not_and_harms_no_neighbour(
    calls: Documents, turns: int
) -> None:
    gone = asyncio.create_task(calls.put(CALLS, [new(f"gone{n:02}") for n in range(50)]))
    staying = asyncio.create_task(calls.put(CALLS, [new(f"stay{n:02}") for n in range(50)]))
    for _ in range(turns):
        await asyncio.sleep(0)
    gone.cancel()
    await staying
    await asyncio.gather(gone, return_exceptions=True)
    found = ids(await calls.find(CALLS))
    assert found[-50:] == [f"stay{n:02}" for n in range(50)]
    assert len(found) in (50, 100)


async def test_a_thousand_documents_are_put_and_read_in_one_call(calls: Documents) -> None:
    names = [f"call-{n:04}" for n in range(1000)]
    await calls.put(CALLS, [new(name) for name in names])
    assert (await calls.get(CALLS, names)).keys() == set(names)
    assert await calls.get(CALLS, []) == {}
    await calls.put(CALLS, [])


async def test_a_document_twice_in_one_call_is_an_error_and_nothing_is_written(calls: Documents) -> None:
    with pytest.raises(ValueError, match="twice"):
        await calls.put(CALLS, [new("a"), new("b"), Put("a", 1, b"")])
    assert await calls.get(CALLS, ["a", "b"]) == {}


async def test_documents_are_found_by_equal_fields_sorted_by_id(calls: Documents) -> None:
    await calls.put(CALLS, [new("c", state="open", at=1), new("a", state="open", at=2), new("b", state="done", at=1)])
    assert ids(await calls.find(CALLS, {"state": "open"})) == ["a", "c"]
    assert ids(await calls.find(CALLS, {"state": "open", "at": 1})) == ["c"]
    assert ids(await calls.find(CALLS)) == ["a", "b", "c"]
    assert ids(await calls.find(CALLS, descending=True)) == ["c", "b", "a"]
    assert ids(await calls.find(CALLS, {"state": "unheard of"})) == []


async def test_a_range_includes_its_low_end_and_not_its_high_end(calls: Documents) -> None:
    await calls.put(CALLS, [new(f"c{9 - n}", at=n) for n in range(6)])
    assert ids(await calls.find(CALLS, order="at", low=1, high=4)) == ["c8", "c7", "c6"]
    assert ids(await calls.find(CALLS, order="at", low=4)) == ["c5", "c4"]
    assert ids(await calls.find(CALLS, order="at", high=1)) == ["c9"]
    assert ids(await calls.find(CALLS, order="at", low=4, high=4)) == []


@pytest.mark.parametrize(("states", "ats"), [(3, 2000), (2000, 3), (2, 2)])
async def test_an_equal_field_and_a_range_find_the_same_whichever_of_them_is_narrow(
    calls: Documents, states: int, ats: int
) -> None:
    await calls.put(CALLS, [new(f"c{n:04}", state=f"s{n % states}", at=n % ats) for n in range(4500)])
    expected = sorted((n % ats, f"c{n:04}") for n in range(4500) if n % states == 1 and 1 <= n % ats < 3)
    found: list[str] = []
    cursor = None
    for _ in range(1 + len(expected) // 700):
        page = await calls.find(CALLS, {"state": "s1"}, "at", 1, 3, limit=700, cursor=cursor)
        found += ids(page)
        cursor = page.next
    assert cursor is None
    assert found == [id_ for _, id_ in expected]


async def test_equal_order_values_are_sorted_by_id_also_downwards(calls: Documents) -> None:
    puts = [new(name, at=at, state="open") for name, at in [("d", 1), ("b", 2), ("a", 1), ("c", 2), ("e", 0)]]
    await calls.put(CALLS, puts)
    assert ids(await calls.find(CALLS, order="at")) == ["e", "a", "d", "b", "c"]
    assert ids(await calls.find(CALLS, order="at", descending=True)) == ["c", "b", "d", "a", "e"]
    await calls.put(CALLS, [new(f"x{n}", at=1, state="done") for n in range(10)])
    assert ids(await calls.find(CALLS, {"state": "open"}, "at")) == ["e", "a", "d", "b", "c"]
    assert ids(await calls.find(CALLS, {"state": "open"}, "at", descending=True)) == ["c", "b", "d", "a", "e"]


async def test_numbers_sort_as_numbers_and_texts_by_code_points(calls: Documents) -> None:
    await calls.put(CALLS, [new(str(n), at=n) for n in (10, 9, -1, 2**53)])
    assert ids(await calls.find(CALLS, order="at")) == ["-1", "9", "10", str(2**53)]
    states = ["a", "Z", "é", "10", "9", "", "𐀀", "\uffff"]
    await calls.put(CALLS, [new(f"s{n}", state=state) for n, state in enumerate(states)])
    found = await calls.find(CALLS, order="state")
    assert [states[int(id_[1:])] for id_ in ids(found)] == sorted(states)


async def test_a_document_without_a_value_is_not_in_the_index_but_is_found_by_others(calls: Documents) -> None:
    await calls.put(CALLS, [new("a", state="open", at=None), new("b", state="open"), new("c", state="open", at=1)])
    assert ids(await calls.find(CALLS, order="at")) == ["c"]
    assert ids(await calls.find(CALLS, {"state": "open"})) == ["a", "b", "c"]


async def test_a_write_replaces_all_index_values(calls: Documents) -> None:
    await calls.put(CALLS, [new("a", state="open", at=1)])
    await calls.put(CALLS, [Put("a", 1, b"", {"state": "done"})])
    assert ids(await calls.find(CALLS, {"state": "open"})) == []
    assert ids(await calls.find(CALLS, {"state": "done"})) == ["a"]
    assert ids(await calls.find(CALLS, order="at")) == []


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ["at", None])
@pytest.mark.parametrize("limit", [1, 3, 7, 30])
async def test_pages_hold_every_document_once_also_with_equal_order_values(
    calls: Documents, limit: int, order: str | None, descending: bool
) -> None:
    puts = [new(f"c{n:02}", at=n % 3) for n in range(30)]
    await calls.put(CALLS, puts)
    expected = sorted((put.id for put in puts), key=lambda id_: (int(id_[1:]) % 3 if order else 0, id_))
    assert await all_pages(calls, limit, order, descending) == (expected[::-1] if descending else expected)


async def test_what_is_written_while_one_pages_neither_repeats_nor_hides_a_document(calls: Documents) -> None:
    await calls.put(CALLS, [new(f"c{n:02}", at=n // 10) for n in range(0, 40, 2)])
    found: list[str] = []
    page = await calls.find(CALLS, order="at", limit=3)
    for n in range(1, 40, 2):
        found += ids(page)
        await calls.put(CALLS, [new(f"c{n:02}", at=n // 10)])
        if page.next is None:
            break
        page = await calls.find(CALLS, order="at", limit=3, cursor=page.next)
    assert len(set(found)) == len(found)
    assert set(found) >= {f"c{n:02}" for n in range(0, 40, 2)}
    assert found == sorted(found)


async def test_a_cursor_that_was_altered_is_an_error(calls: Documents) -> None:
    await calls.put(CALLS, [new("a", at=1), new("b", at=1)])
    cursor = (await calls.find(CALLS, order="at", limit=1)).next
    assert cursor is not None
    altered = [cursor[:n] + ("A" if cursor[n] != "A" else "B") + cursor[n + 1 :] for n in range(len(cursor))]
    for wrong in [*altered, cursor[:-1], cursor + "A", "", "c1", "näh", cursor.rstrip("=") + "===="]:
        with pytest.raises(ValueError, match="cursor"):
            await calls.find(CALLS, order="at", limit=1, cursor=wrong)


async def test_a_cursor_is_good_only_for_the_search_that_gave_it(calls: Documents) -> None:
    await calls.put(CALLS, [new("a", at=1, state="open"), new("b", at=1, state="open")])
    cursor = (await calls.find(CALLS, {"state": "open"}, order="at", limit=1)).next
    assert ids(await calls.find(CALLS, {"state": "open"}, order="at", limit=5, cursor=cursor)) == ["b"]
    with pytest.raises(ValueError, match="cursor"):
        await calls.find(CALLS, order="at", cursor=cursor)
    with pytest.raises(ValueError, match="cursor"):
        await calls.find(CALLS, {"state": "open"}, order="at", descending=True, cursor=cursor)


async def test_a_field_without_index_a_bound_without_order_and_an_empty_page_are_errors(calls: Documents) -> None:
    with pytest.raises(ValueError, match="index"):
        await calls.put(CALLS, [new("a", colour="red")])
    with pytest.raises(ValueError, match="index"):
        await calls.find(CALLS, {"colour": "red"})
    with pytest.raises(ValueError, match="index"):
        await calls.find(CALLS, order="colour")
    with pytest.raises(ValueError, match="order"):
        await calls.find(CALLS, low=1)
    with pytest.raises(ValueError, match="page"):
        await calls.find(CALLS, limit=0)


@pytest.mark.parametrize("name", ["", "Calls", "a b", 'a"; DROP TABLE log; --', "é", "9", "a/b", "x" * 101])
async def test_a_name_that_is_no_identifier_is_an_error(documents: Documents, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await documents.declare(name)
    with pytest.raises(ValueError, match="name"):
        await documents.declare("calls", [name])


async def test_a_collection_that_was_not_declared_is_an_error(documents: Documents) -> None:
    with pytest.raises(LookupError):
        await documents.get("unheard", ["a"])
    with pytest.raises(LookupError):
        await documents.put("unheard", [new("a")])


async def test_an_index_declared_later_finds_what_is_written_from_then_on(calls: Documents) -> None:
    await calls.put(CALLS, [new("a", state="open"), new("b", state="open")])
    await calls.declare(CALLS, ["partner"])
    await calls.put(CALLS, [Put("a", 1, b"", {"state": "open", "partner": "acme"})])
    assert ids(await calls.find(CALLS, {"partner": "acme"})) == ["a"]
    assert ids(await calls.find(CALLS, {"state": "open"})) == ["a", "b"]


async def test_a_dropped_collection_is_gone_and_can_be_declared_anew(calls: Documents) -> None:
    await calls.put(CALLS, [new("a", state="open")])
    await calls.drop(CALLS)
    await calls.drop(CALLS)
    await calls.drop("never-there")
    await calls.declare(CALLS, ["state"])
    assert ids(await calls.find(CALLS)) == []
    await calls.put(CALLS, [new("a", state="open")])


async def test_collections_and_services_do_not_see_each_other(open_documents: OpenDocuments, tmp_path: Path) -> None:
    async with open_documents(tmp_path) as documents_of:
        mine, other = documents_of("calls"), documents_of("calls.x")
        await mine.declare("x.y")
        await mine.declare("y")
        await other.declare("y")
        await mine.put("x.y", [new("a")])
        assert (await mine.get("y", ["a"]), await other.get("y", ["a"])) == ({}, {})
        await other.drop("y")
        assert len(await mine.get("x.y", ["a"])) == 1


async def test_everything_is_there_after_reopening(open_documents: OpenDocuments, tmp_path: Path) -> None:
    async with open_documents(tmp_path) as documents_of:
        documents = documents_of("calls")
        await documents.declare(CALLS, ["state", "at"])
        await documents.put(CALLS, [new("a", state="open"), new("b", state="done", at=5)])
        first = await documents.find(CALLS, limit=1)
    async with open_documents(tmp_path) as documents_of:
        documents = documents_of("calls")
        await documents.declare(CALLS, ["state"])
        assert ids(await documents.find(CALLS, {"state": "open"})) == ["a"]
        assert ids(await documents.find(CALLS, limit=1, cursor=first.next)) == ["b"]
        with pytest.raises(Refused):
            await documents.put(CALLS, [new("a")])
        await documents.put(CALLS, [Put("a", 1, b"second", {"state": "done"})])
        assert ids(await documents.find(CALLS, {"state": "done"})) == ["a", "b"]


IDS = ["a", "b", "c", "d\x00", "é", ""]


@dataclass(frozen=True)
class Write:
    puts: list[Put]


@dataclass(frozen=True)
class Erase:
    ids: list[str]


@dataclass(frozen=True)
class Search:
    state: str | None
    low: int | None
    high: int | None
    descending: bool
    limit: int


class Model:
    """Documents as a dict: id -> (stored, values of the indexes)."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[Stored, Mapping[str, str | int | None]]] = {}

    def write(self, puts: list[Put]) -> set[str]:
        """The ids of those refused."""
        refused = set()
        for put in puts:
            revision = self.entries[put.id][0].revision if put.id in self.entries else 0
            if put.revision not in (None, revision):
                refused.add(put.id)
            else:
                self.entries[put.id] = (Stored(put.id, revision + 1, put.body), put.fields)
        return refused

    def find(self, search: Search) -> list[Stored]:
        found: list[tuple[int, str, Stored]] = []
        for stored, fields in self.entries.values():
            at = fields["at"]
            if not isinstance(at, int) or search.state not in (None, fields["state"]):
                continue
            if (search.low is None or search.low <= at) and (search.high is None or at < search.high):
                found.append((at, stored.id, stored))
        return [stored for _, _, stored in sorted(found, reverse=search.descending)]


async def search_all(documents: Documents, search: Search) -> list[Stored]:
    found: list[Stored] = []
    cursor = None
    while True:
        page = await documents.find(
            CALLS,
            {} if search.state is None else {"state": search.state},
            "at",
            search.low,
            search.high,
            search.descending,
            search.limit,
            cursor,
        )
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


BOUNDS = st.integers(-2, 2) | st.none()
PUTS = st.builds(
    lambda id_, revision, body, state, at: Put(id_, revision, body, {"state": state, "at": at}),
    st.sampled_from(IDS),
    st.integers(0, 3) | st.none(),
    st.binary(max_size=5),
    st.sampled_from(["", "open", "done"]) | st.none(),
    BOUNDS,
)
STEPS = st.lists(
    st.builds(Write, st.lists(PUTS, max_size=6, unique_by=lambda put: put.id))
    | st.builds(Erase, st.lists(st.sampled_from(IDS), max_size=2))
    | st.builds(Search, st.sampled_from(["", "open"]) | st.none(), BOUNDS, BOUNDS, st.booleans(), st.integers(1, 3)),
    max_size=15,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_documents_behave_like_a_dict(open_documents: OpenDocuments, steps: list[Write | Erase | Search]) -> None:
    async def play(home: Path) -> None:
        model = Model()
        async with open_documents(home) as documents_of:
            documents = documents_of("calls")
            await documents.declare(CALLS, ["state", "at"])
            for step in steps:
                match step:
                    case Write(puts):
                        refused: set[str] = set()
                        try:
                            await documents.put(CALLS, puts)
                        except Refused as error:
                            refused = set(error.ids)
                        assert refused == model.write(puts)
                    case Erase(gone):
                        await documents.delete(CALLS, gone)
                        model.entries = {id_: entry for id_, entry in model.entries.items() if id_ not in gone}
                    case Search():
                        assert await search_all(documents, step) == model.find(step)
                stored = {id_: stored for id_, (stored, _) in model.entries.items()}
                assert await documents.get(CALLS, IDS) == stored

    with tempfile.TemporaryDirectory() as home:
        asyncio.run(play(Path(home)))
