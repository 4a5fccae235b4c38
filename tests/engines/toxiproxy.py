"""Toxiproxy: a TCP proxy that can be told to hold, lose or slow what passes through it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.engines.server import installed

MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0"
brought = partial(installed, module=MODULE)


def command(program: Path, home: Path, port: int) -> Sequence[str]:
    """The command line of the proxy, whose own HTTP interface is at the port."""
    return [str(program / "server"), "-host", "127.0.0.1", "-port", str(port)]
