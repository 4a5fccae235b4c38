"""Local users: who is let in with a password, how long those wait who guess, and what ends their sessions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.identity import passwords
from services.gateway.identity.attempts import FREE_OF_ADDRESS, FREE_OF_NAME, LONGEST_WAIT, TooSoon, wait_after
from services.gateway.identity.passwords import Passwords, acceptable, generated
from services.gateway.identity.users import User, Users
from shared.kernel import Rejected
from shared.security import Access, Principal
from tests.unit.shared.documents import Clock, MemoryDocuments, SlowDocuments

HOME, CAFE = "192.0.2.1", "198.51.100.7"
CHOSEN = "seven green bottles"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hash of the product takes 64 MiB and a moment; here it is the weakest that Argon2 allows."""
    from argon2 import PasswordHasher

    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: weak)
    passwords._nobodys.cache_clear()


class World:
    """Users and sessions on one store."""

    def __init__(self, documents: MemoryDocuments, clock: Clock) -> None:
        self.documents = documents
        self.clock = clock
        self.access = Access(documents, clock)
        self.users = Users(documents, clock, self.access)

    async def tries(self, name: str, password: str, address: str = HOME) -> str:
        """What comes of an attempt: `in`, or the code of the refusal."""
        try:
            await self.users.sign_in(name, password, address)
        except Rejected as refused:
            return refused.code
        except TooSoon as soon:
            return "too_soon" if soon.seconds > 0 else "told to wait for nothing"
        return "in"


async def world(documents: MemoryDocuments | None = None) -> World:
    made = World(documents or MemoryDocuments(), Clock())
    await made.access.start()
    await made.users.start()
    return made


async def with_mira(documents: MemoryDocuments | None = None) -> World:
    """Mira has chosen her password."""
    made = await world(documents)
    _, first = await made.users.add("mira", "supervisor", frozenset({"adria"}), None, "ada")
    await made.users.choose_password("mira", first, CHOSEN, HOME)
    return made


async def test_the_first_password_is_good_for_choosing_ones_own_and_for_nothing_else() -> None:
    made = await world()
    user, first = await made.users.add("mira", "supervisor", None, None, "ada")
    assert (user.name, user.once, user.by) == ("mira", True, "ada")
    assert await made.tries("mira", first) == "choose_password"
    session = await made.users.choose_password("mira", first, CHOSEN, HOME)
    assert await made.access.of_session(session) == Principal("mira", "supervisor", by="session")
    assert await made.tries("mira", first) == "wrong_password"
    assert await made.tries(" Mira ", CHOSEN) == "in"
    assert all(first.encode() not in body and CHOSEN.encode() not in body for body in made.documents.bodies)


async def test_a_name_is_given_once_and_has_a_form() -> None:
    made = await with_mira()
    with pytest.raises(Rejected, match="name_taken"):
        await made.users.add("mira", "admin", None, None, "eve")
    for wrong in ("", "Mira", "a b", "-x", "a\n", "x" * 101, "a/b"):
        with pytest.raises(Rejected, match="wrong_name"):
            await made.users.add(wrong, "admin", None, None, "eve")
    assert [user.role for user in await made.users.all()] == ["supervisor"]


@pytest.mark.parametrize("change", ["disable", "change", "reset", "choose"])
async def test_sessions_end_with_what_they_rest_on(change: str) -> None:
    made = await with_mira()
    sessions = [await made.users.sign_in("mira", CHOSEN, HOME) for _ in range(3)]
    other = await made.access.open_session(Principal("ada", "admin"))
    match change:
        case "disable":
            await made.users.disable("mira")
            assert await made.tries("mira", CHOSEN) == "wrong_password"
            await made.users.enable("mira")
            assert await made.tries("mira", CHOSEN) == "in"
        case "change":
            await made.users.change("mira", "trainer", None, None)
        case "reset":
            assert await made.users.reset("mira") != CHOSEN
        case _:
            await made.users.choose_password("mira", CHOSEN, "another long password", HOME)
    assert [await made.access.of_session(text) for text in sessions] == [None] * 3
    assert await made.access.of_session(other) is not None


async def test_a_sign_in_that_meets_a_change_of_rights_leaves_no_session_with_the_old_ones() -> None:
    for rounds in range(12):
        made = await with_mira(SlowDocuments())

        async def late(after: int, made: World = made) -> None:
            for _ in range(after):
                await asyncio.sleep(0)
            await made.users.disable("mira")

        await asyncio.gather(late(rounds), made.tries("mira", CHOSEN))
        assert not made.documents.collections["access_sessions"], f"after {rounds} turns"


