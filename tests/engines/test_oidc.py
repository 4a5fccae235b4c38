"""Signing in at a real OpenID provider, through its own pages; and what is refused. Needs node and npm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import uvicorn

from services.embedded import Embedded, embedded
from services.gateway.domain.claims import ClaimRules, Granted
from services.gateway.identity.provider import Begun, Party, Provider
from shared.kernel import Rejected
from shared.settings import Settings
from tests.e2e.systems import Time, of_page
from tests.engines.oidc import ROLES, provider, restarted, signed_in, signed_out
from tests.engines.server import Server, free_port

pytestmark = pytest.mark.engines
OURS = "http://tallyline.test:8321"
BACK = f"{OURS}/signin/back"
SECRET = "a secret: with a colon"
RULES = ClaimRules(role="groups", roles=(("admins", "admin"), ("floor", "supervisor"), ("books", "accountant")))


def say(line: str) -> None:
    """What was done, for whoever reads along."""
    print(line, flush=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = provider(OURS)
    say(f"oidc-provider listens on {running.address()}")
    yield running
    running.stop()


@pytest.fixture
def party(server: Server) -> Party:
    return Party(f"http://{server.address()}", "tallyline", SECRET, claims=RULES, audience="api")


@pytest.fixture
def at(party: Party) -> Provider:
    return Provider(party, lambda: datetime.now(UTC))  # noqa: TID251 - the provider's clock is the real one


async def come_back(provider: Provider, login: str) -> tuple[Begun, dict[str, str]]:
    """Somebody left for the provider, signed in there, and is back with its answer."""
    begun = await provider.begin(BACK)
    return begun, await asyncio.to_thread(signed_in, begun.url, login, BACK, say)


async def test_whoever_signs_in_there_is_let_in_here_with_the_role_of_their_group(at: Provider) -> None:
    begun, answer = await come_back(at, "mira:floor+books:adria+kosava")
    assert answer["iss"] == at.party.issuer
    found = await at.finish(answer, begun, BACK)
    assert found.who == Granted("mira", "supervisor", frozenset({"adria", "kosava"}), None)
    assert found.there.subject == "mira:floor+books:adria+kosava"
    with pytest.raises(Rejected, match="refused"):
        await at.finish(answer, begun, BACK)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"state": "another"}, "wrong_state"),
        ({"nonce": "another"}, "wrong_token"),
        ({"verifier": "another-verifier-of-at-least-forty-three-characters"}, "refused"),
    ],
)
async def test_what_does_not_fit_the_sign_in_is_refused(at: Provider, wrong: dict[str, str], code: str) -> None:
    begun, answer = await come_back(at, "mira:floor")
    with pytest.raises(Rejected) as refused:
        await at.finish(answer, begun._replace(**wrong), BACK)
    assert refused.value.code == code


@pytest.mark.parametrize("named", ["https://another.example", ""])
async def test_an_answer_of_another_provider_is_refused(at: Provider, named: str) -> None:
    begun, answer = await come_back(at, "mira:floor")
    answer = {**answer, "iss": named} if named else {key: answer[key] for key in answer if key != "iss"}
    with pytest.raises(Rejected, match="wrong_issuer"):
        await at.finish(answer, begun, BACK)


async def test_a_token_for_another_program_or_of_yesterday_is_refused(at: Provider, party: Party) -> None:
    later = Provider(party, lambda: datetime.now(UTC) + timedelta(hours=2))  # noqa: TID251
    begun, answer = await come_back(later, "mira:floor")
    with pytest.raises(Rejected, match="wrong_token"):
        await later.finish(answer, begun, BACK)
    tokens = {resource: await of_service(party, resource) for resource in ("api", "elsewhere")}
    assert await at.bearer(tokens["api"]) == Granted("exporter", "accountant", None, None)
    for token in (tokens["elsewhere"], tokens["api"][:-4] + "AAAA", "a.b.c"):
        with pytest.raises(Rejected, match="wrong_token"):
            await at.bearer(token)
    with pytest.raises(Rejected, match="wrong_token"):
        await later.bearer(tokens["api"])
    with pytest.raises(Rejected, match="wrong_token"):
        await Provider(party._replace(audience=""), at._clock).bearer(tokens["api"])


async def test_new_keys_of_the_provider_are_asked_for(server: Server, at: Provider, party: Party) -> None:
    ticks = [0.0]
    known = Provider(party, at._clock, ticks=lambda: ticks[0])
    assert (await known.bearer(await of_service(party, "api"))).role == "accountant"
    restarted(server)
    fresh = await of_service(party, "api")
    with pytest.raises(Rejected, match="wrong_token"):
        await known.bearer(fresh)  # asked for a moment ago: whoever invents keys does not make us ask each time
    ticks[0] = 11.0
    assert (await known.bearer(fresh)).role == "accountant"


async def of_service(party: Party, resource: str) -> str:
    """A token of a service for this audience."""
    form = {"grant_type": "client_credentials", "resource": f"https://for.example/{resource}", "scope": "read"}
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{party.issuer}/token", data=form, auth=("exporter", "another-secret"))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@asynccontextmanager
async def system(server: Server, data: Path, time: Time, **more: Any) -> AsyncIterator[Embedded]:
    """The whole system with this provider."""
    environ = {
        "TALLYLINE_OIDC_ISSUER": f"http://{server.address()}",
        "TALLYLINE_OIDC_CLIENT_ID": "tallyline",
        "TALLYLINE_OIDC_CLIENT_SECRET": SECRET,
        "TALLYLINE_OIDC_ROLE_CLAIM": "groups",
        "TALLYLINE_OIDC_ROLES": ROLES,
        "TALLYLINE_JWT_AUDIENCE": "api",
        "TALLYLINE_PUBLIC_URL": OURS,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.clock.now", time)
        async with embedded(replace(Settings.from_environment(environ), data=data, **more)) as running:
            yield running


async def test_who_signs_out_at_the_provider_is_out_here_at_once_and_with_this_session_alone(tmp_path: Path) -> None:
    time = Time(datetime.now(UTC))  # noqa: TID251
    port = free_port()
    ours = f"http://127.0.0.1:{port}"
    there = provider(ours)
    try:
        async with system(there, tmp_path, time, port=port, public_url=ours) as running:
            door = uvicorn.Server(
                uvicorn.Config(running.app, port=port, lifespan="off", access_log=False, log_level="error")
            )
            serving = asyncio.create_task(door.serve())
            try:
                while not door.started:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                await comes_and_goes(there, ours)
            finally:
                door.should_exit = True
                await serving
    finally:
        there.stop()


async def comes_and_goes(there: Server, ours: str) -> None:
    """Mira signs in with two browsers, Eva with one. Mira signs out at the provider, in one of hers."""
    back = f"{ours}/signin/back"
    with httpx.Client(timeout=20) as desk, httpx.Client(timeout=20) as home, httpx.Client(timeout=20) as evas:
        people = [(desk, "mira:floor"), (home, "mira:floor"), (evas, "eva:floor")]
        browsers = [httpx.AsyncClient(base_url=ours) for _ in people]
        for (kept, login), browser in zip(people, browsers, strict=True):
            gone = await browser.get("/signin/start")
            answer = await asyncio.to_thread(signed_in, gone.headers["location"], login, back, say, kept)
            assert (await browser.get("/signin/back", params=answer)).status_code == 303

        async def seen() -> list[int]:
            return [(await browser.get("/wallboard")).status_code for browser in browsers]

        assert await seen() == [200, 200, 200]
        await asyncio.to_thread(signed_out, there, desk)
        assert await seen() == [401, 200, 200]
        for browser in browsers:
            await browser.aclose()


def somebody(running: Embedded) -> httpx.AsyncClient:
    """A browser that comes to our address."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(running.app), base_url=OURS)


