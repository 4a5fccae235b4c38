"""The demo's company is a process of its own; it must not outlive the server that it calls."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from services.demo import AGENTS, PARTNERS
from tests.e2e.crash.logbook import Logbook
from tests.e2e.processes import begin
from tests.engines.server import free_port

PATIENCE_S = 30.0


def companies(data: Path) -> list[int]:
    """The processes that play the company of a data folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"services.demo" in words and str(data).encode() in words:
                found.append(int(process.name))
    return found


def wait_for(data: Path, count: int) -> None:
    until = time.monotonic() + PATIENCE_S
    while len(companies(data)) != count:
        assert time.monotonic() < until, f"{len(companies(data))} companies, not {count}"
        time.sleep(0.1)


def wait_until_set_up(data: Path) -> None:
    """All partners, sources and agents are there, and it knows: from then on it only sends."""
    until = time.monotonic() + PATIENCE_S
    while Logbook(data).committed("partners")[0] < 2 * PARTNERS + AGENTS:
        assert time.monotonic() < until, "the company is not set up"
        time.sleep(0.1)
    time.sleep(2)


@pytest.mark.slow
def test_a_demos_company_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    place = ("--data", data, "--port", str(free_port()))
    server = begin("run", "--demo", "--days", "0", *place, out=tmp_path / "server.log")
    try:
        wait_for(data, 1)
        wait_until_set_up(data)
        assert len(companies(data)) == 1, "it is at work"
    finally:
        server.kill()
        server.join()
    wait_for(data, 0)
