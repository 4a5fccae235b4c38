"""A system that was moved shows the same, and goes on as if it had never been moved."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.moving.exporting import export_system
from services.moving.refusals import NotEmpty
from services.simulate.driver import send_recorded
from shared.security import OPERATOR
from tests.e2e.moved import (
    all_identical,
    assert_same,
    breaches,
    flat,
    history,
    moved,
    new,
    origin_of,
    quiet,
    recorded,
    retried,
    settings,
    shown,
    simulated,
)
from tests.e2e.processes import tallyline
from tests.e2e.recorded import SETS
from tests.e2e.systems import System, everything, start


async def first_traffic(system: System, into: Path) -> dict[str, str]:
    """A part of everything, in any order: many corrections, and much that is still to come."""
    return named("first", await recorded(system, into, 0.6) | await simulated(system, 0.7))


async def later_traffic(system: System, into: Path, name: str) -> dict[str, str]:
    """All of it: what came before comes again, and what was missing corrects what was told."""
    await retried(system)
    return named(name, await recorded(system, into, 1.0) | await simulated(system, 1.0))


def named(name: str, deliveries: dict[str, str]) -> dict[str, str]:
    return {delivery: f"{name} {n}" for delivery, n in deliveries.items()}


async def test_a_moved_system_shows_the_same_and_goes_on_as_if_never_moved(tmp_path: Path) -> None:
    """From 4 partitions to 7, and from there to 3."""
    home = tmp_path / "home"
    async with start("embedded", home) as system:
        names = await first_traffic(system, tmp_path / "sets")
        before, commits = await shown(system, names), await history(system)
        assert len(before["letters"]) > 5
        assert sum(name.startswith("call ") for name in before) > 30
        assert not await breaches(system)
    shutil.copytree(home, tmp_path / "stayed")
    await export_system(settings("embedded", home), tmp_path / "archive", quiet)
    new(tmp_path / "seven", home)
    await moved(tmp_path / "archive", "embedded", tmp_path / "seven", 7)

    async with start("embedded", tmp_path / "stayed") as system:
        more = await later_traffic(system, tmp_path / "sets", "later")
        expected, commits_expected = await shown(system, names | more), await history(system)
    async with start("embedded", tmp_path / "seven", partitions=7) as system:
        assert_same(await shown(system, names), before)
        assert await history(system) == commits
        await all_identical(system)
        assert not await breaches(system)
        assert {origin_of(record) for record in await flat(system)} == set(map("telephony.1/{}".format, range(4)))
        names |= await later_traffic(system, tmp_path / "sets", "later")
        assert_same(await shown(system, names), expected)
        assert commands(await history(system)) == commands(commits_expected)
        await all_identical(system)
        assert not await breaches(system)
        later = [record for record in await flat(system) if origin_of(record).startswith("telephony.2/")]
        crossing = [record for record in later if (record.get("reverses") or [""])[0].startswith("telephony.1/")]
        assert len(crossing) > 20, "late news of the old generation took back what was told there"

    await export_system(settings("embedded", tmp_path / "seven", 7), tmp_path / "second", quiet)
    new(tmp_path / "three", home)
    await moved(tmp_path / "second", "embedded", tmp_path / "three", 3)
    async with start("embedded", tmp_path / "three", partitions=3) as system:
        assert_same(await shown(system, names), expected)
        names |= await later_traffic(system, tmp_path / "sets", "last")
        assert_same(figures(await shown(system, names)), figures(expected))
        await all_identical(system)
        assert not await breaches(system)
        assert not [record for record in await flat(system) if origin_of(record).startswith("telephony.3/")]


def commands(found: dict[str, Any]) -> dict[str, Any]:
    """How often what was commanded; ids of requests are random, and a process manager's hold an origin."""
    return {service: [(m.commit.stream, m.commit.version) for m in marked] for service, marked in found.items()}


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Those of partners, campaigns and agents."""
    return {name: part for name, part in found.items() if name.split(" of ")[0] in ("partners", "campaigns", "agents")}


async def test_a_system_without_a_single_call_is_moved_too(tmp_path: Path) -> None:
    async with start("embedded", tmp_path / "data") as system:
        partner = {"partner_id": "p1", "name": "One", "country": None, "time_zone": "UTC"}
        assert (await system.client.post("/api/v1/partners", json=partner)).status_code == 201
        await system.settled()
    await export_system(settings("embedded", tmp_path / "data"), tmp_path / "archive", quiet)
    await moved(tmp_path / "archive", "embedded", new(tmp_path / "moved", tmp_path / "data"), 9)
    async with start("embedded", tmp_path / "moved", partitions=9) as system:
        await system.settled()
        assert [each["partner_id"] for each in await everything(system.client, "/api/v1/partners")] == ["p1"]
        await send_recorded(system.client, SETS["twilio"], demo=True)
        await system.settled()
        await all_identical(system)
        assert {origin_of(record).partition("/")[0] for record in await flat(system)} == {"telephony.2"}


async def test_blobs_keys_and_sessions(small: tuple[Path, Path], tmp_path: Path) -> None:
    """Blobs and API keys go along; sessions do not."""
    data = tmp_path / "data"
    shutil.copytree(small[0], data)
    async with start("embedded", data) as system:
        digest = await system.runtime.engine.blobs.put(b"a report")
        key = (await system.client.post("/api/v1/keys", json={"name": "n", "role": "manager"})).json()["key"]
        assert system.access is not None
        session = await system.access.open_session(OPERATOR)
    code, said = await tallyline("export", tmp_path / "archive", data=data)
    assert code == 0, said
    assert "letting the workers finish" in said
    assert re.search(r"log tallyline.telephony +│ +[0-9]+", said)
    new(tmp_path / "moved", data)
    code, said = await tallyline("import", tmp_path / "archive", "--partitions", "2", data=tmp_path / "moved")
    assert code == 0, said
    async with start("embedded", tmp_path / "moved", partitions=2) as system:
        assert await system.runtime.engine.blobs.get(digest) == b"a report"
        client = system.client
        listed = await client.get("/api/v1/partners", headers={"authorization": f"Bearer {key}"})
        assert listed.status_code == 200
        assert system.access is not None
        assert await system.access.of_session(session) is None
    code, said = await tallyline("import", tmp_path / "archive", "--partitions", "2", data=tmp_path / "moved")
    assert code == 1
    assert "was started before" in said


@pytest.mark.engines
async def test_from_one_engine_to_the_other_and_back(tmp_path: Path) -> None:
    """Embedded to distributed with more partitions, traffic there, and home again: as if never moved."""
    home, there, back = tmp_path / "home", tmp_path / "there", tmp_path / "back"
    async with start("embedded", home) as system:
        names = await first_traffic(system, tmp_path / "sets")
        before = await shown(system, names)
    shutil.copytree(home, tmp_path / "stayed")
    await export_system(settings("embedded", home), tmp_path / "archive", quiet)
    new(there, home)
    await moved(tmp_path / "archive", "distributed", there, 6)
    async with start("embedded", tmp_path / "stayed") as system:
        more = await later_traffic(system, tmp_path / "sets", "later")
        expected = await shown(system, names | more)
    async with start("distributed", there, partitions=6) as system:
        assert_same(await shown(system, names), before)
        names |= await later_traffic(system, tmp_path / "sets", "later")
        assert_same(await shown(system, names), expected)
        await all_identical(system)
        assert not await breaches(system)
    with pytest.raises(NotEmpty, match="was started before"):
        await moved(tmp_path / "archive", "distributed", there, 6)
    await export_system(settings("distributed", there, 6), tmp_path / "second", quiet)
    new(back, home)
    await moved(tmp_path / "second", "embedded", back, 4)
    async with start("embedded", back) as system:
        assert_same(await shown(system, names), expected)
        await all_identical(system)
        assert not await breaches(system)
        assert {origin_of(record).partition("/")[0] for record in await flat(system)} == {"telephony.1", "telephony.2"}
