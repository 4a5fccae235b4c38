"""A server is killed among commands: whatever it had answered is in the audit log, and the chain holds and goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

import httpx
import pytest

from tests.e2e.systems import tallyline

pytestmark = pytest.mark.asyncio(loop_scope="function")
KILLS = 2
CALLERS = 6


async def server(data: Path, port: int) -> Process:
    """A server that answers."""
    command = [sys.executable, "-m", "services.cli", "run", "--data", str(data), "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get("/readyz")).status_code == 200:
                    return process
            await asyncio.sleep(0.1)
    raise TimeoutError("the server does not get ready")


async def commands(client: httpx.AsyncClient, prefix: str, acknowledged: set[str]) -> None:
    """One after the other, until the server is gone."""
    n = 0
    with contextlib.suppress(httpx.HTTPError):
        while True:
            name = f"{prefix}-{n}"
            answer = await client.post("/api/v1/partners", json={"partner_id": name, "name": name})
            if answer.status_code in (201, 202):
                acknowledged.add(name)
            n += 1


async def test_a_killed_server_leaves_a_chain_that_holds_with_all_that_it_answered(tmp_path: Path) -> None:
    data, acknowledged = tmp_path / "data", set[str]()
    for kill in range(KILLS):
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            port = int(held.getsockname()[1])
        process = await server(data, port)
        key = (data / "local.key").read_text().strip()
        headers = {"authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=20) as client:
            before = len(acknowledged)
            sending = [asyncio.ensure_future(commands(client, f"k{kill}-{n}", acknowledged)) for n in range(CALLERS)]
            while len(acknowledged) < before + 30:  # noqa: ASYNC110 - several send
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            await process.wait()
            await asyncio.gather(*sending)
    file = tmp_path / "audit.jsonl"
    code, said = await tallyline("audit", "export", file, data=data)
    assert code == 0, said
    code, said = await tallyline("audit", "verify", data=data)
    assert (code, "as it was" in said) == (0, True), said
    entries = [json.loads(line)["entry"] for line in file.read_text().splitlines()]
    done = [one for one in entries if one["step"] == "done"]
    streams = {commit["stream"] for one in done for commit in one.get("commits", ())}
    assert {f"partner-{name}" for name in acknowledged} <= streams
    asked = {one["request"] for one in entries if one["step"] == "asked"}
    assert {one["request"] for one in done} <= asked
    assert len(asked - {one["request"] for one in done}) <= KILLS * CALLERS
