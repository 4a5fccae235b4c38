"""The whole system on Kafka and MongoDB with two gateways, and one address before them that leads to either."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx

from shared.security import local_key
from tests.browser.shop import SOURCE, Shop
from tests.e2e.test_distributed import free_base
from tests.engines.run_distributed import Distributed
from tests.engines.server import free_port

T = TypeVar("T")


class Front:
    """An address whose connections lead to the port that is told: what stands before pods in a cluster."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = free_port()
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Take connections from now on."""
        self._server = await asyncio.start_server(self._led, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Take none any more, and end those that there are."""
        self._server.close()
        for writer in self._open:
            writer.close()

    async def _led(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        both = {writer, inner_writer}
        self._open |= both
        ways = [
            asyncio.ensure_future(_carried(reader, inner_writer)),
            asyncio.ensure_future(_carried(inner_reader, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for end in both:
            end.close()
        await asyncio.gather(*ways)
        self._open -= both


async def _carried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()


class _Doors(httpx.HTTPTransport):
    """Telephony goes to the ingest, everything else where it was sent."""

    def __init__(self, ingest: int) -> None:
        super().__init__()
        self._ingest = ingest

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v1/in/"):
            request.url = request.url.copy_with(port=self._ingest)
        return super().handle_request(request)


class Pair(Shop):
    """Two gateways of one system, at `bases`; what stands before them is at `base`, and leads to the first."""

    def __init__(self, data: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.system = Distributed(data, free_base(), f"pair-{secrets.token_hex(4)}")
        first, second = self.system.ports["gateway"], free_port()
        self.bases = [f"http://127.0.0.1:{port}" for port in (first, second)]
        self.front = Front(first)
        self.base = f"http://127.0.0.1:{self.front.port}"
        self.run(self._start(second))
        headers = {"authorization": f"Bearer {local_key(data)}"}
        self.http = httpx.Client(
            base_url=self.bases[1], headers=headers, timeout=60, transport=_Doors(self.system.ports["ingest"])
        )

    def run(self, work: Coroutine[Any, Any, T], within_s: float = 240) -> T:
        """Do it where the processes are looked after, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    async def _start(self, second: int) -> None:
        await self.system.start()
        command = (sys.executable, "-m", "services.cli", "serve", "gateway", "--port", str(second), "--role", "api")
        self.system.running["second"] = await asyncio.create_subprocess_exec(*command, env=self.system.environment())
        await self.front.start()

    def set_up(self) -> None:
        """A partner that sends, and a second gateway that answers."""
        self.eventually(self._answers, 90)
        self.done("POST", "/partners", {"partner_id": "adria", "name": "Adria", "time_zone": "Europe/Zagreb"})
        self.done("POST", "/sources", SOURCE)
        self.eventually(self._taken, 60)

    def _answers(self) -> bool:
        port = int(self.bases[1].rpartition(":")[2])
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return False
        return self.http.get("/readyz").status_code == 200

    def _taken(self) -> bool:
        """Ingest looks for new sources by and by."""
        try:
            self.ring("before-all")
        except AssertionError:
            return False
        self.end("before-all")
        return True

    def stop(self) -> dict[str, int | None]:
        """End it all; the exit codes."""
        self.http.close()
        self.run(self.front.stop())
        codes = self.run(self.system.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        return codes
