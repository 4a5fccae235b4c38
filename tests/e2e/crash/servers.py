"""A real server process on a data folder: started, asked whether it is ready, killed, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.security import local_key
from tests.engines.server import free_port

PATIENCE_S = 30.0


@dataclass
class Servers:
    """One data folder with one address, served by one process after the other. `starts` are the seconds that each
    took until its port was open."""

    starter: Process
    home: Path
    port: int
    starts: list[float] = field(default_factory=list)
    pid: int | None = None

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
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=key, timeout=20, limits=limits)

    async def start(self, fault: str = "", plant: str | None = None) -> None:
        """Start a process; it is not ready yet."""
        environ = {
            "TALLYLINE_FAULT": fault,
            "TALLYLINE_FAULT_JOURNAL": str(self.journal),
            "TALLYLINE_LOG_LEVEL": "error",
        }
        order = {
            "argv": ["run", "--data", str(self.data), "--port", str(self.port)],
            "environ": environ,
            "plant": plant,
            "log": str(self.home / "server.log"),
        }
        if self.starter.stdin is None:
            raise RuntimeError("the starter has no ear")
        self.starter.stdin.write(json.dumps(order).encode() + b"\n")
        self.pid = (await self._heard())["pid"]

    async def ready(self) -> bool:
        """Wait until every worker has begun; False if the process ended before."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with self.client() as client:
            while loop.time() < begun + PATIENCE_S:
                if self.ended():
                    return False
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get("/readyz")
                    if answer.status_code == 200:
                        self.starts.append(loop.time() - begun)
                        return True
                await asyncio.sleep(0.02)
        raise TimeoutError("the server does not get ready")

    def ended(self) -> bool:
        """Whether the process is gone: the starter keeps what it had to say of it for `death`."""
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
                return stat.read().rpartition(") ")[2].startswith("Z")
        except (FileNotFoundError, ProcessLookupError):
            return True

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
        """SIGKILL, whatever it is doing. A process that has just died by itself is dead enough."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def death(self) -> int:
        """Wait for the process to end; its exit code, negative for a signal."""
        code: int = (await asyncio.wait_for(self._heard(), PATIENCE_S))["exit"]
        self.pid = None
        return code

    async def stop(self) -> None:
        """End the process if one runs."""
        if self.pid is not None:
            self.kill()
            await self.death()

    async def _heard(self) -> dict[str, Any]:
        if self.starter.stdout is None:
            raise RuntimeError("the starter has no voice")
        said: dict[str, Any] = json.loads(await self.starter.stdout.readline())
        return said


@contextlib.asynccontextmanager
async def servers(home: Path) -> AsyncIterator[Servers]:
    """Servers on a fresh data folder below `home`."""
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.e2e.crash.starter", stdin=PIPE, stdout=PIPE, cwd=Path(__file__).parents[3]
    )
    mine = Servers(starter, home, free_port())
    mine.data.mkdir(mode=0o700)
    try:
        yield mine
    finally:
        await mine.stop()
        if starter.stdin is not None:
            starter.stdin.close()
        await starter.wait()
