"""A server that is killed while it reads stored items again: the next one finishes, and the figures are right."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.embedded import embedded
from services.simulate.driver import send_recorded
from shared.settings import Settings
from tests.e2e.crash.servers import servers
from tests.e2e.recorded import FIXTURES, FROM
from tests.e2e.systems import ask, eventually
from tests.e2e.test_decisions import MAPS, without_maps

pytestmark = pytest.mark.slow
FOLDER = FIXTURES / "twilio"
PARTNER = json.loads((FOLDER / "source.json").read_text(encoding="utf-8"))["partner"]
PERIOD = {"partner": PARTNER, "from": FROM, "to": "2026-04-01", "counts": "test"}


async def figures(client: httpx.AsyncClient) -> Any:
    """Results by code, and agents' time."""
    evidence = await ask(client, "/api/v1/performance/evidence", measure="dispositions", limit=1000, **PERIOD)
    agents = await ask(client, "/api/v1/performance/agents", kpis="handled,utilisation,sales_reported", **PERIOD)
    return evidence["total"], [(row["agent"], row["figures"]) for row in agents["items"]]


@pytest.mark.parametrize("turn", [1, 2, 3])
async def test_a_server_killed_while_it_reads_again_leaves_the_rest_to_the_next(turn: int, tmp_path: Path) -> None:
    poor, maps = without_maps(FOLDER, tmp_path / "sets")
    async with embedded(Settings(data=tmp_path / "reference", log_level="error")) as system:
        await send_recorded(system.client, FOLDER, demo=False)
        await system.settled()
        expected = await figures(system.client)
    async with servers(tmp_path) as server:
        server.start(f"reread.appended:{turn}")
        assert await server.ready()
        async with server.client() as client:
            source, _, _ = await send_recorded(client, poor, demo=False)
            for kind, codes in maps.items():
                body = {"map": kind, "codes": codes}
                assert (await client.post(f"/api/v1/sources/{source}/maps", json=body)).status_code == 202
        assert await server.ends_within(120)
        assert await server.death() == -signal.SIGKILL
        assert server.journal.read_text(encoding="utf-8") == "killed at reread.appended\n"
        server.start()
        assert await server.ready()
        async with server.client() as client:

            async def right() -> bool:
                waiting = await ask(client, f"/api/v1/sources/{source}/unmapped")
                decided = not [row for row in waiting["items"] if row["map"] in MAPS]
                return decided and await figures(client) == expected

            await eventually(right)
