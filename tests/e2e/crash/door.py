"""The telephony's door of a real server, with good and bad requests to send to it, and what it kept of them."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from services.simulate.company import Company, Partner
from services.simulate.driver import known, set_up
from services.simulate.signing import standard_headers
from shared import clock
from shared.security import local_key
from tests.e2e.crash.checker import miscounted
from tests.e2e.crash.logbook import Logbook

PATIENCE_S = 60.0
"""As long as a busy machine needs."""


@dataclass
class Door:
    """A running server with four sources on the real clock and one that replays."""

    data: Path
    port: int
    pid: int
    firm: Company
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        headers = {"authorization": f"Bearer {local_key(self.data)}"}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=60)
        self.book = Logbook(self.data)

    def partner(self, connector: str) -> Partner:
        return next(p for p in self.firm.partners if p.settings.connector == connector)

    @property
    def native(self) -> Partner:
        return self.partner("native")

    def kept(self) -> tuple[int, int, int]:
        """Items in the log, dead letters, and commits of commands."""
        items = sum(self.book.ends("tallyline.telephony").values())
        return items, self.book.size("calls", "dead_letters"), self.book.committed("partners")[0]

    def event(self, **more: Any) -> dict[str, Any]:
        """A good event of the native format, each time another call."""
        self.number += 1
        event = {
            "specversion": "1.0",
            "id": f"good-{self.number}",
            "source": "https://switch.example",
            "type": "com.tallyline.call.started.v1",
            "time": clock.now().isoformat(),
            "datacontenttype": "application/json",
            "data": {"call": f"good-{self.number}", "direction": "inbound", "phase": "queued"},
        }
        return event | more

    def signed(self, body: bytes, ident: str | None = None, late: int = 0, **more: str) -> dict[str, str]:
        """The headers of a native delivery; `late`: seconds by which its timestamp is too old."""
        self.number += 1
        ident, second = ident or f"msg-{self.number}", int(clock.now().timestamp()) - late
        key = self.native.secrets["standard-webhooks"][0]
        return {
            "content-type": "application/cloudevents+json",
            **standard_headers(key, ident, second, body),
        } | {name.replace("_", "-"): value for name, value in more.items()}

    def good(self) -> None:
        """A good delivery right now: taken, settled as accepted, and counted, which comes after the verdict."""
        self._until(lambda: not [*miscounted(self.book)])
        before = self.counted()
        body = msgspec.json.encode(self.event())
        answer = self.post(self.native.source, body, self.signed(body))
        assert answer.status_code == 202, answer.text
        assert self.verdict(answer.json()["delivery"]) == "accepted"
        self._until(lambda: self.counted() != before)
        assert self.counted() == before + 1

    def post(self, source: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send to a source; headers may hold any bytes, as lone surrogates."""
        sent = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
        return self.http.post(f"/v1/in/{source}", content=body, headers=sent)

    def counted(self) -> int:
        answer = self.http.get(f"/api/v1/sources/{self.native.source}/intake")
        return int(answer.json()["counts"]["accepted"])

    def verdict(self, delivery: str) -> str:
        def said() -> str | None:
            answer = self.http.get(f"/api/v1/deliveries/{delivery}")
            return answer.json()["verdict"] if answer.status_code == 200 else None

        return str(self._until(said))

    def _until(self, holds: Callable[[], Any]) -> Any:
        """The first value that is true."""
        begun = time.monotonic()
        while not (value := holds()):
            assert time.monotonic() - begun < PATIENCE_S, holds
            time.sleep(0.02)
        return value

    def raw(self, data: bytes, wait: float = PATIENCE_S) -> bytes:
        """Send these bytes as they are; what comes back until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer

    def peak_bytes(self) -> int:
        """The most memory that the server had so far."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def forget_peak(self) -> int:
        """Measure from here on; the memory that the server has now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")
        return self.peak_bytes()


def prepared(door: Door) -> dict[str, dict[str, str]]:
    """The sources, once the server listens."""

    async def work() -> dict[str, dict[str, str]]:
        keys = {}
        async with httpx.AsyncClient(base_url=door.http.base_url, headers=door.http.headers, timeout=30) as client:
            for _ in range(2_400):
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
            for partner in door.firm.partners:
                register = {"partner_id": partner.id, "name": partner.name, "time_zone": partner.time_zone}
                for source, way in ((partner.source, "live"), (f"{partner.source}-replay", "replay")):
                    settings = msgspec.structs.replace(partner.settings, clock=way, counts="test")
                    settings = msgspec.structs.replace(settings, public_url=f"https://in.example/v1/in/{source}")
                    mine = {s: v for s, v in partner.secrets.items() if s != "replay"}
                    issued = await set_up(client, register, source, settings, mine)
                    await known(client, source, issued)
                    keys[source] = {one["scheme"]: one["key"] for one in issued if "key" in one}
        return keys

    return asyncio.run(work())
