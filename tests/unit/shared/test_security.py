"""Security: keys, sessions and sign-in links; what is stored does not let anybody in."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ports import Put
from shared.security import (
    FIRST_SIGN_IN_LIFE,
    SESSION_LIFE,
    SIGN_IN_LIFE,
    Access,
    Principal,
    SessionRules,
    local_key,
    same_origin,
)
from shared.settings import SettingError
from tests.unit.shared.documents import Clock, MemoryDocuments, SlowDocuments

ADA = Principal("Ada", "admin")


async def opened(documents: MemoryDocuments | None = None, clock: Clock | None = None) -> Access:
    access = Access(documents or MemoryDocuments(), clock or Clock(), local="tlk_local_abc")
    await access.start()
    return access


async def test_a_key_stands_for_its_name_role_and_partners() -> None:
    access = await opened()
    _, text = await access.create_key("dashboard", "partner", frozenset({"acme"}))
    principal = await access.of_key(text)
    assert principal == Principal("dashboard", "partner", frozenset({"acme"}))
    assert principal.sees("acme")
    assert not principal.sees("globex")
    assert text.startswith("tlk_")


@pytest.mark.parametrize(
    "wrong", ["", "tlk_", "tlk__", "x", "tlk_local_abd", "{text}x", "x{text}", "{id}", "tlk_{id}_"]
)
async def test_a_key_that_is_not_exactly_right_is_not_accepted(wrong: str) -> None:
    access = await opened()
    key, text = await access.create_key("dashboard", "manager")
    assert await access.of_key(wrong.format(text=text, id=key.id)) is None


async def test_the_secret_of_one_key_does_not_fit_the_id_of_another() -> None:
    access = await opened()
    one, _ = await access.create_key("one", "admin")
    two, text = await access.create_key("two", "manager")
    assert await access.of_key(text.replace(two.id, one.id)) is None


async def test_a_revoked_key_is_refused_at_once_and_still_listed() -> None:
    clock = Clock()
    access = await opened(clock=clock)
    key, text = await access.create_key("dashboard", "manager")
    clock.time += timedelta(days=1)
    kept, _ = await access.create_key("other", "manager")
    assert await access.revoke_key(key.id)
    assert await access.revoke_key(key.id)
    assert not await access.revoke_key("none")
    assert await access.of_key(text) is None
    assert [(k.id, k.revoked) for k in await access.keys()] == [(key.id, clock.time), (kept.id, None)]


async def test_the_key_of_this_machine_is_an_admin() -> None:
    assert await (await opened()).of_key("tlk_local_abc") == Principal("local", "admin", by="machine")
    without = Access(MemoryDocuments(), Clock())
    await without.start()
    assert await without.of_key("tlk_local_abc") is None


def test_the_key_of_this_machine_is_made_once_and_hidden_from_others(tmp_path: Path) -> None:
    key = local_key(tmp_path)
    assert key.startswith("tlk_local_")
    assert local_key(tmp_path) == key
    (tmp_path / "local.key").chmod(0o644)
    with pytest.raises(SettingError):
        local_key(tmp_path)


async def test_a_session_lasts_until_it_expires_or_is_closed() -> None:
    clock = Clock()
    access = await opened(clock=clock)
    first, second = await access.open_session(ADA), await access.open_session(ADA)
    assert await access.of_session(first) == Principal("Ada", "admin", by="session")
    await access.close_session(first)
    assert await access.of_session(first) is None
    for _ in range(11):
        clock.time += timedelta(hours=1)
        assert await access.of_session(second) is not None
    clock.time += SESSION_LIFE - timedelta(hours=11, seconds=1)
    assert await access.of_session(second) is not None
    clock.time += timedelta(seconds=1)
    assert await access.of_session(second) is None


async def test_a_session_that_nobody_uses_ends_before_its_time_and_its_use_is_written_down_rarely() -> None:
    clock, documents = Clock(), MemoryDocuments()
    access = Access(documents, clock, rules=SessionRules(timedelta(hours=4), timedelta(hours=1)))
    await access.start()
    used, left = await access.open_session(ADA), await access.open_session(ADA)
    clock.time += timedelta(hours=1) - timedelta(seconds=1)
    assert (await access.of_session(used)) is not None
    clock.time += timedelta(seconds=1)
    assert await access.of_session(left) is None
    written = len(documents.bodies)
    for minute in range(1, 180):
        clock.time += timedelta(minutes=1)
        assert (await access.of_session(used)) is not None, minute
    assert len(documents.bodies) - written <= 180 / 5
    clock.time += timedelta(minutes=1)
    assert await access.of_session(used) is None


async def test_a_session_of_an_earlier_release_goes_on() -> None:
    clock, documents = Clock(), MemoryDocuments()
    access = await opened(documents, clock)
    text = await access.open_session(ADA)
    ((doc_id, (stored, _)),) = documents.collections["access_sessions"].items()
    before = msgspec.json.decode(stored.body)
    before = {"principal": before["principal"], "expires": before["expires"]}
    await documents.put("access_sessions", [Put(doc_id, None, msgspec.json.encode(before))])
    assert await access.of_session(text) == Principal("Ada", "admin", by="session")


async def test_a_key_ends_when_it_was_said_and_its_use_is_written_down_rarely() -> None:
    clock, documents = Clock(), MemoryDocuments()
    access = await opened(documents, clock)
    key, text = await access.create_key("dashboard", "manager", expires=clock.time + timedelta(hours=1))
    assert (await access.keys())[0].used is None
    written = len(documents.bodies)
    for _ in range(59):
        clock.time += timedelta(minutes=1)
        assert await access.of_key(text) is not None
    assert len(documents.bodies) - written == 12
    (listed,) = await access.keys()
    assert (listed.id, listed.used) == (key.id, clock.time - timedelta(minutes=3))
    clock.time += timedelta(minutes=1)
    assert await access.of_key(text) is None


async def test_a_narrowed_key_may_less_than_its_role() -> None:
    access = await opened()
    _, text = await access.create_key("board", "manager", rights=frozenset({"wallboard.see"}))
    holder = await access.of_key(text)
    assert holder is not None
    assert holder.may("wallboard.see")
    assert not holder.may("figures.read")
    assert Principal("board", "manager").may("figures.read")
    assert not Principal("x", "agent", rights=frozenset({"administration"})).may("administration")


async def test_a_bearer_that_is_no_key_of_ours_is_shown_to_whoever_knows_others() -> None:
    asked: list[str] = []

    async def tokens(text: str) -> Principal | None:
        asked.append(text)
        return ADA if text == "a.b.c" else None

    access = Access(MemoryDocuments(), Clock(), "tlk_local_abc", tokens=tokens)
    await access.start()
    assert await access.of_key("a.b.c") == ADA
    assert await access.of_key("a.b.d") is None
    for other in ("tlk_local_abc", "tlk_0123_x", "nothing"):
        await access.of_key(other)
    assert asked == ["a.b.c", "a.b.d"]


async def test_a_sign_in_link_opens_one_session_once() -> None:
    access = await opened()
    token = await access.create_sign_in(ADA)
    session = await access.sign_in(token)
    assert session is not None
    assert await access.of_session(session) == Principal("Ada", "admin", by="session")
    assert await access.sign_in(token) is None
    assert await access.sign_in("never given") is None


async def test_of_two_requests_with_one_sign_in_link_exactly_one_gets_in() -> None:
    access = await opened(SlowDocuments())
    token = await access.create_sign_in(ADA)
    sessions = await asyncio.gather(*(access.sign_in(token) for _ in range(5)))
    assert sum(session is not None for session in sessions) == 1


@pytest.mark.parametrize("life", [SIGN_IN_LIFE, FIRST_SIGN_IN_LIFE])
async def test_a_sign_in_link_is_of_no_use_after_its_life(life: timedelta) -> None:
    clock = Clock()
    access = await opened(clock=clock)
    early, late = await access.create_sign_in(ADA, life), await access.create_sign_in(ADA, life)
    clock.time += life - timedelta(seconds=1)
    assert await access.sign_in(early) is not None
    clock.time += timedelta(seconds=1)
    assert await access.sign_in(late) is None


async def test_what_is_over_is_swept_away() -> None:
    documents, clock = MemoryDocuments(), Clock()
    access = await opened(documents, clock)
    for _ in range(3):
        await access.sign_in(await access.create_sign_in(ADA))
    clock.time += timedelta(days=1)
    await access.sign_in(await access.create_sign_in(ADA))
    assert len(documents.collections["access_sessions"]) == 1
    assert len(documents.collections["access_links"]) == 1


async def test_nothing_that_is_stored_lets_anybody_in() -> None:
    documents = MemoryDocuments()
    access = await opened(documents)
    _, key = await access.create_key("dashboard", "manager")
    token = await access.create_sign_in(ADA)
    session = await access.sign_in(token)
    assert session is not None
    everything = b"\n".join(documents.bodies)
    for text in (key, key.split("_", 2)[2], token, session):
        assert text.encode() not in everything


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site", "origin": "https://calls.example", "host": "calls.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "https://calls.example", "host": "calls.example"}, True),
        ({"origin": "http://127.0.0.1:8321", "host": "127.0.0.1:8321"}, True),
        ({"origin": "http://127.0.0.1:9999", "host": "127.0.0.1:8321"}, False),
        ({"origin": "https://evil.example", "host": "calls.example"}, False),
        ({"origin": "null", "host": "calls.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "null", "host": ""}, False),
        ({"host": "calls.example"}, False),
    ],
)
def test_a_change_by_cookie_must_come_from_our_own_pages(headers: dict[str, str], ours: bool) -> None:
    assert same_origin(headers) is ours


@given(st.text(), st.sampled_from(["calls.example", "127.0.0.1:8321"]))
def test_no_other_origin_passes_for_ours(origin: str, host: str) -> None:
    if f"//{host}" not in origin:
        assert not same_origin({"origin": origin, "host": host})
