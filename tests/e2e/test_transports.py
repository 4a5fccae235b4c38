"""Files handed in and dropped, batches of records, and a manager's line that breaks: everything counts once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.calls.doors.drops import Drops
from services.calls.tracker.intake import DELIVERIES
from services.simulate.driver import known
from shared.engine.appender import Appender
from shared.ports import StoreUnavailable
from tests.e2e.processes import tallyline
from tests.e2e.systems import ENGINES, System, ask, documents, eventually, start

OPTIONS = {
    "csv": {
        "fields": {"call": "Call", "direction": "Way", "started": "Begin", "answered": "Answer", "ended": "End",
                   "agent": "Agent", "talk_s": "Talk"},
        "times": "iso",
    }
}  # fmt: skip
KEY = "tls_for-the-tests-of-transports"
HEAD = "Call,Way,Begin,Answer,End,Agent,Talk\n"


def rows(*calls: str) -> str:
    """A file of answered calls."""
    times = "2026-11-18T14:00:00Z,2026-11-18T14:00:05Z,2026-11-18T14:02:05Z"
    return HEAD + "".join(f"{call},inbound,{times},a1,120\n" for call in calls)


@pytest.fixture
async def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[System]:
    monkeypatch.setattr("services.calls.service.DROPS_EVERY_S", 0.1)
    make = ENGINES["embedded"]
    monkeypatch.setitem(ENGINES, "embedded", lambda data: replace(make(data), drops=tmp_path / "drops"))
    (tmp_path / "drops" / "acme-f").mkdir(parents=True)
    async with start("embedded", tmp_path / "data") as running:
        yield running


async def configured(system: System, connector: str = "generic-csv", **more: Any) -> str:
    """A source with a bearer key, which is told."""
    settings = {"connector": connector, "partner": "acme", "options": OPTIONS, **more}
    body = {"id": "acme-f", "settings": settings, "secrets": {"bearer": [KEY]}}
    answer = await system.client.post("/api/v1/sources", json=body)
    assert answer.status_code == 201, answer.text
    await known(system.client, "acme-f", answer.json()["credentials"])
    return KEY


async def counts(system: System) -> Any:
    await system.settled()
    return (await ask(system.client, "/api/v1/sources/acme-f/intake"))["counts"]


async def calls(system: System) -> dict[str, Any]:
    await system.settled()
    return {one["call"]: one["summary"] for one in (await ask(system.client, "/api/v1/calls"))["items"]}


# Uploads


async def test_a_file_is_handed_in_once_however_often_it_comes(system: System) -> None:
    await configured(system)
    url = "/api/v1/sources/acme-f/files"
    first = await system.client.post(url, content=rows("c1", "c2").encode())
    assert (first.status_code, first.json()["items"]) == (202, 2), first.text
    await system.settled()
    note = await ask(system.client, first.json()["href"])
    assert note["verdict"] == "accepted"
    await system.client.post(url, content=rows("c1", "c2").encode())
    assert (await counts(system)) == {
        "received": 4, "accepted": 2, "duplicate": 2, "stale": 0, "ignored": 0, "unknown": 0, "invalid": 0,
    }  # fmt: skip
    assert len(await calls(system)) == 2
    notes = await documents(system.runtime.kits["calls"].documents, DELIVERIES)
    (key,) = {note["key"] for note in notes.values()}
    assert key.startswith("file/")
    refused = await system.client.post(url, content=b"no such columns")
    assert (refused.status_code, refused.json()["items"]) == (202, 0)
    assert "columns" in refused.json()["unreadable"]
    assert (await system.client.post(url, content=b"")).status_code == 422
    assert (await system.client.post(url + "?meta=[]", content=b"x")).status_code == 422
    assert (await system.client.post("/api/v1/sources/none/files", content=b"x")).status_code == 404


async def test_the_command_hands_a_file_in(system: System, tmp_path: Path) -> None:
    await configured(system)
    file = tmp_path / "monday.csv"
    file.write_text(rows("c1", "c2"))
    await system.stop()
    code, text = await tallyline("sources", "upload", "acme-f", file, data=tmp_path / "data")
    assert (code, "2 items" in text) == (0, True), text
    file.write_text("no such columns\n")
    code, text = await tallyline("sources", "upload", "acme-f", file, data=tmp_path / "data")
    assert (code, "columns" in text) == (1, True), text


# Watched folders


def lying(folder: Path) -> dict[str, Any]:
    """What lies where, with the verdicts."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder))
            found[name] = json.loads(path.read_bytes()) if name.endswith(".json") else path.read_text()
    return found


