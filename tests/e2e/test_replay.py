"""Corrected connectors run over what is stored: the figures are those of a system that had the right code at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.calls.connectors.base import Connector, Reading, Slice
from services.calls.connectors.registry import CONNECTORS
from shared.codec import encode
from shared.contracts.partners import SourceSettings
from shared.contracts.reconciliation import MonthAgreed, MonthReopened
from shared.engine.appender import Appender
from shared.kernel import Money, PublicEvent
from shared.ports import Commit, Outgoing, StoreUnavailable
from tests.e2e.processes import tallyline
from tests.e2e.recorded import FIXTURES, Delivered, deliver
from tests.e2e.systems import System, eventually, start
from tests.e2e.test_decisions import figures

PERIOD = {"from": "2026-03-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
SETS = ["twilio", "amazon-connect", "asterisk", "vicidial", "genesys-cloud"]
"""One of each way to deliver: forms, batches of records, files beside a stream, addresses, notifications."""


def planted(name: str) -> Connector:
    """The connector with mistakes in how it reads: some items say nothing, some too early, some are known by a key that
    others have too, and what is newest by the platform's word is not known as such."""
    right = CONNECTORS[name]

    def read(item: Slice, settings: SourceSettings, received_at: datetime) -> Reading:
        reading = right.read(item, settings, received_at)
        if CONNECTORS[name] is right:  # it was mended since; a source that is served holds the one that it began with
            return reading
        dice = sum(item.raw) % 5
        if dice == 0:
            return msgspec.structs.replace(reading, notes=(), verdict="ignored")
        if dice == 1:
            notes = tuple(
                msgspec.structs.replace(note, at=note.at.replace(minute=0), flags=()) for note in reading.notes
            )
            return msgspec.structs.replace(reading, notes=notes)
        if dice == 2:
            return msgspec.structs.replace(reading, key="same")
        return msgspec.structs.replace(reading, version="")

    return dataclasses.replace(right, read=read)


async def replayed(system: System, source: str, apply: bool = False) -> Any:
    answer = await system.client.post(f"/api/v1/sources/{source}/replay", json=PERIOD | {"apply": apply})
    assert answer.status_code == 200, answer.text
    await system.settled()
    return answer.json()


async def wrongly_read(system: System, name: str, patch: pytest.MonkeyPatch) -> Delivered:
    """The set, read by a connector with mistakes, which is mended then."""
    right = CONNECTORS[name]
    patch.setitem(CONNECTORS, name, planted(name))
    delivered = await deliver(system, FIXTURES / name)
    await system.settled()
    patch.setitem(CONNECTORS, name, right)
    return delivered


