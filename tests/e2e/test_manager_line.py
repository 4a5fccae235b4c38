"""Asterisk's manager interface over TCP: a line that breaks is opened again, and the records heal what it missed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.metrics import exposition
from tests.e2e.systems import System, ask, eventually, start


@pytest.fixture
async def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    monkeypatch.setattr("services.calls.doors.followed.EVERY_S", 0.05)
    monkeypatch.setattr("services.calls.doors.managers.AGAIN_S", 0.1)
    async with start("embedded", tmp_path) as running:
        yield running


async def calls(system: System) -> dict[str, Any]:
    await system.settled()
    return {one["call"]: one["summary"] for one in (await ask(system.client, "/api/v1/calls"))["items"]}


class Pbx:
    """A manager interface that a test speaks for. `deaf`: it answers nothing after the login."""

    def __init__(self) -> None:
        self.logins: list[dict[str, str]] = []
        self.pings = 0
        self.deaf = False
        self.secret = "s3cret"
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                asked = dict(line.split(": ", 1) for line in block if ": " in line)
                match asked["Action"]:
                    case "Challenge":
                        writer.write(b"Response: Success\r\nChallenge: 840415273\r\n\r\n")
                    case "Login":
                        self.logins.append(asked)
                        right = hashlib.md5(f"840415273{self.secret}".encode(), usedforsecurity=False).hexdigest()
                        if asked["Key"] != right:
                            writer.write(b"Response: Error\r\nMessage: Authentication failed\r\n\r\n")
                            continue
                        writer.write(b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n")
                        writer.write(b"Event: FullyBooted\r\nTimestamp: 1795010400.0\r\n\r\n")
                        self._writers.append(writer)
                    case "Ping" if not self.deaf:
                        self.pings += 1
                        writer.write(b"Response: Success\r\nPing: Pong\r\n\r\n")
        writer.close()

    async def tell(self, *events: dict[str, str]) -> None:
        for event in events:
            text = "".join(f"{name}: {value}\r\n" for name, value in event.items()) + "\r\n"
            self._writers[-1].write(text.encode())
        await self._writers[-1].drain()

    def drop(self) -> None:
        """Cut the line."""
        self._writers[-1].transport.abort()


@contextlib.asynccontextmanager
async def pbx(system: System, **more: Any) -> AsyncIterator[Pbx]:
    """A manager interface, and a source that is read from it."""
    spoken = Pbx()
    server = await asyncio.start_server(spoken.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    options = {"ami": {"host": "127.0.0.1", "port": port, "user": "tallyline"}, "trunk_channels": ["PJSIP/trunk-a"]}
    settings = {
        "connector": "asterisk", "partner": "acme", "options": options | more, "queues": {"sales": "sales"},
        "agent_states": {"paused": "break"},
    }  # fmt: skip
    body = {"id": "acme-f", "settings": settings, "secrets": {"ami-secret": ["s3cret"]}}
    answer = await system.client.post("/api/v1/sources", json=body)
    assert answer.status_code == 201, answer.text
    try:
        yield spoken
    finally:
        server.close()


COLUMNS = [
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount", "linkedid",
    "sequence",
]  # fmt: skip


def row(n: int, start: int, answer: int, end: int) -> str:
    """The record of a call, by the seconds after two o'clock."""
    times = [f"2026-11-18 14:{second // 60:02}:{second % 60:02}" for second in (start, answer, end)]
    values = [
        "", "38761000001", "s", "sales", "", f"PJSIP/trunk-a-{n:08}", f"PJSIP/1007-{n:08}", "Queue", "sales", *times,
        str(end - start), str(end - answer), "ANSWERED", "DOCUMENTATION", f"{n}.1", "", "", f"{n}.1", str(n),
    ]  # fmt: skip
    return ",".join(f'"{value}"' for value in values) + "\n"


def joined(n: int, second: int) -> dict[str, str]:
    return {
        "Event": "QueueCallerJoin", "Timestamp": f"{1795010400 + second}.0", "Queue": "sales",
        "CallerIDNum": "38761000001", "Uniqueid": f"{n}.1", "Linkedid": f"{n}.1",
    }  # fmt: skip


def connected(n: int, second: int) -> dict[str, str]:
    return {
        "Event": "AgentConnect", "Timestamp": f"{1795010400 + second}.0", "Queue": "sales", "MemberName": "1007",
        "Uniqueid": f"{n}.1", "Linkedid": f"{n}.1", "DestUniqueid": f"{n}.2",
    }  # fmt: skip


