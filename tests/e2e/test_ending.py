"""A process that is asked to end does so in time, whatever in it never ends."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import httpx
import pytest
import yaml

from shared.interpreter import ENDS_AFTER_S
from tests.e2e.systems import eventually
from tests.engines.server import free_port
from tests.monitoring.test_live import ready

ROOT = Path(__file__).parents[2]
PROMISED_S = 30.0
HANGS = """
import asyncio, threading, time
import services.cli, shared.interpreter
from shared.adapters.engines import Embedded

async def never(self):
    {how}

Embedded.close = never
shared.interpreter.ENDS_AFTER_S = 2.0
services.cli.main()
"""
HOW = {
    "a loop": """while True:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            pass""",
    "the event loop": "time.sleep(3600)",
    "a thread": "await asyncio.to_thread(time.sleep, 3600)",
}


@pytest.mark.parametrize("how", HOW)
async def test_whatever_hangs_is_left_behind(how: str, tmp_path: Path) -> None:
    port = free_port()
    code = HANGS.format(how=HOW[how])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "run", "--data", str(tmp_path), "--port", str(port), stdout=PIPE, stderr=STDOUT
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await eventually(lambda: ready(client), 60)
        begun = time.monotonic()
        process.terminate()
        said, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0
    assert b"is left behind" in said
    assert time.monotonic() - begun < PROMISED_S


def test_the_cluster_waits_for_longer_than_a_process_takes() -> None:
    pod = yaml.safe_load((ROOT / "deploy/k8s/base/pod.yaml").read_text())["spec"]["template"]["spec"]
    before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert ENDS_AFTER_S + 5.0 <= PROMISED_S, "a busy machine needs a moment more"
    assert before + PROMISED_S < pod["terminationGracePeriodSeconds"]
