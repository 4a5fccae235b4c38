"""Recordings are fetched through us: by whoever may hear them, from where we fetch anything from, and logged."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.calls.connectors.base import Link, Renewal, Secrets
from services.calls.connectors.registry import CONNECTORS
from services.calls.doors.sources import Source
from services.calls.recordings import Gone, Recordings, Unreachable
from services.simulate.driver import known
from services.simulate.signing import standard_headers
from shared import clock
from shared.audit.entries import NAMESPACE as AUDIT
from shared.audit.trail import whole
from shared.contracts.partners import SourceSettings
from tests.e2e.systems import ENGINES, System, ask, start

SECRET = "whsec_" + "QUJD" * 8
NOW = datetime(2026, 11, 18, 15, tzinfo=UTC)
SOUND = b"ID3" + bytes(range(256)) * 400
Answer = tuple[int, dict[str, str], bytes]


class Platform:
    """A platform's server: what it answers by path, and what it was asked with."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, Callable[[], Answer]] = {}

    def has(self, path: str, status: int = 200, body: bytes = SOUND, **headers: str) -> str:
        """Answer a path so; the address of it."""
        given = {"content_type": "audio/mpeg", **headers}
        self.answers[path] = lambda: (status, given, body)
        return f"http://127.0.0.1:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = head[0].split(" ")[1]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}
        self.asked.append((path, headers))
        status, given, body = self.answers.get(path.partition("?")[0], lambda: (404, {}, b""))()
        lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    spoken = Platform()
    server = await asyncio.start_server(spoken.serve, "127.0.0.1", 0)
    spoken.port = server.sockets[0].getsockname()[1]
    yield spoken
    server.close()


@pytest.fixture
async def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    private = getattr(request, "param", True)
    make = ENGINES["embedded"]
    monkeypatch.setitem(ENGINES, "embedded", lambda data: replace(make(data), recordings_private=private))
    async with start("embedded", tmp_path) as running:
        yield running


async def told(system: System, **data: Any) -> None:
    """A call of a source, with what its event names."""
    settings = {"connector": "native", "partner": "acme"}
    body = {"id": "acme-n", "settings": settings, "secrets": {"standard-webhooks": [SECRET]}}
    answer = await system.client.post("/api/v1/sources", json=body)
    assert answer.status_code == 201, answer.text
    await known(system.client, "acme-n", answer.json()["credentials"])
    at = clock.now()
    event = {
        "specversion": "1.0", "id": "c1", "source": "pbx", "type": "com.tallyline.call.started.v1",
        "time": at.isoformat(), "data": {"call": "c1", "direction": "inbound", **data},
    }  # fmt: skip
    content, second = json.dumps(event).encode(), int(at.timestamp())
    headers = {
        "content-type": "application/cloudevents+json",
        **standard_headers(SECRET, "c1", second, content),
    }
    assert (await system.client.post("/v1/in/acme-n", content=content, headers=headers)).status_code == 202
    await system.settled()


async def listed(system: System) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(system.client, "/api/v1/calls/acme-n:c1/recordings"))["items"]
    return found


async def key(system: System, **more: Any) -> dict[str, str]:
    text = (await system.client.post("/api/v1/keys", json={"name": "ana", **more})).json()["key"]
    return {"authorization": f"Bearer {text}"}


async def test_a_recording_comes_through_us_and_its_address_is_never_shown(
    system: System, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    page = platform.has("/t/1", body=b"<script>", content_type="text/html")
    await told(system, recording_url=platform.has("/r/1.mp3"), transcript_url=page)
    found = await listed(system)
    assert sorted(one["kind"] for one in found) == ["recording", "transcript"]
    assert str(platform.port) not in json.dumps(found)
    (sound,) = [one for one in found if one["kind"] == "recording"]
    answer = await system.client.get(sound["href"])
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, SOUND, "audio/mpeg")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    (text,) = [one for one in found if one["kind"] == "transcript"]
    assert (await system.client.get(text["href"])).headers["content-type"] == "application/octet-stream"
    said = [record.getMessage() for record in caplog.records if record.name == "services.calls.api.recordings"]
    assert len(said) == 2
    assert all("acme-n:c1" in line and "given" in line for line in said)
    assert str(platform.port) not in " ".join(said)
    assert platform.asked[0][1].get("authorization") is None
    timeline = await ask(system.client, "/api/v1/calls/acme-n:c1")
    assert str(platform.port) not in json.dumps(timeline), "nor in the facts of the call"


