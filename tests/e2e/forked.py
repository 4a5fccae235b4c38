"""Everything that the `tallyline` command needs, imported once: processes are forked from the one that has done so."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable, Mapping

os.environ["COLUMNS"] = "250"  # what commands print is as wide as this: their console finds it where it is made

import services.cli
import services.demo
import shared.faults

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
