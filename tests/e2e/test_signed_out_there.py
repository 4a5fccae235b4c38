"""A provider ends a session there: it is over here too, in the browser and in every pod, and the audit log says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from services.embedded import embedded
from services.gateway.identity.provider import LOGOUT_EVENT
from shared.http import COOKIE
from shared.security import Access, Principal, There
from tests.e2e.systems import ENGINES, Time, ask

PATH = "/signin/backchannel-logout"
MIRA, EVA = Principal("mira", "supervisor", frozenset({"adria"})), Principal("eva", "manager")


class Signer:
    """What a provider says of itself, and what it signs. The provider of the tests on real engines is a real one."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.told = {
            "/.well-known/openid-configuration": {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/auth",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
            },
            "/keys": {"keys": [self.key.as_dict(private=False)]},
        }

    def leaving(self, at: Time, **more: Any) -> str:
        now = int(at().timestamp())
        claims = {"iss": self.issuer, "aud": "tallyline", "iat": now, "exp": now + 120, "events": {LOGOUT_EVENT: {}}}
        return jwt.encode({"alg": "RS256", "kid": "one", "typ": "logout+jwt"}, claims | more, self.key)


@pytest.fixture
def signer() -> Iterator[Signer]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(made.told[self.path]).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made = Signer(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


async def test_what_the_provider_ends_is_over_in_every_process_and_told_by_the_audit_log(
    engine: str, signer: Signer, tmp_path: Path
) -> None:
    time = Time()
    settings = replace(ENGINES[engine](tmp_path), oidc_issuer=signer.issuer, oidc_client_id="tallyline")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.clock.now", time)
        async with embedded(settings) as system:
            pod = Access(system.runtime.kits["gateway"].documents, time)
            await pod.start()
            mine, other = [await pod.open_session(MIRA, there=There("7", sid)) for sid in ("s1", "s2")]
            evas = await pod.open_session(EVA, there=There("8", "s3"))
            outside = httpx.ASGITransport(system.app, client=("192.0.2.1", 443))
            async with httpx.AsyncClient(transport=outside, base_url="http://tallyline") as client:

                async def told(token: str, **more: Any) -> httpx.Response:
                    return await client.post(PATH, data={"logout_token": token} | more)

                async def seen() -> list[int]:
                    cookies = [{"cookie": f"{COOKIE}={text}"} for text in (mine, other, evas)]
                    return [(await client.get("/wallboard", headers=cookie)).status_code for cookie in cookies]

                assert await seen() == [200, 200, 200]
                for wrong in (
                    await told("x"),
                    await client.post(PATH),
                    await client.post(PATH, json={"logout_token": signer.leaving(time, sub="7", jti="j0")}),
                    await told(signer.leaving(time, sub="7", jti="j0", aud="another")),
                ):
                    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")
                    assert wrong.headers["cache-control"] == "no-store"
                assert (await client.post(PATH, content=b"logout_token=" + b"x" * 100_000)).status_code == 413
                assert await seen() == [200, 200, 200]

                done = await told(signer.leaving(time, sub="7", sid="s1", jti="j1"), state="not ours")
                assert (done.status_code, done.headers["cache-control"]) == (200, "no-store")
                assert await seen() == [401, 200, 200]
                assert [await pod.of_session(text) is not None for text in (mine, other)] == [False, True]
                assert (await told(signer.leaving(time, sub="7", jti="j2"))).status_code == 200
                assert await seen() == [401, 401, 200]
                assert (await told(signer.leaving(time, sid="nobody-s", jti="j3"))).status_code == 200
                assert (await told(signer.leaving(time, sid="s3", jti="j1"))).status_code == 400, "used before"
                assert await seen() == [401, 401, 200]

            entries = (await ask(system.client, "/api/v1/audit/entries", what="Sign out by the provider"))["items"]
            assert [(one["entry"]["who"], one["entry"]["status"]) for one in entries] == [("mira", 200), ("mira", 200)]


async def test_without_a_provider_nobody_is_told_anything(tmp_path: Path) -> None:
    async with embedded(ENGINES["embedded"](tmp_path)) as system:
        outside = httpx.ASGITransport(system.app, client=("192.0.2.1", 443))
        async with httpx.AsyncClient(transport=outside, base_url="http://tallyline") as client:
            assert (await client.post(PATH, data={"logout_token": "x"})).status_code == 404
