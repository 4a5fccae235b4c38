"""A provider's word that somebody signed out there: what has to be in it, and which sessions end here."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from joserfc import jwt

from services.gateway.identity.endings import TAKEN, Endings
from services.gateway.identity.provider import LOGOUT_EVENT, LOGOUT_LIFE, Provider
from shared.kernel import Rejected
from shared.ports import StoreUnavailable
from shared.security import Access, Principal, There
from tests.unit.gateway.test_provider import AT, ISSUER, KEY, NOW, SAID, World, token
from tests.unit.shared.documents import Clock, MemoryDocuments

LEFT = {
    "iss": ISSUER,
    "aud": "tallyline",
    "sub": "7",
    "sid": "s1",
    "iat": AT,
    "exp": AT + 120,
    "jti": "j1",
    "events": {LOGOUT_EVENT: {}},
}
MIRA, EVA = Principal("mira", "supervisor", frozenset({"adria"})), Principal("eva", "admin")


def leaving(header: dict[str, str] | None = None, **more: Any) -> str:
    """A logout token with these claims changed; None: left out."""
    claims = {name: value for name, value in (LEFT | more).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "one"} | (header or {"typ": "logout+jwt"}), claims, KEY)


class Here:
    """Sessions here, and what a provider's word does to them, in two processes."""

    def __init__(self, world: World | None = None) -> None:
        self.documents = MemoryDocuments()
        self.clock = Clock()
        self.clock.time = NOW
        self.world = world or World()
        self.access = Access(self.documents, self.clock)
        self.endings = self.process()

    def process(self) -> Endings:
        """One more."""
        party = self.world.provider().party
        provider = Provider(party, self.clock, self.world.provider()._client)
        return Endings(self.documents, self.clock, provider, Access(self.documents, self.clock))

    async def start(self) -> Here:
        await self.access.start()
        await self.endings.start()
        return self

    async def comes(self, who: Principal, there: There | None) -> str:
        return await self.access.open_session(who, there=there)

    async def open(self, *sessions: str) -> list[bool]:
        return [await self.access.of_session(text) is not None for text in sessions]


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ({}, [False, True, True, True, True]),
        ({"sub": None}, [False, True, False, True, True]),
        ({"sid": None}, [False, False, True, True, True]),
        ({"sub": "8", "sid": "s1"}, [True, True, False, True, True]),
        ({"sub": "7", "sid": "s9"}, [True, True, True, True, True]),
    ],
)
async def test_the_sessions_of_whom_and_of_which_it_speaks_end_and_no_others(
    named: dict[str, Any], left: list[bool]
) -> None:
    here = await Here().start()
    sessions = [
        await here.comes(MIRA, There("7", "s1")),
        await here.comes(MIRA, There("7", "s2")),
        await here.comes(EVA, There("8", "s1")),
        await here.comes(EVA, There("9", None)),
        await here.comes(MIRA, None),
    ]
    ended = await here.process().take(leaving(**named))
    assert await here.open(*sessions) == left
    assert len(ended) == left.count(False)
    assert {who.name for who in ended} <= {"mira", "eva"}


async def test_it_is_taken_once_in_whatever_process_and_forgotten_when_nobody_believes_it_any_more() -> None:
    here = await Here().start()
    first = await here.comes(MIRA, There("7", "s1"))
    assert [who.name for who in await here.endings.take(leaving(sid=None))] == ["mira"]
    again = await here.comes(MIRA, There("7", "s2"))
    for process in (here.endings, here.process()):
        with pytest.raises(Rejected, match="used already"):
            await process.take(leaving(sid=None))
    assert await here.open(first, again) == [False, True]
    here.clock.time += LOGOUT_LIFE + timedelta(seconds=1)
    with pytest.raises(Rejected, match="too old"):
        await here.process().take(leaving(sid=None, exp=AT + 9_999))
    await here.process().take(leaving(sid="s2", jti="j2", iat=AT + 601, exp=AT + 700))
    assert len(here.documents.collections[TAKEN]) == 1
    assert await here.open(again) == [False]


