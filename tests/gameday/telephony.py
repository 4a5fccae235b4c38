"""The telephony of one partner, `acme`, whose source the runbooks name: calls of this moment, each sent until taken.

It may fall silent, use a key that we do not know, or send what nobody can read.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from services.simulate.driver import known
from services.simulate.signing import standard_headers
from shared import clock
from shared.engine.again import within

PARTNER, SOURCE = "acme", "acme-pbx"
WEEKS = (1, 2, 3)
CALLS_AN_HOUR = 15
"""Of two items each: more than the twenty of an hour in which silence says something."""
EVERY_S, IN_ONE = 0.5, 10
PATIENCE_S = 120.0
REPLAY = "replay-key-of-a-game-day"


def new_key() -> str:
    """As both sides write it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Telephony:
    """Sends to the door behind `http`. `key`: what it signs with; `silent`: it makes no calls."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._waiting: deque[list[dict[str, Any]]] = deque()
        self._made = 0
        self._ended = False
        self.key = new_key()
        self.silent = False

    async def set_up(self) -> None:
        """The source is there, usual traffic of earlier weeks is in its intake, and it runs on our clock."""
        register = {"partner_id": PARTNER, "name": "Acme"}
        (await self._http.post("/api/v1/partners", json=register)).raise_for_status()
        past = {"connector": "native", "partner": PARTNER, "clock": "replay"}
        keys = {"standard-webhooks": [self.key], "replay": [REPLAY]}
        first = {"id": SOURCE, "settings": past, "secrets": keys}
        ready = (await self._http.post("/api/v1/sources", json=first)).raise_for_status().json()
        await known(self._http, SOURCE, ready["credentials"], PATIENCE_S)
        now = clock.now()
        for hour in (-1, 0, 1):
            for weeks in WEEKS:
                at = now.replace(minute=30) + timedelta(hours=hour, weeks=-weeks)
                calls = [event for _ in range(CALLS_AN_HOUR) for event in self._call(at)]
                await self._until_taken(calls, at)
        live = {"connector": "native", "partner": PARTNER, "clock": "live", "counts": "production"}
        (await self._http.post("/api/v1/sources", json={"id": SOURCE, "settings": live})).raise_for_status()

        async def runs() -> bool:
            source = (await self._http.get(f"/api/v1/sources/{SOURCE}")).json()
            return bool(source["settings"].get("clock") == "live")

        if not await within(PATIENCE_S, runs, every=EVERY_S):
            raise TimeoutError(f"{SOURCE} does not run on our clock")

    async def run(self) -> None:
        """Until told that it is enough, and all that was made is taken."""
        while not self._ended or self._waiting:
            if not self.silent and not self._ended:
                self._waiting.append(self._call(clock.now()))
            while self._waiting:
                some = [event for call in list(self._waiting)[:IN_ONE] for event in call]
                if await self._sent(some, clock.now()) != httpx.codes.ACCEPTED:
                    break
                for _ in range(min(IN_ONE, len(self._waiting))):
                    self._waiting.popleft()
            await asyncio.sleep(EVERY_S)

    def enough(self) -> None:
        """Make no calls any more."""
        self._ended = True

    async def spoil(self) -> None:
        """One delivery that nobody can read. It is kept, and the platform is told so."""
        at = clock.now()
        spoilt = [event | {"time": "at tea time"} for event in self._call(at)]

        async def refused() -> bool:
            return await self._sent(spoilt, at) == httpx.codes.BAD_REQUEST

        if not await within(PATIENCE_S, refused, every=EVERY_S):
            raise TimeoutError(f"what {SOURCE} spoilt was not refused")

    async def _until_taken(self, events: Sequence[dict[str, Any]], at: datetime) -> None:
        async def taken() -> bool:
            return await self._sent(events, at) == httpx.codes.ACCEPTED

        if not await within(PATIENCE_S, taken, every=EVERY_S):
            raise TimeoutError(f"{SOURCE} was not heard")

    def _call(self, at: datetime) -> list[dict[str, Any]]:
        """A call that begins and ends at once, under a name of its own."""
        self._made += 1
        call = f"acme-{self._made}"
        return [
            _event(call, "started", at, direction="inbound"),
            _event(call, "ended", at, scope="call"),
        ]

    async def _sent(self, events: Sequence[dict[str, Any]], at: datetime) -> int:
        """The status of the answer; 0 for none."""
        body, ident, second = json.dumps(events).encode(), secrets.token_hex(8), int(at.timestamp())
        headers = {
            "content-type": "application/cloudevents-batch+json",
            **standard_headers(self.key, ident, second, body),
        }
        if clock.now() - at > timedelta(hours=1) or at > clock.now():
            headers |= {"tallyline-received-at": at.isoformat(), "tallyline-replay-key": REPLAY}
        try:
            return (await self._http.post(f"/v1/in/{SOURCE}", content=body, headers=headers)).status_code
        except httpx.TransportError:
            return 0


def _event(call: str, kind: str, at: datetime, **more: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{call}-{kind}",
        "source": "https://pbx.acme.example",
        "type": f"com.tallyline.call.{kind}.v1",
        "time": at.isoformat(),
        "data": {"call": call, **more},
    }
