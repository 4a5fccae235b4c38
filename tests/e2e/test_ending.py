"""A process that is asked to end does so in time, whatever in it never ends."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
import yaml

from shared.interpreter import ENDS_AFTER_S
from tests.e2e.crash import plants
from tests.e2e.processes import begin, death, ready
from tests.engines.server import free_port

ROOT = Path(__file__).parents[2]
PROMISED_S = 30.0
HOW = {
    "a loop": plants.loop_that_never_ends,
    "the event loop": plants.event_loop_that_hangs,
    "a thread": plants.thread_that_never_ends,
}


@pytest.mark.parametrize("how", HOW)
async def test_whatever_hangs_is_left_behind(how: str, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    process = begin("run", "--data", tmp_path, "--port", str(port), out=log, plant=HOW[how])
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            await ready(client, process)
        begun = time.monotonic()
        process.terminate()
        assert await death(process) == 0
    finally:
        process.kill()
    assert "is left behind" in log.read_text()
    assert time.monotonic() - begun < PROMISED_S


def test_the_cluster_waits_for_longer_than_a_process_takes() -> None:
    pod = yaml.safe_load((ROOT / "deploy/k8s/base/pod.yaml").read_text())["spec"]["template"]["spec"]
    before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert ENDS_AFTER_S + 5.0 <= PROMISED_S, "a busy machine needs a moment more"
    assert before + PROMISED_S < pod["terminationGracePeriodSeconds"]
