"""Whoever is killed when: an endpoint hears of every event that it asked for, each under one id and with one text."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.e2e.crash.servers import Servers, servers
from tests.unit.shared.test_webhooks import Receiver, listening

ROUNDS, EACH = 5, 8
LONGEST_S = 120.0
"""What was being sent when the process was killed comes again when its lease is over, after a minute."""


async def done(client: httpx.AsyncClient, path: str, body: Any) -> None:
    answer = await client.post(f"/api/v1{path}", json=body)
    assert answer.status_code in (201, 202), answer.text


async def harm(mine: Servers, receiver: Receiver, dice: random.Random) -> None:
    """Tell of some partners, and kill; again and again."""
    mine.start()
    assert await mine.ready()
    async with mine.client() as client:
        url = f"http://127.0.0.1:{receiver.port}/in"
        await done(client, "/webhooks", {"name": "ledger", "url": url, "events": ["PartnerRegistered"]})
    for turn in range(ROUNDS):
        async with mine.client() as client:
            for number in range(EACH):
                body = {"partner_id": f"p-{turn}-{number}", "name": "Acme", "time_zone": "Europe/Sarajevo"}
                await done(client, "/partners", body)
        await asyncio.sleep(dice.random() * 0.8)
        mine.kill()
        assert await mine.death() == -signal.SIGKILL
        mine.start()
        assert await mine.ready()


@pytest.mark.slow
async def test_every_event_is_heard_whoever_is_killed_when(tmp_path: Path) -> None:
    dice = random.Random(7)
    wanted = {f"p-{turn}-{number}" for turn in range(ROUNDS) for number in range(EACH)}
    answers = [dice.choice((204, 204, 500)) for _ in range(40)] + [204]
    private = {"TALLYLINE_SUBSCRIBER_WEBHOOK_PRIVATE": "1"}
    async with listening(*answers) as receiver, servers(tmp_path, **private) as mine:
        await harm(mine, receiver, dice)
        texts: dict[str, set[tuple[str, bytes]]] = defaultdict(set)
        for _ in range(int(LONGEST_S / 0.2)):
            for _, headers, body in receiver.asked:
                texts[msgspec.json.decode(body)["subject"]].add((headers["webhook-id"], body))
            if texts.keys() == wanted and len(receiver.asked) >= len(wanted) + answers.count(500):
                break
            await asyncio.sleep(0.2)
    assert texts.keys() == wanted
    assert all(len(told) == 1 for told in texts.values()), "one id and one text each, however often it came"
    assert len({ident for told in texts.values() for ident, _ in told}) == len(wanted)