def hung_up(n: int, second: int) -> dict[str, str]:
    return {
        "Event": "Hangup", "Timestamp": f"{1795010400 + second}.0", "Uniqueid": f"{n}.1", "Linkedid": f"{n}.1",
        "Cause": "16",
    }  # fmt: skip


async def logged_in(spoken: Pbx, times: int = 1) -> None:
    async def found() -> bool:
        return len(spoken._writers) >= times

    await eventually(found)


async def state_of(system: System, call: str) -> str | None:
    summary = (await calls(system)).get(call)
    return None if summary is None else str(summary["state"])


async def test_what_a_manager_tells_is_taken_and_its_secret_is_never_sent(system: System) -> None:
    async with pbx(system) as spoken:
        await logged_in(spoken)
        assert spoken.logins[0]["Username"] == "tallyline"
        assert "s3cret" not in json.dumps(spoken.logins)
        await spoken.tell(joined(1, 0), connected(1, 5), hung_up(1, 60))

        async def ended() -> bool:
            return await state_of(system, "acme-f:1.1") == "ended"

        await eventually(ended)
        assert b'tallyline_partner_stream_up{source="acme-f"} 1.0' in exposition()[0]


async def test_a_line_that_breaks_is_opened_again_and_its_gap_is_healed_by_the_records(system: System) -> None:
    async with pbx(system, cdr={"columns": COLUMNS}) as spoken:
        await logged_in(spoken)
        await spoken.tell(joined(1, 0), connected(1, 5))

        async def talking() -> bool:
            return await state_of(system, "acme-f:1.1") == "in_progress"

        await eventually(talking)
        spoken.drop()  # call 1 ends and call 2 comes and goes while nobody listens
        await logged_in(spoken, 2)
        await spoken.tell(joined(3, 200), connected(3, 205), hung_up(3, 260))

        async def third() -> bool:
            return await state_of(system, "acme-f:3.1") == "ended"

        await eventually(third)
        assert await state_of(system, "acme-f:1.1") == "in_progress"
        assert await state_of(system, "acme-f:2.1") is None
        file = row(1, 0, 5, 60) + row(2, 100, 105, 150)
        for _ in range(2):
            answer = await system.client.post('/api/v1/sources/acme-f/files?meta={"kind":"cdr"}', content=file.encode())
            assert (answer.status_code, answer.json()["unreadable"]) == (202, None), answer.text
        found = await calls(system)
        assert {call: one["state"] for call, one in found.items()} == dict.fromkeys(
            ("acme-f:1.1", "acme-f:2.1", "acme-f:3.1"), "ended"
        )
        assert found["acme-f:1.1"]["talk_ms"] == found["acme-f:3.1"]["talk_ms"] == 55_000
        card = await ask(system.client, "/api/v1/sources/acme-f/trust?days=31")
        assert (card["gaps"]["calls"], card["gaps"]["backfilled"], card["gaps"]["healed"]) == (3, 1, 2)
        assert card["proof"]["strength"] in ("fetched", "key")
    health = await eventually(lambda: lost(system))
    assert health >= 1


async def lost(system: System) -> int:
    refused = (await ask(system.client, "/api/v1/sources/acme-f/health"))["refused"]
    return int(refused.get("line_lost", 0))


async def test_a_manager_that_says_nothing_is_asked_and_one_that_does_not_answer_is_gone(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.calls.doors.managers.PING_EVERY_S", 0.5)
    async with pbx(system) as spoken:
        await logged_in(spoken)

        async def asked() -> bool:
            return spoken.pings >= 3

        await eventually(asked)
        assert len(spoken._writers) == 1, "an answer is a sign of life"
        spoken.deaf = True
        await logged_in(spoken, 2)


async def test_a_manager_that_does_not_let_us_in_is_said_once(system: System, caplog: pytest.LogCaptureFixture) -> None:
    async with pbx(system) as spoken:
        spoken.secret = "another"

        async def refused() -> bool:
            return len(spoken.logins) >= 3

        await eventually(refused)
        assert caplog.text.count("it does not let us in") <= 2
        assert "s3cret" not in caplog.text


async def test_options_that_are_not_as_they_must_be_are_said_and_hold_up_nothing(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"connector": "asterisk", "partner": "acme", "options": {"ami": {"host": "h", "user": "a\r\nb"}}}
    body = {"id": "acme-f", "settings": settings, "secrets": {"ami-secret": ["s"]}}
    assert (await system.client.post("/api/v1/sources", json=body)).status_code == 201

    async def complained() -> bool:
        return "user or port is not as it must be" in caplog.text

    await eventually(complained)
