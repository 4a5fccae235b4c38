"""What a provider may say, and what nobody believes it: tokens of the wrong kind, and answers that make no sense."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from services.gateway.domain.claims import Granted
from services.gateway.identity.provider import (
    AWAY_S,
    BELIEVED_S,
    KNOWN_S,
    Begun,
    Party,
    Provider,
    challenge_of,
)
from shared.kernel import Rejected
from shared.ports import StoreUnavailable

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AT = int(NOW.timestamp())
ISSUER, BACK = "https://sso.example", "https://calls.example/signin/back"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
SAID = {
    "iss": ISSUER,
    "aud": "tallyline",
    "sub": "7",
    "iat": AT,
    "exp": AT + 60,
    "nonce": "n",
    "tallyline_role": "trainer",
}
BEGUN = Begun("", "s", "n", "v")
DISCOVERED = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth?tenant=1",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "userinfo_endpoint": f"{ISSUER}/me",
}


def token(**more: Any) -> str:
    """A token with these claims changed; None: left out."""
    claims = {name: value for name, value in (SAID | more).items() if value is not None}
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)


class World:
    """A provider that says what a test has it say, and what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "/.well-known/openid-configuration": DISCOVERED,
            "/keys": {"keys": [KEY.as_dict(private=False), {"kty": "new"}]},
            "/token": {"id_token": token(), "access_token": "a"},
            "/me": {"sub": "7"},
        } | {f"/{name}": answer for name, answer in answers.items()}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers[request.url.path]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def provider(self, **more: Any) -> Provider:
        party = Party(ISSUER, "tallyline", "s:e cret", **more)
        return Provider(party, lambda: NOW, lambda: httpx.AsyncClient(transport=httpx.MockTransport(self)))

    async def finish(self, **more: Any) -> Granted:
        arrived = await self.provider().finish({"state": "s", "code": "c", "iss": ISSUER} | more, BEGUN, BACK)
        return arrived.who


async def test_what_is_asked_of_a_provider() -> None:
    world = World()
    assert await world.finish() == Granted("7", "trainer", None, None)
    posted = next(request for request in world.asked if request.url.path == "/token")
    form = dict(httpx.QueryParams(posted.content.decode()))
    assert form == {"grant_type": "authorization_code", "code": "c", "redirect_uri": BACK, "code_verifier": "v"}
    scheme, _, credentials = posted.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(credentials)) == ("Basic", b"tallyline:s%3Ae%20cret")
    begun = await world.provider().begin(BACK)
    url = httpx.URL(begun.url)
    assert url.params["tenant"] == "1"
    assert url.params["code_challenge"] == challenge_of(begun.verifier)
    assert begun.verifier not in begun.url


def test_the_challenge_is_that_of_the_standard() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "RFC 7636, appendix B"


