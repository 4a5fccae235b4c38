"""Codes that nobody has decided on: listed, decided, read again; the figures are then as if they had been known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.engine.appender import Appender
from shared.ports import Outgoing, StoreUnavailable
from tests.e2e.recorded import FIXTURES, FROM, TO, calls_of, deliver
from tests.e2e.systems import NEVER, System, ask, eventually, everything, same, start

pytestmark = pytest.mark.asyncio(loop_scope="module")
KPIS = (
    "offered,answered,handled,abandoned,dials,contacts,transfers,sales_reported,aht,talk,hold,wrap,revenue,utilisation"
)
MAPS = ("dispositions", "agent_states")


def without_maps(folder: Path, into: Path) -> tuple[Path, dict[str, dict[str, str]]]:
    """A copy of the set whose source knows no codes, and the maps that were left out."""
    target = into / folder.name
    target.mkdir(parents=True)
    for name in ("expected.json", "deliveries.json"):
        (target / name).write_bytes((folder / name).read_bytes())
    (target / "payloads").symlink_to(folder / "payloads")
    source = json.loads((folder / "source.json").read_text(encoding="utf-8"))
    left_out = {name: source.pop(name, {}) for name in MAPS}
    (target / "source.json").write_text(json.dumps(source), encoding="utf-8")
    return target, left_out


async def figures(system: System, partner: str) -> Any:
    """All that is shown of a partner, apart from how often documents were written."""
    shown = {}
    for grain in ("partners", "agents", "campaigns"):
        rows = await everything(
            system.client, f"/api/v1/performance/{grain}", partner=partner, kpis=KPIS, **{"from": FROM, "to": TO}
        )
        shown[grain] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    evidence = await ask(
        system.client,
        "/api/v1/performance/evidence",
        partner=partner,
        measure="dispositions",
        limit=1000,
        **{"from": FROM, "to": "2026-04-01"},
    )
    return shown | {"dispositions": evidence["total"]}


async def waiting(system: System, source: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(system.client, f"/api/v1/sources/{source}/unmapped"))["items"]
    return found


@pytest.mark.parametrize("name", ["twilio", "amazon-connect", "asterisk", "native"])
async def test_after_the_decisions_the_figures_are_those_of_a_system_that_knew_the_codes(
    name: str, engine: str, tmp_path: Path
) -> None:
    poor, maps = without_maps(FIXTURES / name, tmp_path / "sets")
    async with start(engine, tmp_path / "from-the-start") as knew:
        delivered = await deliver(knew, FIXTURES / name)
        await knew.settled()
        expected = await figures(knew, delivered.partner)
        calls = [call["summary"] | {"customer_ref": None} for call in await calls_of(knew, delivered)]
        intake = (await ask(knew.client, f"/api/v1/sources/{delivered.source}/intake"))["counts"]
    async with start(engine, tmp_path / "later") as system:
        delivered = await deliver(system, poor)
        await system.settled()
        source = delivered.source
        assert await figures(system, delivered.partner) != expected
        listed = await waiting(system, source)
        left_out = {(kind, code) for kind, codes in maps.items() for code in codes}
        assert {(row["map"], row["code"]) for row in listed if row["map"] in MAPS} <= left_out
        assert {row["map"] for row in listed} >= {"dispositions"}
        for row in listed:
            assert row["count"] >= 1
            assert row["first_seen"] <= row["last_seen"]
            assert row["example"].startswith(f"{source}:")
        for kind, codes in maps.items():
            answer = await system.client.post(f"/api/v1/sources/{source}/maps", json={"map": kind, "codes": codes})
            assert answer.status_code == 202, answer.text

        async def decided() -> bool:
            return not [row for row in await waiting(system, source) if row["map"] in MAPS]

        await eventually(decided)
        await system.settled()
        assert await figures(system, delivered.partner) == expected
        found = [call["summary"] | {"customer_ref": None} for call in await calls_of(system, delivered)]
        assert same(found, calls)
        counts = (await ask(system.client, f"/api/v1/sources/{source}/intake"))["counts"]
        assert counts["received"] == intake["received"], "what is read again did not come again"
        ends = await system.runtime.kits["calls"].bus.ends("tallyline.calls")
        period = {"from": f"{FROM}T00:00:00Z", "to": f"{TO}T00:00:00Z"}
        for _ in range(3):
            asked = [system.client.post(f"/api/v1/sources/{source}/reprocess", json=body) for body in ({}, period)]
            for answer in await asyncio.gather(*asked):
                assert answer.status_code == 202, answer.text
            await system.settled()
        assert await system.runtime.kits["calls"].bus.ends("tallyline.calls") == ends, "nothing is told a second time"
        for view in ("performance", "performance_day", "performance_month", "evidence"):
            verified = await system.client.post(f"/api/v1/operations/views/{view}/verify")
            assert verified.json()["identical"], verified.text


class Breaking:
    """Appends so many times, and is gone then, as the process is."""

    def __init__(self, appender: Appender, left: int) -> None:
        self._appender = appender
        self._left = left

    async def append(self, topic: str, key: str, records: Sequence[Outgoing]) -> None:
        if not self._left:
            raise StoreUnavailable("gone")
        self._left -= 1
        await self._appender.append(topic, key, records)


@pytest.mark.parametrize("left", [0, 1, 2])
async def test_a_process_that_ends_while_it_reads_again_leaves_nothing_half_done(
    left: int, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor, maps = without_maps(FIXTURES / "twilio", tmp_path / "sets")
    async with start(engine, tmp_path / "from-the-start") as knew:
        delivered = await deliver(knew, FIXTURES / "twilio")
        await knew.settled()
        expected = await figures(knew, delivered.partner)
    with monkeypatch.context() as patch:
        patch.setattr("services.calls.service.REREAD_EVERY_S", NEVER)
        async with start(engine, tmp_path / "data") as first:
            delivered = await deliver(first, poor)
            for kind, codes in maps.items():
                body = {"map": kind, "codes": codes}
                await first.client.post(f"/api/v1/sources/{delivered.source}/maps", json=body)
            await first.settled()
            reread = first.runtime.parts["calls"].state["reread"]
            await eventually(lambda: revision_of(first, delivered.source, 3))
            reread._appender = Breaking(reread._appender, left)
            with pytest.raises(StoreUnavailable):
                await reread.waiting(delivered.source)
            await first.settled()
            assert await figures(first, delivered.partner) != expected
    async with start(engine, tmp_path / "data") as second:

        async def decided() -> bool:
            return not [row for row in await waiting(second, delivered.source) if row["map"] in MAPS]

        await eventually(decided)
        await second.settled()
        assert await figures(second, delivered.partner) == expected


async def revision_of(system: System, source: str, revision: int) -> bool:
    """Whether the calls service has these settings."""
    sources = system.runtime.parts["calls"].state["desk"].source
    found = sources(source)
    return found is not None and found.revision == revision


async def test_what_was_sent_of_an_erased_customer_is_not_read_again(engine: str, tmp_path: Path) -> None:
    poor, maps = without_maps(FIXTURES / "twilio", tmp_path / "sets")
    async with start(engine, tmp_path / "data") as system:
        delivered = await deliver(system, poor)
        await system.settled()
        calls = {call["call"]: call["summary"] for call in await calls_of(system, delivered)}
        other = [call for call, summary in calls.items() if summary["disposition"] == "other"]
        gone = calls[other[0]]["customer_ref"]
        erased = {call for call, summary in calls.items() if summary["customer_ref"] == gone}
        assert (await system.client.delete(f"/api/v1/customers/{gone}")).status_code == 204
        for kind, codes in maps.items():
            await system.client.post(f"/api/v1/sources/{delivered.source}/maps", json={"map": kind, "codes": codes})

        async def decided() -> bool:
            return not [row for row in await waiting(system, delivered.source) if row["map"] in MAPS]

        await eventually(decided)
        await system.settled()
        after = {call["call"]: call["summary"] for call in await calls_of(system, delivered)}
        assert {call: after[call] for call in erased} == {call: calls[call] for call in erased}
        assert all(after[call]["disposition"] != "other" for call in other if call not in erased)
        assert await system.runtime.kits["calls"].vault.customer_number(gone) is None
        letters = await ask(system.client, "/api/v1/operations/dead-letters", source=delivered.source)
        assert not [letter for letter in letters["items"] if letter["kind"] == "item"], "nobody has to look at it"


async def test_a_code_that_was_given_another_meaning_is_read_again_when_somebody_asks(
    engine: str, tmp_path: Path
) -> None:
    async with start(engine, tmp_path / "data") as system:
        delivered = await deliver(system, FIXTURES / "native")
        await system.settled()
        source = delivered.source
        before = (await figures(system, delivered.partner))["dispositions"]
        sold = before.pop("sale")
        body = {"map": "dispositions", "codes": {"SALE": "sale_upsell"}}
        assert (await system.client.post(f"/api/v1/sources/{source}/maps", json=body)).status_code == 202
        path, period = f"/api/v1/sources/{source}/reprocess", {"from": f"{FROM}T00:00:00Z", "to": f"{TO}T00:00:00Z"}

        async def appended() -> bool:
            return bool((await system.client.post(path, json=period)).json()["items"])

        await eventually(appended)
        await system.settled()
        after = (await figures(system, delivered.partner))["dispositions"]
        assert after.pop("sale_upsell") == sold
        assert after == before
        for wrong in ({"from": period["from"]}, {"from": period["to"], "to": period["from"]}, {"since": 1}):
            assert (await system.client.post(path, json=wrong)).status_code == 422
        assert (await system.client.post("/api/v1/sources/nobody/reprocess", json={})).status_code == 404
