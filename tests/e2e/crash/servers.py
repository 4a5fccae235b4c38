"""A real server process on a data folder: started, asked whether it is ready, killed, and started again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx

from shared.security import local_key
from tests.e2e.processes import begin, death
from tests.engines.server import free_port

PATIENCE_S = 120.0


@dataclass
class Servers:
    """One data folder with one address, served by one process after the other."""

    home: Path
    port: int = field(default_factory=free_port)
    environ: dict[str, str] = field(default_factory=dict)
    process: ForkServerProcess | None = None

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.home / "data"

    @property
    def journal(self) -> Path:
        """What the fault points wrote before they killed."""
        return self.home / "faults.txt"

    def client(self) -> httpx.AsyncClient:
        """Of whichever process listens at the moment."""
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        key = {"authorization": f"Bearer {local_key(self.data)}"}
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=key, timeout=60, limits=limits)

    def start(self, fault: str = "", plant: Callable[[], None] | None = None) -> None:
        """Start a process; it is not ready yet."""
        environ = {
            "TALLYLINE_FAULT": fault,
            "TALLYLINE_FAULT_JOURNAL": str(self.journal),
            "TALLYLINE_LOG_LEVEL": "error",
            **self.environ,
        }
        command = ("run", "--data", self.data, "--port", str(self.port))
        self.process = begin(*command, out=self.home / "server.log", environ=environ, plant=plant)

    async def ready(self) -> bool:
        """Wait until every worker has begun; False if the process ended before."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with self.client() as client:
            while loop.time() < begun + PATIENCE_S:
                if self.ended():
                    return False
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/readyz")).status_code == 200:
                        return True
                await asyncio.sleep(0.02)
        raise TimeoutError("the server does not get ready")

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process is None or self.process.exitcode is not None

    async def ends_within(self, seconds: float) -> bool:
        """Whether the process ends by itself in so many seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            if self.ended():
                return True
            await asyncio.sleep(0.01)
        return False

    def kill(self) -> None:
        """SIGKILL, whatever it is doing."""
        if self.process is not None:
            self.process.kill()

    async def death(self) -> int:
        """Wait for the process to end; its exit code, negative for a signal."""
        if self.process is None:
            raise RuntimeError("no process was started")
        code = await death(self.process, PATIENCE_S)
        self.process = None
        return code

    async def stop(self) -> None:
        """End the process if one runs."""
        if self.process is not None:
            self.kill()
            await self.death()


@contextlib.asynccontextmanager
async def servers(home: Path, **environ: str) -> AsyncIterator[Servers]:
    """Servers on a fresh data folder below `home`, with more in their environment."""
    mine = Servers(home, environ=environ)
    mine.data.mkdir(mode=0o700)
    try:
        yield mine
    finally:
        await mine.stop()