def forged(header: dict[str, str], key: bytes = b"") -> str:
    """A token whose signature is none, or made with the public key as a secret."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, SAID)]
    signature = hmac.digest(key, ".".join(parts).encode(), "sha256") if key else b""
    return ".".join([*parts, base64.urlsafe_b64encode(signature).decode().rstrip("=")])


@pytest.mark.parametrize(
    "wrong",
    [
        token(exp=None),
        token(iat=None),
        token(sub=None),
        token(aud=None),
        token(exp=AT - 60),
        token(iat=AT + 120),
        token(nbf=AT + 120),
        token(aud="another"),
        token(iss="https://evil.example"),
        token(nonce=None),
        token(aud=["tallyline", "another"]),
        token(aud=["tallyline", "another"], azp="another"),
        token(azp="another"),
        forged({"alg": "none"}),
        forged({"alg": "HS256", "kid": "one"}, KEY.as_pem(private=False)),
        token()[:-6] + "AAAAAA",
        "x",
        7,
        None,
    ],
)
async def test_a_token_that_is_not_for_us_now_and_of_the_provider_lets_nobody_in(wrong: Any) -> None:
    with pytest.raises(Rejected, match="wrong_token"):
        await World(token={"id_token": wrong}).finish()


@pytest.mark.parametrize(
    "fine",
    [{"aud": ["tallyline"]}, {"aud": ["tallyline", "x"], "azp": "tallyline"}, {"exp": AT - 59}, {"iat": AT + 60}],
)
async def test_clocks_may_differ_a_little_and_others_may_be_named_beside_us(fine: dict[str, Any]) -> None:
    assert (await World(token={"id_token": token(**fine)}).finish()).role == "trainer"


async def test_what_the_token_leaves_out_is_asked_for_and_never_of_somebody_else() -> None:
    short = {"id_token": token(tallyline_role=None), "access_token": "a"}
    assert (await World(token=short, me={"sub": "7", "tallyline_role": "sre"}).finish()).role == "sre"
    with pytest.raises(Rejected, match="wrong_token"):
        await World(token=short, me={"sub": "8", "tallyline_role": "admin"}).finish()
    with pytest.raises(Rejected, match="no_role"):
        await World(token=short, me=httpx.Response(403, json={})).finish()
    with pytest.raises(Rejected, match="no_role"):
        await World(token={"id_token": short["id_token"]}).finish()


@pytest.mark.parametrize(
    "answer",
    [
        {".well-known/openid-configuration": DISCOVERED | {"issuer": f"{ISSUER}/"}},
        {".well-known/openid-configuration": {"issuer": ISSUER}},
        {".well-known/openid-configuration": httpx.Response(404, text="<html>")},
        {".well-known/openid-configuration": httpx.Response(302, headers={"location": "https://evil.example"})},
        {"keys": httpx.Response(500)},
        {"keys": {"keys": []}},
        {"token": httpx.Response(502)},
        {"token": ["id_token"]},
    ],
)
async def test_a_provider_that_makes_no_sense_is_away(answer: dict[str, Any]) -> None:
    with pytest.raises(StoreUnavailable):
        await World(**answer).finish()


async def test_an_answer_that_says_no_is_a_no(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for refused in ({"error": "access_denied"}, {"error": "+4915730992001\n"}):
        with pytest.raises(Rejected, match="refused"):
            await World().provider().finish({"state": "s", "iss": ISSUER} | refused, BEGUN, BACK)
    with pytest.raises(Rejected, match="refused"):
        await World(token=httpx.Response(400, json={"error": "invalid_grant"})).finish()
    assert "access_denied" in caplog.text
    assert "invalid_grant" in caplog.text
    assert "4915730992001" not in caplog.text


async def test_it_is_asked_once_what_it_is_and_not_each_time() -> None:
    world = World()
    provider = world.provider(audience="tallyline")
    for _ in range(5):
        assert (await provider.bearer(token())).role == "trainer"
        with pytest.raises(Rejected):
            await provider.bearer(jwt.encode({"alg": "RS256", "kid": "two"}, SAID, KEY))
    assert [request.url.path for request in world.asked] == ["/.well-known/openid-configuration", "/keys"]


async def test_a_provider_without_a_place_to_sign_out_leads_nowhere() -> None:
    assert await World().provider().leaving(BACK) is None
    told = DISCOVERED | {"end_session_endpoint": f"{ISSUER}/out"}
    leaving = await World(**{".well-known/openid-configuration": told}).provider().leaving(BACK)
    assert leaving is not None
    assert httpx.URL(leaving).params == httpx.QueryParams(client_id="tallyline", post_logout_redirect_uri=BACK)


class Ticks:
    """Seconds, as the tests have them."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_a_provider_that_is_away_is_believed_for_a_day_and_asked_now_and_then() -> None:
    world, ticks = World(), Ticks()
    party = Party(ISSUER, "tallyline", "s", audience="tallyline")
    provider = Provider(party, lambda: NOW, lambda: httpx.AsyncClient(transport=httpx.MockTransport(world)), ticks)
    shown = token()
    assert (await provider.bearer(shown)).role == "trainer"
    away = httpx.Response(503)
    world.answers |= {"/.well-known/openid-configuration": away, "/keys": away}
    asked = len(world.asked)
    ticks.at += KNOWN_S + 1
    for _ in range(20):
        assert (await provider.bearer(shown)).role == "trainer"
    assert len(world.asked) == asked + 1, "who comes in between does not wait for it too"
    ticks.at += AWAY_S
    await provider.bearer(shown)
    assert len(world.asked) == asked + 2
    ticks.at += BELIEVED_S
    with pytest.raises(StoreUnavailable):
        await provider.bearer(shown)
    world.answers |= World().answers
    ticks.at += AWAY_S
    assert (await provider.bearer(shown)).role == "trainer"


async def test_a_key_that_nobody_knows_is_no_wrong_one_while_the_provider_is_away() -> None:
    world, ticks = World(), Ticks()
    party = Party(ISSUER, "tallyline", "s", audience="tallyline")
    provider = Provider(party, lambda: NOW, lambda: httpx.AsyncClient(transport=httpx.MockTransport(world)), ticks)
    await provider.bearer(token())
    world.answers["/keys"] = httpx.Response(503)
    ticks.at += 60
    with pytest.raises(StoreUnavailable):
        await provider.bearer(jwt.encode({"alg": "RS256", "kid": "two"}, SAID, KEY))
