"""The demo's company is a process of its own; it must not outlive the server that it calls."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from services.demo import AGENTS, PARTNERS
from tests.e2e.crash.logbook import Logbook
from tests.e2e.processes import begin
from tests.engines.server import free_port

PATIENCE_S = 90.0
"""Without a sign that anything goes on. A busy machine takes its time for the imports of two processes, and for each
command of the company's; a limit for all of it together would be one for the machine."""


def companies(data: Path) -> list[int]:
    """The processes that play the company of a data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"services.demo" in words and str(data).encode() in words:
                found.append(int(process.name))
    return found


def wait_until(so_far: Callable[[], int], wanted: int, what: str, server: ForkServerProcess | None = None) -> None:
    """Until there are so many: for as long as their number changes, and the server lives if it has to."""
    seen, until = -1, 0.0
    while (now := so_far()) != wanted:
        assert server is None or server.is_alive(), f"the server died before there were {wanted} {what}"
        if now != seen:
            seen, until = now, time.monotonic() + PATIENCE_S
        assert time.monotonic() < until, f"{now} {what}, not {wanted}"
        time.sleep(0.1)


def set_up(data: Path) -> int:
    """How much is there of all partners, sources and agents."""
    return min(Logbook(data).committed("partners")[0], 2 * PARTNERS + AGENTS)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_demos_company_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    place = ("--data", data, "--port", str(free_port()))
    server = begin("run", "--demo", "--days", "0", *place, out=tmp_path / "server.log")
    try:
        wait_until(lambda: len(companies(data)), 1, "companies", server)
        wait_until(lambda: set_up(data), 2 * PARTNERS + AGENTS, "commits", server)
        time.sleep(2)  # it hears of it: from then on it only sends
        assert len(companies(data)) == 1, "it is at work"
    finally:
        server.kill()
        server.join()
    wait_until(lambda: len(companies(data)), 0, "companies")
