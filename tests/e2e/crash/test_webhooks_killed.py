"""Whoever is killed when: an endpoint hears of every event that it asked for, each under one id and with one text."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from shared.security import local_key
from tests.engines.server import free_port
from tests.unit.shared.test_webhooks import Receiver, listening

ROUNDS, EACH = 5, 8
LONGEST_S = 120.0
"""What was being sent when the process was killed comes again when its lease is over, after a minute."""


class Server:
    """A server on a data folder, killed without a word."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.process: subprocess.Popen[bytes] | None = None
        self.base = f"http://127.0.0.1:{free_port()}"

    def start(self) -> httpx.Client:
        port = self.base.rpartition(":")[2]
        command = [sys.executable, "-m", "services.cli", "run", "--data", str(self.data), "--port", port]
        environ = os.environ | {"TALLYLINE_SUBSCRIBER_WEBHOOK_PRIVATE": "1", "TALLYLINE_LOG_LEVEL": "error"}
        self.process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
        client = httpx.Client(base_url=self.base, timeout=20)
        for _ in range(300):
            try:
                if client.get("/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        client.headers["authorization"] = f"Bearer {local_key(self.data)}"
        return client

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)


def done(client: httpx.Client, path: str, body: Any) -> Any:
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code in (201, 202), answer.text
    return answer.json()


def harm(server: Server, receiver: Receiver, dice: random.Random) -> None:
    """Tell of some partners, and kill; again and again."""
    client = server.start()
    url = f"http://127.0.0.1:{receiver.port}/in"
    done(client, "/webhooks", {"name": "ledger", "url": url, "events": ["PartnerRegistered"]})
    for turn in range(ROUNDS):
        for number in range(EACH):
            body = {"partner_id": f"p-{turn}-{number}", "name": "Acme", "time_zone": "Europe/Sarajevo"}
            done(client, "/partners", body)
        time.sleep(dice.random() * 0.8)
        server.kill()
        client.close()
        client = server.start()
    client.close()


@pytest.mark.slow
async def test_every_event_is_heard_whoever_is_killed_when(tmp_path: Path) -> None:
    dice = random.Random(7)
    (tmp_path / "data").mkdir(mode=0o700)
    server = Server(tmp_path / "data")
    wanted = {f"p-{turn}-{number}" for turn in range(ROUNDS) for number in range(EACH)}
    answers = [dice.choice((204, 204, 500)) for _ in range(40)] + [204]
    async with listening(*answers) as receiver:
        try:
            await asyncio.to_thread(harm, server, receiver, dice)
            texts: dict[str, set[tuple[str, bytes]]] = defaultdict(set)
            for _ in range(int(LONGEST_S / 0.2)):
                for _, headers, body in receiver.asked:
                    texts[msgspec.json.decode(body)["subject"]].add((headers["webhook-id"], body))
                if texts.keys() == wanted and len(receiver.asked) >= len(wanted) + answers.count(500):
                    break
                await asyncio.sleep(0.2)
        finally:
            server.kill()
    assert texts.keys() == wanted
    assert all(len(told) == 1 for told in texts.values()), "one id and one text each, however often it came"
    assert len({ident for told in texts.values() for ident, _ in told}) == len(wanted)