@pytest.mark.parametrize("name", SETS)
async def test_after_the_mend_the_figures_are_those_of_a_system_with_the_right_code(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start("embedded", tmp_path / "right") as system:
        delivered = await deliver(system, FIXTURES / name)
        await system.settled()
        expected = await figures(system, delivered.partner)
        nothing = await replayed(system, delivered.source)
        assert (nothing["changed"], nothing["days"]) == (0, [])
        assert nothing["items"] > 0
    async with start("embedded", tmp_path / "wrong") as system:
        delivered = await wrongly_read(system, name, monkeypatch)
        assert await figures(system, delivered.partner) != expected
    async with start("embedded", tmp_path / "wrong") as system:
        shown = await replayed(system, delivered.source)
        assert shown["changed"] > 0
        assert shown["appended"] == 0
        assert await figures(system, delivered.partner) != expected, "only shown"
        applied = await replayed(system, delivered.source, apply=True)
        assert (applied["days"], applied["facts"]) == (shown["days"], shown["facts"])
        assert await figures(system, delivered.partner) == expected
        again = await replayed(system, delivered.source, apply=True)
        assert (again["changed"], again["appended"]) == (0, 0)


@pytest.mark.parametrize("killed_after", [0, 2])
async def test_killed_in_the_middle_and_run_again_it_comes_to_the_same(
    killed_after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start("embedded", tmp_path / "right") as system:
        delivered = await deliver(system, FIXTURES / "twilio")
        await system.settled()
        expected = await figures(system, delivered.partner)
    async with start("embedded", tmp_path / "wrong") as system:
        await wrongly_read(system, "twilio", monkeypatch)
    append, done = Appender.append, 0

    async def until_killed(appender: Appender, topic: str, key: str, records: Sequence[Outgoing]) -> None:
        nonlocal done
        if done == killed_after:
            # Half of what a document needs is durable, and whoever asked is gone.
            await append(appender, topic, key, records[:1])
            raise StoreUnavailable("killed")
        done += 1
        await append(appender, topic, key, records)

    async with start("embedded", tmp_path / "wrong") as system:
        with monkeypatch.context() as patch:
            patch.setattr(Appender, "append", until_killed)
            body = PERIOD | {"apply": True}
            answer = await system.client.post(f"/api/v1/sources/{delivered.source}/replay", json=body)
            assert answer.status_code == 503
        await system.settled()
        between = await figures(system, delivered.partner)
    async with start("embedded", tmp_path / "wrong") as system:
        assert between != expected
        assert (await replayed(system, delivered.source, apply=True))["changed"] > 0
        assert await figures(system, delivered.partner) == expected
        assert (await replayed(system, delivered.source))["changed"] == 0


async def said(system: System, version: int, *events: PublicEvent) -> None:
    """What reconciliation tells of a month."""
    store = system.runtime.kits["reconciliation"].store
    at = datetime(2026, 4, 10, tzinfo=UTC)
    await store.append(Commit("month-told:2026-03", version, encode(list(events)), f"c{version}", "test", at))
    await system.settled()


async def agreed_now(system: System, delivered: Delivered, months: list[str]) -> bool:
    return bool((await replayed(system, delivered.source))["agreed"] == months)


async def test_a_month_that_was_agreed_is_refused_until_it_is_reopened_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, sum_ = datetime(2026, 4, 10, tzinfo=UTC), Money(100, "EUR")
    async with start("embedded", tmp_path) as system:
        delivered = await wrongly_read(system, "twilio", monkeypatch)
        agreed = MonthAgreed(
            partner_id=delivered.partner, month="2026-03", report=1, theirs=sum_, ours=sum_, agreed=sum_, usage="u",
            at=at, by="test",
        )  # fmt: skip
        await said(system, 1, agreed)
        assert await eventually(lambda: agreed_now(system, delivered, ["2026-03"]))
        before = await figures(system, delivered.partner)
        body = PERIOD | {"apply": True}
        answer = await system.client.post(f"/api/v1/sources/{delivered.source}/replay", json=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/month_agreed"), answer.text
        await system.settled()
        assert await figures(system, delivered.partner) == before
        reopened = MonthReopened(
            partner_id=delivered.partner, month="2026-03", reason="wrong talk times", at=at, by="test"
        )
        await said(system, 2, reopened)
        assert await eventually(lambda: agreed_now(system, delivered, []))
        assert (await replayed(system, delivered.source, apply=True))["appended"] > 0
        assert await figures(system, delivered.partner) != before


async def test_the_command_shows_what_changes_and_then_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start("embedded", tmp_path) as system:
        delivered = await wrongly_read(system, "twilio", monkeypatch)
    asked = ("sources", "replay", "--partner", delivered.partner, "--from", "2026-03-01", "--to", "2026-06-01")
    code, text = await tallyline(*asked, data=tmp_path)
    assert code == 0, text
    assert "nothing was changed; --apply does it" in text
    assert "2026-03-0" in text
    code, text = await tallyline(*asked, "--apply", data=tmp_path)
    assert (code, "items appended" in text) == (0, True), text
    code, text = await tallyline(*asked, data=tmp_path)
    assert " 0 of " in text
    assert (await tallyline("sources", "replay", "--partner", "nobody", *asked[4:], data=tmp_path))[0] == 1


async def test_whoever_asks_for_too_much_or_may_not_is_refused(tmp_path: Path) -> None:
    async with start("embedded", tmp_path) as system:
        delivered = await deliver(system, FIXTURES / "twilio")
        url = f"/api/v1/sources/{delivered.source}/replay"
        for period in ({"to": PERIOD["from"]}, {"to": "2027-01-01T00:00:00Z"}, {"from": "yesterday"}):
            assert (await system.client.post(url, json=PERIOD | period)).status_code == 422
        assert (await system.client.post("/api/v1/sources/none/replay", json=PERIOD)).status_code == 404
        key = (await system.client.post("/api/v1/keys", json={"name": "looks", "role": "reconciler"})).json()["key"]
        answer = await system.client.post(url, json=PERIOD, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 403