def gone_to(folder: Path, name: str) -> Path | None:
    return next(iter((folder / name).glob("*.csv")), None) if (folder / name).exists() else None


async def test_a_file_that_is_dropped_is_taken_and_lies_beside_its_verdict(system: System, tmp_path: Path) -> None:
    await configured(system)
    folder = tmp_path / "drops" / "acme-f"
    (folder / "on-the-way.csv.part").write_text(rows("c9"))
    (folder / ".hidden.csv").write_text(rows("c9"))
    (folder / "link.csv").symlink_to(tmp_path / "data" / "master.key")
    (folder / "monday.csv").write_text(rows("c1", "c2"))
    (folder / "broken.csv").write_text("no such columns\n")

    async def put_away() -> bool:
        return gone_to(folder, "done") is not None and gone_to(folder, "failed") is not None

    await eventually(put_away)
    assert set(await calls(system)) == {"acme-f:c1", "acme-f:c2"}
    found = lying(folder)
    digest = hashlib.sha256(rows("c1", "c2").encode()).hexdigest()[:12]
    assert found[f"done/{digest}.monday.csv"] == rows("c1", "c2")
    verdict = found[f"done/{digest}.monday.csv.verdict.json"]
    assert (verdict["verdict"], verdict["items"], verdict["file"]) == ("accepted", {"accepted": 2}, "monday.csv")
    assert (await ask(system.client, f"/api/v1/deliveries/{verdict['delivery']}"))["verdict"] == "accepted"
    (failed,) = [told for name, told in found.items() if name.startswith("failed/") and name.endswith(".json")]
    assert (failed["verdict"], "columns" in failed["reason"]) == ("invalid", True)
    assert (folder / "on-the-way.csv.part").exists()
    assert (folder / ".hidden.csv").exists()
    assert (folder / "link.csv").is_symlink(), "links are not followed"
    (folder / "on-the-way.csv.part").rename(folder / "tuesday.csv")

    async def third() -> bool:
        return "acme-f:c9" in await calls(system)

    await eventually(third)


async def test_a_file_that_grows_is_left_until_it_does_not(system: System, tmp_path: Path) -> None:
    await configured(system)
    path = tmp_path / "drops" / "acme-f" / "growing.csv"
    with path.open("w") as file:
        file.write(HEAD)
        for n in range(8):
            file.write(rows(f"c{n}").removeprefix(HEAD))
            file.flush()
            await asyncio.sleep(0.06)

    async def all_of_it() -> bool:
        return len(await calls(system)) == 8

    await eventually(all_of_it)
    assert (await counts(system))["received"] == 8, "it was taken once, whole"


