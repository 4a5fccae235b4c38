"""A server is killed among commands: whatever it had answered is in the audit log, and the chain holds and goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from pathlib import Path

import httpx
import pytest

from tests.e2e.crash.servers import servers
from tests.e2e.processes import tallyline

pytestmark = pytest.mark.asyncio(loop_scope="function")
KILLS = 2
CALLERS = 6


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
    acknowledged = set[str]()
    async with servers(tmp_path) as mine:
        for kill in range(KILLS):
            mine.start()
            assert await mine.ready()
            async with mine.client() as client:
                before = len(acknowledged)
                names = [f"k{kill}-{n}" for n in range(CALLERS)]
                sending = [asyncio.ensure_future(commands(client, name, acknowledged)) for name in names]
                while len(acknowledged) < before + 30:  # noqa: ASYNC110 - several send
                    await asyncio.sleep(0.01)
                mine.kill()
                assert await mine.death() == -signal.SIGKILL
                await asyncio.gather(*sending)
    file = tmp_path / "audit.jsonl"
    code, said = await tallyline("audit", "export", file, data=mine.data)
    assert code == 0, said
    code, said = await tallyline("audit", "verify", data=mine.data)
    assert (code, "as it was" in said) == (0, True), said
    entries = [json.loads(line)["entry"] for line in file.read_text().splitlines()]
    done = [one for one in entries if one["step"] == "done"]
    streams = {commit["stream"] for one in done for commit in one.get("commits", ())}
    assert {f"partner-{name}" for name in acknowledged} <= streams
    asked = {one["request"] for one in entries if one["step"] == "asked"}
    assert {one["request"] for one in done} <= asked
    assert len(asked - {one["request"] for one in done}) <= KILLS * CALLERS
