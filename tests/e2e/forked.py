"""All that the `tallyline` command needs, imported once, and the routes worked out: processes are forked from the one
that has done so."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ["COLUMNS"] = "250"  # what commands print is as wide as this: their console finds it where it is made

import services.cli
import services.demo
import shared.faults
from services.embedded import Embedded
from shared.settings import Settings


async def _put_together() -> None:
    """The framework remembers what it worked out of routes: of what a start computes, the most."""
    with tempfile.TemporaryDirectory() as folder:
        system = Embedded(Settings(data=Path(folder)))
        await system.open()
        await system.stop()


asyncio.run(_put_together())
if threading.active_count() > 1:
    raise RuntimeError("a fork would be without the other threads")
gc.freeze()  # what is here stays, in every process


def command(
    arguments: list[str], out: str, err: str | None, environ: Mapping[str, str], plant: Callable[[], object] | None
) -> None:
    """In the new process: the command, as it would have been started from a shell."""
    os.dup2(_written(out), 1)
    os.dup2(_written(err) if err else 1, 2)
    os.environ.clear()
    os.environ.update(environ)
    importlib.reload(shared.faults)  # it reads its variables when it is imported
    if plant:
        plant()
    sys.argv = ["tallyline", *arguments]
    services.cli.main()


def _written(file: str) -> int:
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
