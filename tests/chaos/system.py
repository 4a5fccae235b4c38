"""The distributed system as processes that are killed, frozen and started again one by one, on servers of its own."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.gateway.api.forward import AskFor
from shared import clock
from shared.security import OPERATOR, ServiceTokens, local_key
from tests.chaos.ground import Ground, plain
from tests.chaos.means import Clocks, Disk
from tests.engines.run_distributed import Door
from tests.engines.server import free_port

ROLES: Mapping[str, tuple[str, Sequence[str]]] = {
    "gateway": ("gateway", ("api",)),
    "gateway-worker": ("gateway", ("worker", "relay")),
    "partners": ("partners", ("api", "worker", "relay")),
    "reconciliation": ("reconciliation", ("api", "worker", "relay")),
    "training": ("training", ("api", "worker", "relay")),
    "calls": ("calls", ("api",)),
    "ingest": ("calls", ("ingest",)),
    "worker-a": ("calls", ("worker", "relay")),
    "worker-b": ("calls", ("worker",)),
    "worker-c": ("calls", ("worker",)),
    "worker-d": ("calls", ("worker",)),
    "worker-e": ("calls", ("worker",)),
}
"""Process -> service and roles. The workers are members of one group."""
STORMY = ("worker-c", "worker-d", "worker-e")
"""They come and go."""
ALWAYS = tuple(name for name in ROLES if name not in STORMY)
JUMPY = ("gateway", "gateway-worker", "partners", "ingest", "worker-a")
"""Their clocks may jump."""
MASTER_KEY = b"thirty-two bytes that are no key"
READY_S = 600.0
"""Far longer than any process takes: whoever ends instead is seen at once, so nobody waits for this in vain."""


@dataclass
class System:
    """One system in the folder `home`, on servers that nobody else uses.

    `plant` is the mistake that the processes named in `planted` are started with. `clocks`: those of some processes can
    be set; `disk`: what ingest has to itself. `settings`: what else all are told. `releases`: the
    folders of those processes that are of an older release.
    """

    home: Path
    plant: str | None = None
    planted: frozenset[str] = frozenset()
    ground: Ground = field(default_factory=plain)
    clocks: Clocks | None = None
    disk: Disk | None = None
    releases: dict[str, Path] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    namespace: str = field(default_factory=lambda: f"chaos-{secrets.token_hex(4)}")
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in ROLES})

    @property
    def data(self) -> Path:
        """The folder of keys."""
        return self.home / "data"

    @property
    def spool(self) -> Path:
        """The folder of ingest alone, with its spool."""
        return self.home / "spool" if self.disk is None else self.disk.path

    def environment(self, name: str) -> dict[str, str]:
        """What a process is told."""
        copies = len(self.ground.brokers)
        return (
            os.environ
            | {
                "TALLYLINE_ENGINE": "distributed",
                "TALLYLINE_KAFKA": self.ground.kafka,
                "TALLYLINE_KAFKA_REPLICATION": str(copies),
                "TALLYLINE_KAFKA_MIN_INSYNC": str(min(copies, 2)),
                "TALLYLINE_MONGO": f"mongodb://{self.ground.mongo}",
                "TALLYLINE_NAMESPACE": self.namespace,
                "TALLYLINE_DATA": str(self.spool if name == "ingest" else self.data),
                "TALLYLINE_DEMO": "1",
                "TALLYLINE_LOG_LEVEL": "warning",
                "TALLYLINE_SUBSCRIBER_WEBHOOK_PRIVATE": "1",
                "TALLYLINE_CALLS_URL": f"http://127.0.0.1:{self.ports['calls']}",
                "TALLYLINE_PARTNERS_URL": f"http://127.0.0.1:{self.ports['partners']}",
                "TALLYLINE_RECONCILIATION_URL": f"http://127.0.0.1:{self.ports['reconciliation']}",
                "TALLYLINE_TRAINING_URL": f"http://127.0.0.1:{self.ports['training']}",
                "TALLYLINE_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
            }
            | dict(self.settings)
            | (self.clocks.environment(name) if self.clocks and name in JUMPY else {})
            | ({"PYTHONPATH": str(self.releases[name])} if name in self.releases else {})
        )

    async def start(self, name: str) -> None:
        """Start a process; it is not ready yet."""
        service, roles = ROLES[name]
        arguments = ["serve", service, "--port", str(self.ports[name])]
        arguments += [part for role in roles for part in ("--role", role)]
        entry = ["tests.chaos.planted", self.plant] if self.plant and name in self.planted else ["services.cli"]
        with (self.home / f"{name}.log").open("ab") as output:
            self.running[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *entry, *arguments),
                env=self.environment(name),
                cwd=self.releases.get(name),
                stdout=output,
                stderr=output,
            )

    async def ready(self, *names: str) -> None:
        """Wait until these processes are ready. RuntimeError when one has ended instead."""
        loop = asyncio.get_running_loop()
        until = loop.time() + READY_S
        async with httpx.AsyncClient(timeout=5) as client:
            for name in names:
                while not await self._is_ready(client, name):
                    if loop.time() > until:
                        raise RuntimeError(f"{name} is not ready after {READY_S} s:\n{self.said(name)}")
                    await asyncio.sleep(0.2)

    async def _is_ready(self, client: httpx.AsyncClient, name: str) -> bool:
        if self.running[name].returncode is not None:
            raise RuntimeError(f"{name} ended with {self.running[name].returncode}:\n{self.said(name)}")
        try:
            return (await client.get(f"http://127.0.0.1:{self.ports[name]}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    def said(self, name: str) -> str:
        """The last words of a process."""
        return (self.home / f"{name}.log").read_text(errors="replace")[-3000:]

    async def kill(self, name: str) -> int:
        """SIGKILL; the exit code, which proves it, unless the process had ended by itself."""
        with contextlib.suppress(ProcessLookupError):
            self.running[name].kill()
        return await self.running[name].wait()

    async def leave(self, name: str) -> int:
        """Ask a process to end; its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.running[name].terminate()
        return await self.running[name].wait()

    def freeze(self, name: str) -> None:
        """SIGSTOP: it does nothing, and keeps its connections."""
        self.running[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT: it goes on as if nothing had been."""
        self.running[name].send_signal(signal.SIGCONT)

    async def stop(self) -> dict[str, int]:
        """Ask all to end; their exit codes."""
        names = [name for name, process in self.running.items() if process.returncode is None]
        return dict(zip(names, await asyncio.gather(*(self.leave(name) for name in names)), strict=True))

    async def close(self) -> None:
        """Nothing of the system runs any more, whatever happened."""
        for process in self.running.values():
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.ground.close()
        if self.disk is not None:
            self.disk.unmount()

    def caller(self, timeout: float) -> httpx.AsyncClient:
        """A client with the operator's key, for the gateway and the ingest."""
        headers = {"authorization": f"Bearer {local_key(self.data)}"}
        return httpx.AsyncClient(
            transport=Door(self.ports), base_url="http://tallyline", headers=headers, timeout=timeout
        )

    def operator(self, name: str) -> httpx.AsyncClient:
        """A client of one process behind the gateway."""
        tokens = ServiceTokens(MASTER_KEY, clock.now)
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.ports[name]}", auth=AskFor(tokens, lambda: OPERATOR), timeout=120
        )
