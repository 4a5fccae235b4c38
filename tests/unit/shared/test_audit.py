"""The chain of the audit log: whatever is changed, taken out, put elsewhere or cut off is found, and named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.audit.entries import Committed, Entry, Head, Kept, head_of, id_of, kept, key_of
from shared.audit.verifying import Chain, Found, verify
from shared.http.audited import without_number

KEY = key_of(b"a" * 32)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry(n: int, **more: Any) -> Entry:
    known: dict[str, Any] = {"step": "done", "request": f"r{n}", "who": "Mira", "role": "manager", "by": "key"}
    known |= {"what": "Close ticket", "route": "POST /api/v1/tickets/{ticket_id}/close", "status": 202}
    return Entry(at=AT + timedelta(seconds=n), **(known | more))


def chain(length: int, name: str = "calls", **more: Any) -> list[Found]:
    made: list[Found] = []
    previous = ""
    for n in range(1, length + 1):
        stored = kept(KEY, msgspec.structs.replace(entry(n, **more), chain=name, n=n, previous=previous))
        made.append(Found(id_of(name, n), msgspec.json.encode(stored)))
        previous = stored.hash
    return made


def verdict(found: list[Found], *heads: Head, key: bytes | None = KEY, events: Any = None) -> Chain:
    async def all_of_them() -> AsyncIterator[Found]:
        for each in found:
            yield each

    chains = asyncio.run(verify(all_of_them(), key, events, heads))
    return chains[0]


def changed(found: Found, change: Callable[[Entry], Entry], key: bytes | None = None) -> Found:
    """With another content. With a key: by somebody who works out hash and seal too."""
    stored = msgspec.json.decode(found.body, type=Kept)
    other = change(stored.entry)
    new = kept(key, other) if key else msgspec.structs.replace(stored, entry=other)
    return Found(found.id, msgspec.json.encode(new))


def someone_else(one: Entry) -> Entry:
    return msgspec.structs.replace(one, who="Nobody")


def test_what_was_not_touched_holds() -> None:
    found = verdict(chain(7))
    assert (found.entries, found.broken) == (7, None)
    assert found.head is not None
    assert head_of(found.head).n == 7


@given(st.integers(1, 12), st.data())
def test_the_first_entry_that_was_changed_is_named(length: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, length - 1))
    made = chain(length)
    made[at] = changed(made[at], someone_else)
    found = verdict(made)
    assert found.broken is not None
    assert (found.broken.n, found.broken.why) == (at + 1, "it was changed")


@given(st.integers(2, 12), st.data())
def test_one_that_was_taken_out_is_missed(length: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, length - 2))
    made = chain(length)
    found = verdict(made[:at] + made[at + 1 :])
    assert found.broken is not None
    assert (found.broken.n, found.broken.why) == (at + 1, "it is missing")


@given(st.integers(2, 12), st.data())
def test_two_that_were_exchanged_are_found(length: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, length - 2))
    second = data.draw(st.integers(first + 1, length - 1))
    made = chain(length)
    made[first], made[second] = Found(made[first].id, made[second].body), Found(made[second].id, made[first].body)
    found = verdict(made)
    assert found.broken is not None
    assert found.broken.n == first + 1


@given(st.integers(2, 12), st.data())
def test_a_chain_that_was_cut_off_is_found_by_a_head_that_was_told(length: int, data: st.DataObject) -> None:
    left = data.draw(st.integers(1, length - 1))
    made = chain(length)
    whole = verdict(made)
    assert whole.head is not None
    cut = verdict(made[:left], head_of(whole.head))
    assert cut.broken is not None
    assert cut.broken.n == left + 1
    assert verdict(made[:left]).broken is None  # what no head tells of can't be seen
    assert verdict([*chain(1, "partners")], head_of(whole.head)).chain == "partners"


def test_a_chain_that_is_gone_altogether_is_found_by_its_head() -> None:
    gone = verdict([], Head("calls", 3, "ab" * 32))
    assert gone.broken is not None
    assert gone.broken.n == 1


def test_who_works_out_hashes_needs_our_key_too() -> None:
    made = chain(3)
    made[2] = changed(made[2], someone_else, key_of(b"b" * 32))
    broken = verdict(made).broken
    assert broken is not None
    assert (broken.n, broken.why) == (3, "it was not sealed by us")
    assert verdict(made, key=None).broken is None  # an export is checked without the key


def test_who_has_the_key_and_writes_a_chain_anew_is_found_by_a_head_that_was_told() -> None:
    told = verdict(chain(3)).head
    assert told is not None
    broken = verdict(chain(5, who="Nobody"), head_of(told)).broken
    assert broken is not None
    assert (broken.n, broken.why) == (3, "its hash is another one than was told")


def test_an_event_that_was_changed_after_it_was_recorded_breaks_the_entry_that_tells_of_it() -> None:
    commit = Committed("calls", "order-1", 1, ("OrderPlaced",), "0" * 64)
    made = chain(2, commits=(commit,))

    async def other(_: Committed) -> bytes | None:
        return b"[]"

    async def gone(_: Committed) -> bytes | None:
        return None

    for events, said in ((other, "was changed"), (gone, "is gone")):
        broken = verdict(made, events=events).broken
        assert broken is not None
        assert (broken.n, broken.why) == (1, f"order-1 1, which it tells of, {said}")


def test_bytes_that_are_no_entry_break_the_chain_and_nothing_else() -> None:
    made = chain(3)
    made[1] = Found(made[1].id, b"{]")
    broken = verdict(made).broken
    assert broken is not None
    assert (broken.n, broken.why) == (2, "it can't be read")


def test_what_was_asked_and_has_no_outcome_is_counted() -> None:
    assert verdict(chain(4, step="asked")).unfinished == 4


@pytest.mark.parametrize(
    "text", ["", "calls", "calls:0:" + "ab" * 32, "calls:1:ab", "calls:x:" + "ab" * 32, ":1:" + "ab" * 32]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        head_of(text)


@pytest.mark.parametrize(
    ("value", "kept_as"),
    [
        ("adria", "adria"),
        ("adria:t-1", "adria:t-1"),
        ("2026-03-02", "2026-03-02"),
        ("2026-03", "2026-03"),
        ("+385 91 234 5678", "…"),
        ("00385912345678", "…"),
        ("0912345678", "…"),
        ("adria:+385912345678", "adria:…"),
        ("cus_0f5c2a9be1d70f5c", "cus_0f5c2a9be1d70f5c"),
        ("8d7fae37-0000-4000-8000-1234567890ab", "8d7fae37-0000-4000-8000-1234567890ab"),
    ],
)
def test_what_somebody_could_be_called_by_is_left_out(value: str, kept_as: str) -> None:
    assert without_number(value) == kept_as