async def test_a_part_of_it_is_asked_of_the_platform_and_written_down_as_the_whole_is(
    system: System, platform: Platform
) -> None:
    address = platform.has("/r/1.mp3", 206, b"cde", content_range="bytes 2-4/10")
    await told(system, recording_url=address)
    (sound,) = await listed(system)
    part = await system.client.get(sound["href"], headers={"range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"cde")
    assert {"content-range": "bytes 2-4/10", "content-length": "3"}.items() <= dict(part.headers).items()
    assert platform.asked[-1][1]["range"] == "bytes=2-4"
    taken = [stored.entry async for stored in whole(system.runtime.engine.documents(AUDIT))][-1]
    assert (taken.what, taken.status) == ("The content of a recording or a transcript", 206)
    platform.has("/r/1.mp3", 416, b"")
    none = await system.client.get(sound["href"], headers={"range": "bytes=99-"})
    assert (none.status_code, none.json()["type"]) == (416, "/problems/no_such_part")
    platform.has("/r/1.mp3")
    for asked in ({"range": "bytes=2-4,6-"}, {"range": "lines=1-2"}, {"range": "bytes=2-4", "if-range": '"a"'}):
        answer = await system.client.get(sound["href"], headers=asked)
        assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, SOUND, str(len(SOUND)))
        assert "range" not in platform.asked[-1][1], "what we give no parts by"


async def test_only_whoever_sees_the_partner_may_hear_it(system: System, platform: Platform) -> None:
    await told(system, recording_url=platform.has("/r/1.mp3"))
    (sound,) = await listed(system)
    theirs = await key(system, role="partner", partners=["acme"])
    assert (await system.client.get(sound["href"], headers=theirs)).status_code == 200
    others = await key(system, role="partner", partners=["other"])
    for url in (sound["href"], "/api/v1/calls/acme-n:c1/recordings"):
        assert (await system.client.get(url, headers=others)).status_code == 404
    agent = await key(system, role="agent", partners=["acme"], agent="a1")
    assert (await system.client.get(sound["href"], headers=agent)).status_code == 403
    assert (await system.client.get("/api/v1/calls/acme-n:c1/recordings/none")).status_code == 404
    assert len(platform.asked) == 1


GONE, AWAY = (410, "recording_gone"), (503, "platform_away")


@pytest.mark.parametrize(
    ("status", "code", "problem"), [(404, *GONE), (403, *GONE), (410, *GONE), (500, *AWAY), (204, *AWAY)]
)
async def test_what_the_platform_has_no_more_is_said_to_be_gone(
    status: int, code: int, problem: str, system: System, platform: Platform
) -> None:
    await told(system, recording_url=platform.has("/r/1.mp3", status))
    (sound,) = await listed(system)
    answer = await system.client.get(sound["href"])
    assert (answer.status_code, answer.json()["type"]) == (code, f"/problems/{problem}"), answer.text
    assert str(platform.port) not in answer.text


@pytest.mark.parametrize("system", [False], indirect=True)
async def test_no_link_leads_into_our_own_network(system: System, platform: Platform) -> None:
    address = platform.has("/r/1.mp3")
    await told(system, recording_url=address, transcript_url=address.replace("http://127.0.0.1", "https://localhost"))
    for one in await listed(system):
        answer = await system.client.get(one["href"])
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/platform_away")
    assert platform.asked == []


async def test_a_customer_who_was_erased_is_heard_no_more(system: System, platform: Platform) -> None:
    await told(system, recording_url=platform.has("/r/1.mp3"), customer_number="+38761000001")
    (sound,) = await listed(system)
    (call,) = (await ask(system.client, "/api/v1/calls"))["items"]
    erased = await system.client.delete(f"/api/v1/customers/{call['summary']['customer_ref']}")
    assert erased.status_code in (200, 204)
    assert (await system.client.get(sound["href"])).status_code == 410
    assert platform.asked == []


# Redirections, credentials and renewals


def source(**options: Any) -> Source:
    settings = SourceSettings(connector="aircall", partner="acme", options={"recordings": options})
    return Source("acme-a", 1, settings, CONNECTORS["aircall"], Secrets({"recordings": ("old:one", "user:word")}))


async def content(fetched: Any) -> bytes:
    return b"".join([part async for part in fetched.content])


async def heard(link: Link, of: Source, private: bool = True) -> bytes:
    return await content(await Recordings(private).fetch(of, link, NOW))


async def test_a_link_that_has_expired_is_renewed_by_the_platform_s_own_word(platform: Platform) -> None:
    fresh = platform.has("/r/fresh.mp3")
    api = platform.has("/v1/calls/9", body=json.dumps({"call": {"recording": fresh}}).encode())
    renewal = Renewal(api, ("call", "recording"))
    old = f"http://127.0.0.1:{platform.port}/r/old.mp3"
    expired = Link("recording", old, NOW - timedelta(seconds=1), renewal)
    assert await heard(expired, source(hosts=["127.0.0.1"])) == SOUND
    assert [path for path, _ in platform.asked] == ["/v1/calls/9", "/r/fresh.mp3"], "the old one is not even tried"
    platform.asked.clear()
    assert await heard(Link("recording", old, None, renewal), source(hosts=["127.0.0.1"])) == SOUND
    assert [path for path, _ in platform.asked] == ["/r/old.mp3", "/v1/calls/9", "/r/fresh.mp3"]
    shown = "Basic " + base64.b64encode(b"user:word").decode()
    assert {headers.get("authorization") for _, headers in platform.asked} == {shown}, "the newest credential"


@pytest.mark.parametrize("body", [b"{}", b"[]", b"no JSON", b'{"call": {"recording": null}}', b'{"call": 7}'])
async def test_what_nobody_can_renew_is_gone(body: bytes, platform: Platform) -> None:
    renewal = Renewal(platform.has("/v1/calls/9", body=body), ("call", "recording"))
    expired = Link("recording", platform.has("/r/1.mp3"), NOW, renewal)
    with pytest.raises(Gone):
        await heard(expired, source())
    with pytest.raises(Gone):
        await heard(Link("recording", platform.has("/r/1.mp3"), NOW), source())


async def test_a_credential_is_shown_to_named_hosts_and_not_to_where_they_send_us(platform: Platform) -> None:
    elsewhere = platform.has("/r/2.mp3").replace("127.0.0.1", "localhost")
    first = platform.has("/r/1.mp3", 302, b"", location=elsewhere)
    assert await heard(Link("recording", first), source(hosts=["127.0.0.1"], auth="bearer")) == SOUND
    assert [headers.get("authorization") for _, headers in platform.asked] == ["Bearer user:word", None]
    platform.asked.clear()
    await heard(Link("recording", first), source())
    assert [headers.get("authorization") for _, headers in platform.asked] == [None, None]


async def test_redirections_end_and_each_is_looked_at(platform: Platform) -> None:
    circle = platform.has("/r/1.mp3", 302, b"", location="/r/1.mp3")
    with pytest.raises(Unreachable, match="too many"):
        await heard(Link("recording", circle), source())
    assert len(platform.asked) == 4
    file = platform.has("/r/2.mp3", 302, b"", location="file:///etc/passwd")
    with pytest.raises(Unreachable):
        await heard(Link("recording", file), source())
    with pytest.raises(Unreachable, match="not https"):
        await heard(Link("recording", platform.has("/r/3.mp3")), source(), private=False)
    for inside in ("https://127.0.0.1", "https://169.254.169.254/latest", "https://[::1]/", "https://10.0.0.1/"):
        with pytest.raises(Unreachable, match="PrivateTarget"):
            await heard(Link("recording", inside), source(), private=False)


async def test_what_is_too_large_is_cut_off(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.calls.recordings.MOST_BYTES", 1_000)
    with pytest.raises(Unreachable, match="too large"):
        await heard(Link("recording", platform.has("/r/1.mp3")), source())
