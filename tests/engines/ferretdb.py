"""FerretDB on SQLite: MongoDB's wire protocol by a server that keeps what it acknowledged when it is killed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def command(program: Path, home: Path, port: int) -> Sequence[str]:
    """The command line of the server."""
    data = home / "data"
    data.mkdir(exist_ok=True)
    return [str(program / "ferretdb"), "-listen", f"127.0.0.1:{port}", "-data", f"{data}/"]