async def test_a_session_that_is_noted_as_used_ends_all_the_same() -> None:
    here = await Here().start()
    session = await here.comes(MIRA, There("7", "s1"))
    here.clock.time += timedelta(minutes=6)
    assert await here.open(session) == [True]
    await here.endings.take(leaving(exp=AT + 600))
    assert await here.open(session) == [False]


def forged(header: dict[str, str], key: bytes) -> str:
    """Signed with nothing, or with what everybody knows."""
    parts = [urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in (header, LEFT)]
    signature = hmac.digest(key, ".".join(parts).encode(), "sha256") if key else b""
    return ".".join([*parts, urlsafe_b64encode(signature).decode().rstrip("=")])


WRONG = {
    "no issuer": leaving(iss=None),
    "another issuer": leaving(iss="https://evil.example"),
    "no audience": leaving(aud=None),
    "another audience": leaving(aud="another"),
    "no time": leaving(iat=None),
    "of the future": leaving(iat=AT + 120),
    "long ago": leaving(iat=AT - 601),
    "before all times": leaving(iat=-1e300),
    "no number": leaving(iat=float("nan")),
    "no end": leaving(exp=None),
    "over": leaving(exp=AT - 60),
    "no name of its own": leaving(jti=None),
    "an empty name": leaving(jti=""),
    "a number as its name": leaving(jti=7),
    "nobody": leaving(sub=None, sid=None),
    "an empty person": leaving(sub=""),
    "a session by number": leaving(sid=7),
    "no events": leaving(events=None),
    "other events": leaving(events={"http://schemas.openid.net/event/other": {}}),
    "events as a list": leaving(events=[LOGOUT_EVENT]),
    "an event that is no object": leaving(events={LOGOUT_EVENT: "yes"}),
    "a nonce": leaving(nonce="n"),
    "an access token": leaving({"typ": "at+jwt"}),
    "an ID token": token(),
    "an ID token that names itself": jwt.encode({"alg": "RS256", "kid": "one"}, SAID | {"jti": "j", "sid": "s"}, KEY),
    "unsigned": forged({"alg": "none"}, b""),
    "signed with the public key": forged({"alg": "HS256", "kid": "one"}, KEY.as_pem(private=False)),
    "a broken signature": leaving()[:-6] + "AAAAAA",
    "an unknown key": jwt.encode({"alg": "RS256", "kid": "two"}, LEFT, KEY),
    "no token": "x",
    "nothing": "",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
async def test_what_is_not_the_provider_s_word_on_signing_out_ends_nothing(wrong: str) -> None:
    here = await Here().start()
    session = await here.comes(MIRA, There("7", "s1"))
    with pytest.raises(Rejected, match="wrong_token"):
        await here.endings.take(wrong)
    assert await here.open(session) == [True]
    assert here.documents.collections[TAKEN] == {}


@pytest.mark.parametrize("kind", ["JWT", "logout+jwt", "application/logout+JWT"])
async def test_a_token_may_call_itself_by_the_older_name(kind: str) -> None:
    here = await Here().start()
    session = await here.comes(MIRA, There("7", "s1"))
    await here.endings.take(leaving({"typ": kind}, aud=["other", "tallyline"]))
    assert await here.open(session) == [False]


async def test_a_token_for_signing_out_lets_nobody_in() -> None:
    """It has no nonce of a sign-in, and gives no role to a service."""
    with pytest.raises(Rejected, match="wrong_token"):
        await World(token={"id_token": leaving(), "access_token": "a"}).finish()
    with pytest.raises(Rejected, match="no_role"):
        await World().provider(audience="tallyline").bearer(leaving())


async def test_what_could_not_be_done_now_may_be_asked_again() -> None:
    here = await Here().start()
    session = await here.comes(MIRA, There("7", "s1"))
    known, here.world.answers["/keys"] = here.world.answers["/keys"], 503
    fallen = here.process()
    with pytest.raises(StoreUnavailable):
        await fallen.take(leaving())
    here.world.answers["/keys"] = known
    await here.process().take(leaving())
    assert await here.open(session) == [False]


async def test_what_the_provider_calls_people_is_not_kept_readable() -> None:
    here = await Here().start()
    await here.comes(MIRA, There("mira@example.com", "s1-of-mira"))
    assert not any(b"example.com" in body or b"s1-of" in body for body in here.documents.bodies)