async def test_from_our_page_to_the_provider_and_back_and_out_again(server: Server, tmp_path: Path) -> None:
    time = Time(datetime.now(UTC))  # noqa: TID251
    async with system(server, tmp_path, time) as running, somebody(running) as browser, somebody(running) as thief:
        closed = await browser.get("/wallboard?partner=adria", headers={"accept": "text/html"})
        assert closed.status_code == 401
        assert "/signin/start?next=/wallboard%3Fpartner%3Dadria" in closed.text
        gone = await browser.get("/signin/start", params={"next": "/wallboard?partner=adria"})
        asked = dict(parse_qsl(urlsplit(gone.headers["location"]).query))
        assert asked["code_challenge_method"] == "S256"
        assert {"state", "nonce", "code_challenge"} <= asked.keys()
        cookie = gone.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/signin/back"))
        answer = await asyncio.to_thread(signed_in, gone.headers["location"], "mira:floor:adria", BACK, say)
        stolen = await thief.get("/signin/back", params=answer)
        assert stolen.status_code == 401
        back = await browser.get("/signin/back", params=answer)
        assert (back.status_code, back.headers["location"]) == (303, "/wallboard?partner=adria")
        session = browser.cookies["tallyline_session"]
        assert (await browser.get("/wallboard?partner=adria")).status_code == 200
        assert (await browser.get("/api/v1/users")).status_code == 403
        assert (await browser.get("/signin/back", params=answer)).status_code == 401
        page = await browser.post("/signout", headers=of_page(browser))
        assert f"http://{server.address()}/session/end?client_id=tallyline" in page.text
        assert (await browser.get("/wallboard")).status_code == 401
        thief.cookies.set("tallyline_session", session)
        assert (await thief.get("/wallboard")).status_code == 401
        bearer = await of_service(Party(f"http://{server.address()}", ""), "api")
        with_token = {"authorization": f"Bearer {bearer}"}
        assert (await thief.get("/api/v1/partners", headers=with_token)).status_code == 200
        assert (await thief.get("/api/v1/users", headers=with_token)).status_code == 403
        time.forward(timedelta(minutes=5))
        assert (await thief.get("/api/v1/partners", headers=with_token)).status_code == 401


