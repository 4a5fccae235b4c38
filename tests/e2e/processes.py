"""The `tallyline` command in processes of its own, started quickly: a server of forks has imported everything once.

A forked process runs the command from its first line on, and is asked to end, or killed, as any other: only the imports
are done already.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx

from shared.security import local_key
from tests.engines.server import free_port

FORKS = multiprocessing.get_context("forkserver")
NOWHERE = Path(os.devnull)
HANGS_S = 120.0
"""A process that does nothing for so long hangs. No measure of how fast it is: others may have the machine."""


def begin(
    *arguments: str | Path,
    out: Path = NOWHERE,
    err: Path | None = None,
    environ: Mapping[str, str] | None = None,
    plant: Callable[[], object] | None = None,
) -> ForkServerProcess:
    """Start the command, with more in its environment than is in ours. What it says comes behind what is in `out`, its
    errors too unless they have a file of their own; `plant` is called before its first line."""
    FORKS.set_forkserver_preload(["tests.e2e.forked"])
    given = (list(map(str, arguments)), str(out), err and str(err), os.environ | dict(environ or {}), plant)
    process = FORKS.Process(target=_command, args=given, daemon=True)  # none outlives the tests
    process.start()
    return process


def _command(*given: Any) -> None:
    from tests.e2e.forked import command  # in the new process it is there

    command(*given)


async def death(process: ForkServerProcess, within: float = HANGS_S) -> int:
    """Wait for the process to end: its exit code, negative for a signal."""
    await asyncio.to_thread(process.join, within)
    if process.exitcode is None:
        raise TimeoutError("the process does not end")
    return process.exitcode


async def tallyline(
    *arguments: str | Path, data: Path | None = None, environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run the command to its end, with more in its environment: its exit code, and what it said."""
    more = ("--data", data) if data else ()
    with tempfile.NamedTemporaryFile() as said:
        process = begin(*arguments, *more, out=Path(said.name), environ=environ)
        return await death(process), said.read().decode()


@contextlib.asynccontextmanager
async def server(data: Path, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """`tallyline run` until the end of the block, where it is asked to end, and a client with the key of its folder."""
    port = free_port()
    process = begin("run", "--data", data, "--port", str(port), **more)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await ready(client, process)
            client.headers["authorization"] = f"Bearer {local_key(data)}"
            yield client
    finally:
        process.terminate()
        assert await death(process) == 0


async def ready(client: httpx.AsyncClient, process: ForkServerProcess) -> None:
    """Wait until every worker of the server has begun."""
    async with asyncio.timeout(HANGS_S):
        while True:
            assert process.is_alive(), "the server died"
            with contextlib.suppress(httpx.TransportError):
                if (await client.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.02)
