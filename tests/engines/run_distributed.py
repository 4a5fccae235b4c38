"""Starts the whole distributed system on this machine, each role a process, with a demo's company calling in.

The servers are those of TALLYLINE_KAFKA and TALLYLINE_MONGO if both are set; else those of compose.yaml, where a Docker
daemon answers; else the ones that the tests start.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.demo import AGENTS, PARTNERS
from services.simulate.company import company
from services.simulate.driver import send_live, set_up_company
from shared import clock
from shared.security import local_key
from tests.engines.containers import no_daemon
from tests.engines.kafka import KAFKA
from tests.engines.mongo import MONGO

ROLES: Mapping[str, tuple[str, Sequence[str]]] = {
    "gateway": ("gateway", ("api",)),
    "partners": ("partners", ("api", "worker", "relay")),
    "calls": ("calls", ("api",)),
    "reconciliation": ("reconciliation", ("api", "worker", "relay")),
    "training": ("training", ("api", "worker", "relay")),
    "ingest": ("calls", ("ingest",)),
    "worker": ("calls", ("worker", "relay")),
    "gateway-worker": ("gateway", ("worker", "relay")),
}
"""Process -> service and roles. They listen on ports one after the other, in this order."""


GIVEN = {"TALLYLINE_KAFKA", "TALLYLINE_MONGO"}
COMPOSE = ("docker", "compose", "--file", str(Path(__file__).parents[2] / "compose.yaml"))
SERVERS = ("kafka", "mongo")
"""What of compose.yaml runs in containers; ours run here."""


class Door(httpx.AsyncBaseTransport):
    """Telephony goes to the ingest, everything else to the gateway."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        port = self._ports["ingest" if request.url.path.startswith("/v1/in/") else "gateway"]
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass
class Distributed:
    """The processes of one system, by name, on ports from `base` on."""

    data: Path
    base: int = 8321
    namespace: str = ""
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def ports(self) -> dict[str, int]:
        """Where each process listens."""
        return {name: self.base + n for n, name in enumerate(ROLES)}

    def environment(self) -> dict[str, str]:
        """What every process is told."""
        servers = (
            {}
            if os.environ.keys() >= GIVEN
            else {
                "TALLYLINE_KAFKA": KAFKA.address(),
                "TALLYLINE_KAFKA_REPLICATION": "1",
                "TALLYLINE_KAFKA_MIN_INSYNC": "1",
                "TALLYLINE_MONGO": f"mongodb://{MONGO.address()}",
            }
        )
        return (
            os.environ
            | servers
            | {
                "TALLYLINE_ENGINE": "distributed",
                "TALLYLINE_NAMESPACE": self.namespace,
                "TALLYLINE_DATA": str(self.data),
                "TALLYLINE_DEMO": "1",
                "TALLYLINE_LOG_LEVEL": "warning",
                "TALLYLINE_CALLS_URL": f"http://127.0.0.1:{self.ports['calls']}",
                "TALLYLINE_PARTNERS_URL": f"http://127.0.0.1:{self.ports['partners']}",
                "TALLYLINE_RECONCILIATION_URL": f"http://127.0.0.1:{self.ports['reconciliation']}",
                "TALLYLINE_TRAINING_URL": f"http://127.0.0.1:{self.ports['training']}",
                "TALLYLINE_MASTER_KEY": base64.b64encode(b"a demo's master key, no secret!!").decode(),
            }
        )

    async def start(self, *names: str) -> None:
        """Start these processes, or all, and wait until they are ready."""
        told = self.environment()
        for name in names or ROLES:
            service, roles = ROLES[name]
            arguments = [part for role in roles for part in ("--role", role)]
            port = str(self.ports[name])
            command = (sys.executable, "-m", "services.cli", "serve", service, "--port", port, *arguments)
            self.running[name] = await asyncio.create_subprocess_exec(*command, env=told)
        async with httpx.AsyncClient() as client:
            for name in names or ROLES:
                await self._ready(client, name)

    async def _ready(self, client: httpx.AsyncClient, name: str, within: float = 90.0) -> None:
        for _ in range(int(within / 0.2)):
            if self.running[name].returncode is not None:
                raise RuntimeError(f"{name} ended with {self.running[name].returncode}")
            try:
                if (await client.get(f"http://127.0.0.1:{self.ports[name]}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
        raise RuntimeError(f"{name} is not ready after {within} s")

    def caller(self) -> httpx.AsyncClient:
        """A client with the operator's key, for the gateway and the ingest."""
        headers = {"authorization": f"Bearer {local_key(self.data)}"}
        return httpx.AsyncClient(transport=Door(self.ports), base_url="http://tallyline", headers=headers, timeout=60)

    async def kill(self, name: str) -> None:
        """End one process with SIGKILL."""
        self.running[name].kill()
        await self.running[name].wait()

    async def stop(self) -> dict[str, int | None]:
        """Ask all to end; their exit codes."""
        for process in self.running.values():
            if process.returncode is None:
                process.terminate()
        await asyncio.gather(*(process.wait() for process in self.running.values()))
        return {name: process.returncode for name, process in self.running.items()}


@contextlib.contextmanager
def composed() -> Iterator[None]:
    """The servers of compose.yaml run within, unless servers are given or no daemon answers. What they hold stays."""
    if os.environ.keys() >= GIVEN or no_daemon():
        yield
        return
    subprocess.run([*COMPOSE, "up", "--detach", "--wait", *SERVERS], check=True)
    os.environ["TALLYLINE_KAFKA"] = "127.0.0.1:9092"
    os.environ["TALLYLINE_KAFKA_REPLICATION"] = os.environ["TALLYLINE_KAFKA_MIN_INSYNC"] = "1"
    os.environ["TALLYLINE_MONGO"] = "mongodb://127.0.0.1:27017/?replicaSet=tallyline"
    try:
        yield
    finally:
        subprocess.run([*COMPOSE, "stop", *SERVERS], check=True)


async def main(data: Path) -> None:
    """Until a signal comes."""
    system = Distributed(data)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        await system.start()
        async with system.caller() as client:
            firm = company(1, PARTNERS, AGENTS)
            await set_up_company(client, firm, demo=True)
            link = (await client.post("/api/v1/sign-in-links")).json()["path"]
            print(f"Sign in within a minute: http://127.0.0.1:{system.base}{link}", flush=True)
            traffic = asyncio.ensure_future(send_live(client, firm, 1, clock.now))
            await stopped.wait()
            traffic.cancel()
            await asyncio.gather(traffic, return_exceptions=True)
    finally:
        await system.stop()
        KAFKA.stop()
        MONGO.stop()


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "data/distributed")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with composed():
        asyncio.run(main(folder))