async def test_who_has_no_role_here_is_told_so_and_nobody_comes_in_late(server: Server, tmp_path: Path) -> None:
    time = Time(datetime.now(UTC))  # noqa: TID251
    async with system(server, tmp_path, time) as running, somebody(running) as browser:
        for login, status, word in (("eva:cooks", 403, "no role"), ("tom:outside", 403, "does not go together")):
            gone = await browser.get("/signin/start")
            answer = await asyncio.to_thread(signed_in, gone.headers["location"], login, BACK, say)
            back = await browser.get("/signin/back", params=answer)
            assert (back.status_code, "tallyline_session" in browser.cookies) == (status, False)
            assert word in back.text
        gone = await browser.get("/signin/start")
        answer = await asyncio.to_thread(signed_in, gone.headers["location"], "mira:floor", BACK, say)
        time.forward(timedelta(minutes=10))
        assert (await browser.get("/signin/back", params=answer)).status_code == 401


async def test_a_session_begins_anew_at_sign_in_and_ends_unused_and_in_any_case(server: Server, tmp_path: Path) -> None:
    time = Time(datetime.now(UTC))  # noqa: TID251
    async with system(server, tmp_path, time, session_idle_minutes=30) as running, somebody(running) as browser:

        async def come_in() -> str:
            gone = await browser.get("/signin/start")
            answer = await asyncio.to_thread(signed_in, gone.headers["location"], "mira:floor", BACK, say)
            assert (await browser.get("/signin/back", params=answer)).status_code == 303
            return str(browser.cookies["tallyline_session"])

        first = await come_in()
        second = await come_in()
        assert first != second
        async with somebody(running) as before:
            before.cookies.set("tallyline_session", first)
            assert (await before.get("/wallboard")).status_code == 401
        hours = timedelta(0)
        while hours + timedelta(minutes=25) < timedelta(hours=12):
            time.forward(timedelta(minutes=25))
            hours += timedelta(minutes=25)
            assert (await browser.get("/wallboard")).status_code == 200
        time.forward(timedelta(minutes=25))
        assert (await browser.get("/wallboard")).status_code == 401
        browser.cookies.clear()
        time.at = datetime.now(UTC)  # noqa: TID251
        await come_in()
        time.forward(timedelta(minutes=30))
        assert (await browser.get("/wallboard")).status_code == 401