@pytest.mark.parametrize("point", ["drops.stored", "drops.told"])
async def test_killed_between_two_steps_nothing_is_lost_and_nothing_counts_twice(
    point: str, system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configured(system)
    folder, killed = tmp_path / "drops" / "acme-f", 0

    def die(reached: str) -> None:
        nonlocal killed
        if reached == point and killed < 3:
            killed += 1
            raise StoreUnavailable("killed")

    monkeypatch.setattr("services.calls.doors.drops.reach", die)
    (folder / "monday.csv").write_text(rows("c1", "c2", "c3"))

    async def put_away() -> bool:
        return gone_to(folder, "done") is not None

    await eventually(put_away)
    assert killed == 3
    assert len(await calls(system)) == 3
    found = await counts(system)
    assert (found["accepted"], found["received"]) == (3, 12)
    kpis = {"from": "2026-11-18", "to": "2026-11-19", "kpis": "offered,handled,talk"}
    (row,) = (await ask(system.client, "/api/v1/performance/partners", **kpis))["items"]
    assert row["figures"]["offered"]["value"] == 3
    assert [path.name for path in folder.iterdir() if path.is_file()] == []


async def test_while_the_store_is_away_a_file_stays_where_it_is(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configured(system)
    looked = asyncio.Event()

    async def away(*_: object) -> None:
        looked.set()
        raise StoreUnavailable("away")

    path = tmp_path / "drops" / "acme-f" / "monday.csv"
    with monkeypatch.context() as patch:
        patch.setattr("shared.engine.appender.Appender.append_all", away)
        path.write_text(rows("c1"))
        await asyncio.wait_for(looked.wait(), 60)
        assert path.exists()

    async def back() -> bool:
        return len(await calls(system)) == 1

    await eventually(back)


async def test_a_file_that_is_too_large_fails_with_its_verdict(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configured(system)
    monkeypatch.setattr(Drops, "_limit", property(lambda _: 100, lambda *_: None), raising=False)
    (tmp_path / "drops" / "acme-f" / "large.csv").write_text(rows(*"abcdefgh"))

    async def put_away() -> bool:
        return gone_to(tmp_path / "drops" / "acme-f", "failed") is not None

    await eventually(put_away)
    assert await calls(system) == {}


# Batches of records


def record(id_: str, content: bytes) -> dict[str, Any]:
    return {"id": id_, "data": base64.b64encode(content).decode()}


async def posted(system: System, key: str, *records: dict[str, Any]) -> Any:
    return await system.client.post(
        "/v1/in/acme-f/records", json={"records": records}, headers={"authorization": f"Bearer {key}"}
    )


async def test_each_record_of_a_batch_has_an_answer_of_its_own(system: System) -> None:
    key = await configured(system)
    good, other = record("1", rows("c1").encode()), record("2", rows("c2", "c3").encode())
    bad, none = record("3", b"no such columns"), {"id": "4", "data": "no base64!"}
    answer = await posted(system, key, good, bad, none, other)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [one["status"] for one in told["records"]] == ["stored", "unreadable", "unreadable", "stored"]
    assert [one["id"] for one in told["records"]] == ["1", "3", "4", "2"]
    assert (told["failed"], told["records"][3]["items"]) == (0, 2)
    again = await posted(system, key, good, other)
    assert [one["status"] for one in again.json()["records"]] == ["stored", "stored"]
    found = await counts(system)
    assert (found["accepted"], found["duplicate"]) == (3, 3)
    letters = (await ask(system.client, "/api/v1/operations/dead-letters"))["items"]
    assert len(letters) == 2
    assert (await posted(system, "guessed", good)).status_code == 401
    assert (await posted(system, key)).status_code == 400


async def test_records_that_were_not_stored_are_said_to_have_failed(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await configured(system)
    away, turn = StoreUnavailable("away"), 0
    whole = Appender.append_all

    async def every_second(appender: Appender, *given: Any) -> None:
        nonlocal turn
        turn += 1
        if turn % 2 == 0:
            raise away
        await whole(appender, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Appender, "append_all", every_second)
        records = [record(str(n), rows(f"c{n}").encode()) for n in range(4)]
        told = (await posted(system, key, *records)).json()
        assert told["failed"] == 2
        failed = [one["id"] for one in told["records"] if one["status"] == "failed"]
    again = (await posted(system, key, *(records[int(n)] for n in failed))).json()["records"]
    assert [one["status"] for one in again] == ["stored", "stored"]
    assert len(await calls(system)) == 4
    with monkeypatch.context() as patch:

        async def never(*_: object) -> None:
            raise away

        patch.setattr(Appender, "append_all", never)
        answer = await posted(system, key, record("9", rows("c9").encode()))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_a_stream_s_records_come_in_the_form_that_kinesis_gives_them(system: System) -> None:
    key = await configured(system)
    events = [
        {"eventID": f"shard-0:{n}", "kinesis": {"data": base64.b64encode(rows(f"c{n}").encode()).decode()}}
        for n in range(3)
    ]
    headers = {"authorization": f"Bearer {key}"}
    answer = await system.client.post("/v1/in/acme-f/records", json={"Records": events}, headers=headers)
    assert [one["status"] for one in answer.json()["records"]] == ["stored"] * 3, answer.text
    assert len(await calls(system)) == 3
