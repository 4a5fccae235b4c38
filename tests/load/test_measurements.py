"""Measurements run on the distributed engine, on ports chosen singly, and beside peers."""

from __future__ import annotations

import os

import pytest

from services.bench import folding, whole
from services.bench.on import On
from shared.settings import Ports
from tests.load.compare import PEERS
from tests.load.flush import flushes
from tests.load.ingest import compare
from tests.load.servers import addresses

pytestmark = pytest.mark.engines


@pytest.fixture(autouse=True)
def servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, address in addresses().items():
        monkeypatch.setenv(name, address)


@pytest.mark.parametrize(
    "on",
    [On("distributed"), On(ports=Ports(bus="kafka")), On(ports=Ports(documents="mongo"))],
    ids=["distributed", "kafka alone", "mongo alone"],
)
async def test_the_folds_count_the_same_on_any_ports(on: On) -> None:
    here, there = await folding.projection(200), await folding.projection(200, on)
    assert there["n"] == here["n"] > 200
    assert there["cpu_us_per_event"] > 0


async def test_probes_find_their_figures_on_the_distributed_engine() -> None:
    figures = await whole.end_to_end(rate=20, seconds=4, on=On("distributed"))
    assert figures["answers"] == {202: 80}
    assert figures["probes"] > 0


async def test_a_flush_is_measured_beside_the_servers_own() -> None:
    new, changed = await flushes(os.environ["TALLYLINE_MONGO"], documents=600, rounds=1)
    assert (new["documents"], changed["documents"]) == ("new", "changed")
    assert new["of_ceiling"] > 0
    assert changed["of_ceiling"] > 0


@pytest.mark.skipif(not PEERS.exists(), reason="no environment for peers: make bench-peers")
async def test_the_door_is_measured_beside_a_peer() -> None:
    (line,) = await compare(share=0.01, rounds=1, batches=[10])
    assert line["batch"] == 10
    assert line["fastapi_cpu_us_per_event"] > 0
    assert line["of_ceiling"] > 0