async def test_whoever_guesses_waits_for_longer_each_time_also_for_names_that_nobody_has() -> None:
    made = await with_mira()
    for name in ("mira", "nobody"):
        address = f"{HOME}-{name}"
        for _ in range(FREE_OF_NAME):
            assert await made.tries(name, "wrong", address) == "wrong_password"
        assert await made.tries(name, CHOSEN, address) == "too_soon", "right or wrong is not said"
        assert await made.tries(name, CHOSEN, f"{CAFE}-{name}") == "too_soon", "from elsewhere neither"
        made.clock.time += timedelta(seconds=1)
        assert await made.tries(name, "wrong", address) == "wrong_password"
        made.clock.time += timedelta(seconds=1)
        assert await made.tries(name, "wrong", address) == "too_soon"
        made.clock.time += timedelta(seconds=1)
    assert await made.tries("mira", CHOSEN) == "in"
    assert await made.tries("mira", "wrong") == "wrong_password"


async def test_from_one_address_not_all_names_are_guessed_and_an_own_password_helps_nobody() -> None:
    made = await with_mira()
    for n in range(FREE_OF_ADDRESS):
        assert await made.tries(f"user{n}", "wrong") == "wrong_password"
        if n < FREE_OF_ADDRESS - 1:
            assert await made.tries("mira", CHOSEN) == "in"
    assert await made.tries("mira", CHOSEN) == "too_soon"
    assert await made.tries("mira", CHOSEN, CAFE) == "in"
    made.clock.time += timedelta(hours=1)
    assert await made.tries("mira", CHOSEN) == "in"


async def test_many_guesses_at_once_are_no_more_than_one_after_the_other() -> None:
    made = await with_mira(SlowDocuments())
    results = await asyncio.gather(*(made.tries("mira", f"guess {n}", f"10.0.0.{n}") for n in range(40)))
    assert results.count("wrong_password") <= FREE_OF_NAME
    assert set(results) == {"wrong_password", "too_soon"}


async def test_for_a_name_that_nobody_has_a_hash_is_worked_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = await with_mira()
    hasher, worked = passwords._hasher(), list[str]()

    class Counted:
        """Notes which hashes were worked out."""

        def verify(self, kept: str, password: str) -> bool:
            worked.append(kept)
            return hasher.verify(kept, password)

        def hash(self, password: str) -> str:
            return hasher.hash(password)

    monkeypatch.setattr(passwords, "_hasher", Counted)
    await made.tries("mira", "wrong")
    await made.tries("nobody", "wrong")
    await made.users.disable("mira")
    await made.tries("mira", CHOSEN)
    hers, nobodys, disabled = (kept.rpartition("$")[0].rpartition("$")[0] for kept in worked)
    assert hers == nobodys == disabled, "with the same parameters"
    assert worked[1] == worked[2] != worked[0]


@pytest.mark.parametrize("wrong", ["short", "x" * 201, "aaaaaaaaaaaaaaa", "mira and mira and"])
def test_a_password_that_is_easily_guessed_is_none(wrong: str) -> None:
    with pytest.raises(Rejected, match="weak_password"):
        acceptable(wrong, "mira")


def test_a_generated_password_is_a_good_one() -> None:
    made = {generated() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        acceptable(password, "mira")


async def test_the_same_word_typed_on_another_machine_is_the_same() -> None:
    kept = await Passwords().hashed("caf\u00e9 au lait")
    assert await Passwords().fits("cafe\u0301 au lait", kept)
    assert not await Passwords().fits("cafe au lait", kept)
    assert "$argon2id$" in kept


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_a_wait_never_gets_shorter_and_has_an_end(failed: int, free: int) -> None:
    wait = wait_after(failed, free)
    assert timedelta(0) <= wait <= wait_after(failed + 1, free) <= LONGEST_WAIT
    assert (wait == timedelta(0)) == (failed < free)


def test_what_is_kept_of_a_user_can_be_read_by_later_releases() -> None:
    user = User("mira", "agent", "$argon2id$", datetime(2026, 3, 2, tzinfo=UTC), "ada", frozenset({"adria"}), "a7")
    assert user.principal() == Principal("mira", "agent", frozenset({"adria"}), by="session", agent="a7")
