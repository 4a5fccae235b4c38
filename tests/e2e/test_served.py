"""Whoever set up a source is told so when the door takes its deliveries, however far behind the views are."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.simulate import driver
from services.simulate.driver import NotSetUp, add_source, send_recorded
from tests.e2e.recorded import FIXTURES
from tests.e2e.systems import System, start

NATIVE = FIXTURES / "native"
DOCUMENT = json.loads((NATIVE / "source.json").read_text(encoding="utf-8"))
BEHIND_S = 1.0
"""Longer than whoever guesses would wait."""


@contextlib.asynccontextmanager
async def behind(system: System) -> AsyncIterator[None]:
    """The view by which the door knows sources takes nothing in, and then for a while nothing more."""
    async with system.runtime.projectors["calls/call_sources"].partitions.lock:
        yield
        await asyncio.sleep(BEHIND_S)


async def test_a_source_is_added_when_the_door_takes_its_deliveries(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        async with behind(system):
            adding = asyncio.ensure_future(add_source(system.client, DOCUMENT, "dev", live=False, demo=True))
        assert not adding.done()
        ready = await adding
        assert ready["served"] is True
        assert str(ready["ingest_url"]).endswith(str(ready["id"]))
        known = (await system.client.get(f"/api/v1/sources/{ready['id']}/intake")).json()["credentials"]
        assert len(known) == len(DOCUMENT["auth"]["secrets"]) + 1, "its own, and our key for recorded times"


async def test_a_set_is_sent_by_keys_that_the_door_knows_also_to_a_source_that_it_knew(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        await add_source(system.client, DOCUMENT, DOCUMENT["partner"], live=False, demo=True)
        async with behind(system):
            sending = asyncio.ensure_future(send_recorded(system.client, NATIVE, demo=True))
        _, sent, _ = await sending
        assert sent.answers == {202: 12, 401: 2}, "two of the set prove nothing"


def test_the_command_says_so_when_the_door_is_not_as_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def known(*of: object) -> None:
        raise NotSetUp("ingest does not know it yet")

    monkeypatch.setattr(driver, "known", known)
    said = CliRunner().invoke(
        app, ["sources", "add", str(NATIVE / "source.json"), "--partner", "dev", "--data", str(tmp_path)]
    )
    assert said.exit_code == 0, said.output
    assert json.loads(said.stdout)["served"] is False
    assert "does not take its deliveries yet" in said.stderr
