"""What was sent is destroyed after its time, on each engine: nobody reads it again, and what was counted stays."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from services.calls.tracker.items import decode_item
from services.reconciliation.events.retention import MonthKeyExpired
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.master import master_key
from shared.notes import month_subject
from shared.vault import KEYS, KeyDestroyed, Vault
from tests.e2e import test_month as of_month
from tests.e2e.contracts import AGREED, signed_partner
from tests.e2e.moved import history
from tests.e2e.recorded import FROM, SETS, TO, deliver
from tests.e2e.switch import ANSWERED, ENDED, SALE, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest, eventually, everything, start

pytestmark = pytest.mark.asyncio(loop_scope="module")
CALLS = 6
NOVEMBER = AGREED.replace(
    b"validity: {starts: 2026-03-01, ends: 2027-02-28", b"validity: {starts: 2026-11-01, ends: 2026-11-30"
).replace(b"{name: 2026-03, calls_per_day: 500}", b"{name: 2026-11, calls_per_day: 500}").replace(
    b"    - {name: 2026-04, calls_per_day: 700}\n", b""
)  # fmt: skip
"""A contract of one month: no other one waits to be agreed."""
LAST, OVER = datetime(2027, 12, 31, 23, 59, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
"""The last minute of thirteen months after November 2026, and the first one after them."""
KEPT = "/api/v1/reconciliation/month-keys"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(engine: str, time: Time, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system whose worker looks at the keys again and again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.reconciliation.service.RETENTION_EVERY_S", 0.1)
        async with start(engine, tmp_path_factory.mktemp("system"), time) as running:
            yield running


async def keys(system: System) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Partner and month -> what stands of the key, and which month holds it."""
    found = await everything(system.client, KEPT)
    return {(one["partner_id"], one["month"]): (one["state"], one["held_by"]) for one in found}


async def of_november(system: System) -> tuple[str, str | None] | None:
    return (await keys(system)).get(("adria", "2026-11"))


async def figures(system: System, partner: str) -> Any:
    return await ask(system.client, "/api/v1/performance/agents", **{"from": FROM, "to": TO}, partner=partner)


async def status(system: System, path: str, method: str = "GET", body: Any = None) -> tuple[int, str]:
    answer = await system.client.request(method, path, json=body)
    problem = answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("/problems/") if problem else ""


async def unopened(system: System) -> int:
    """How many sealed items lie in the log; a vault that has just been opened on the same documents opens none."""
    bus, settings = system.runtime.engine.bus, system.runtime.settings
    vault = Vault(system.runtime.engine.documents("vault"), master_key(settings), system.runtime.now)
    items = [
        decode_item(record.value)
        for partition, end in (await bus.ends(TELEPHONY_TOPIC)).items()
        for record in await bus.read(TELEPHONY_TOPIC, partition, 0, end)
    ]
    sealed = [item for item in items if item.sealed]
    ring = await vault.keyring([item.sealed for item in sealed])
    for item in sealed:
        with pytest.raises(KeyDestroyed):
            ring.open(item.sealed, item.document.encode())
    return len(sealed)


async def test_after_its_time_nothing_that_was_sent_can_be_read_and_totals_stay(system: System, time: Time) -> None:
    client = system.client
    await signed_partner(system, "adria", "2026-10-25", NOVEMBER)
    assert (await client.post("/api/v1/sources", json=source("adria-switch", "adria"))).status_code == 201
    await at_rest(system)
    switch = Switch(system, time, "adria-switch")
    for number in range(CALLS):
        sold = of_month.sold(number)
        said = [begun(of_month.customer(number)), ANSWERED, *([SALE] if sold else []), ENDED]
        await switch.tell(f"c-{number}", of_month.began(number), [*said, result("SOLD" if sold else "NO")])
    with pytest.raises(AssertionError, match="direction"):
        await switch.say("odd", of_month.FIRST, [("call.started", 0, {"direction": 7})])
    recorded = await deliver(system, SETS["twilio"])
    await at_rest(system)
    report = of_month.report(range(CALLS))
    await of_month.submitted(system, report)
    notes = system.runtime.kits["training"].vault.notes
    assert await notes.put("said", month_subject("adria", time()), "An agent's own words.")

    call = await ask(client, "/api/v1/calls/adria-switch:c-0")
    (raw, *_) = [item["raw_href"] for item in call["items"]]
    (letter, *_) = (await ask(client, "/api/v1/operations/dead-letters", source="adria-switch"))["items"]
    place = f"/api/v1/operations/dead-letters/calls/{letter['id']}"
    readable = (raw, f"{place}/payload", f"{of_month.MONTH}/reports/1", f"{of_month.MONTH}/profile")
    before = [await figures(system, partner) for partner in ("adria", recorded.partner)]
    assert before[0]["items"], "somebody handled the calls"
    month = await ask(client, of_month.MONTH)
    assert [(await client.get(path)).status_code for path in readable] == [200] * 4

    time.at = LAST
    await at_rest(system)
    assert await of_november(system) == ("kept", None)
    time.at = OVER
    assert await eventually(lambda: of_november(system)) == ("held", "2026-11"), "nobody has agreed yet"
    assert "2026-11 is not agreed" in (await client.get("/health")).text
    released = await status(system, f"{KEPT}/adria:2026-11/release", "POST", {"reason": "x"})
    assert released == (409, "has_report"), "a month with a report is agreed"
    assert [(await client.get(path)).status_code for path in readable] == [200] * 4
    assert (await client.post(f"{of_month.MONTH}/agreement", json={"accepted_by": "M. P."})).status_code == 202

    async def all_over() -> bool:
        return {state for state, _ in (await keys(system)).values()} == {"destroyed"}

    await eventually(all_over)
    assert (recorded.partner, "2026-03") in await keys(system)
    assert await unopened(system) > CALLS * 4
    expected = [(410, "key_destroyed")] * 2 + [(410, "destroyed")] * 2
    assert [await status(system, path) for path in readable] == expected
    assert await notes.read(["said"]) == {}
    assert "destroyed after its time" in (await client.get("/health")).text

    # Nothing is added, nothing crashes, and whoever tries again is told.
    assert await status(system, f"{place}/retry", "POST") == (410, "key_destroyed")
    assert await status(system, f"{place}/retry", "POST") == (410, "key_destroyed")
    assert letter["id"] not in [
        one["id"] for one in (await ask(client, "/api/v1/operations/dead-letters", source="adria-switch"))["items"]
    ]
    sent = await client.post(f"{of_month.MONTH}/reports", params={"name": "late.csv"}, content=report + b"\n")
    assert (sent.status_code, sent.json()["type"]) == (409, "/problems/destroyed")
    late = await deliver(system, SETS["twilio"])
    assert set(late.sent.answers) == {410}
    for of, low, high in (("adria-switch", "2026-11", "2026-12"), (recorded.source, "2026-03", "2026-06")):
        period = {"from": f"{low}-01T00:00:00Z", "to": f"{high}-01T00:00:00Z", "apply": True}
        replay = await client.post(f"/api/v1/sources/{of}/replay", json=period)
        assert replay.status_code == 200, replay.text
        assert replay.json()["left"]["destroyed"] > CALLS
        assert replay.json()["changed"] == 0
    await at_rest(system)
    assert system.runtime.alive() == {}

    assert [await figures(system, partner) for partner in ("adria", recorded.partner)] == before
    assert await ask(client, "/api/v1/calls/adria-switch:c-0") == call
    after = await ask(client, of_month.MONTH)
    assert (after["reconciled"], after["mismatches"], after["stage"]) == (month["reconciled"], {}, "agreed")
    for view in ("months", "month_calls", "performance", "counterparts"):
        verified = await client.post(f"/api/v1/operations/views/{view}/verify")
        assert verified.json()["identical"], view
    told = [
        commit.commit
        for commit in (await history(system))["reconciliation"]
        if commit.commit.stream == "retention-adria:2026-11"
    ]
    assert [commit.actor for commit in told] == ["reconciliation.retention"]


async def test_a_month_of_which_no_report_comes_holds_its_key_until_a_person_releases_it(
    system: System, time: Time
) -> None:
    client, ended = system.client, "2028-02"
    contract = NOVEMBER.replace(b"2026-11", ended.encode()).replace(b"2028-02-30", b"2028-02-29")
    await signed_partner(system, "silent", "2028-01-25", contract)
    vault = system.runtime.kits["calls"].vault
    time.at = datetime(2028, 2, 10, tzinfo=UTC)
    await vault.month_key("silent", ended)
    release = f"{KEPT}/silent:{ended}/release"
    assert await status(system, release, "POST", {"reason": "Too early."}) == (409, "not_over")
    time.at = datetime(2029, 4, 1, tzinfo=UTC)
    await at_rest(system)

    async def of(state: str) -> bool:
        return (await keys(system)).get(("silent", ended), ("", None))[0] == state

    await eventually(lambda: of("held"))
    (why,) = {one["why"] for one in await everything(client, KEPT) if one["partner_id"] == "silent"}
    assert why == "no_report"
    assert f"no report of {ended} came" in (await client.get("/health")).text
    async with await of_month.as_role(system, "nora", "sre") as nora:
        assert (await nora.post(release, json={"reason": "x"})).status_code == 403
    assert (await client.post(release, json={"reason": "Nothing was counted, and they are gone."})).status_code == 202
    await eventually(lambda: of("destroyed"))


async def test_where_keys_stand_is_the_operators_alone_to_see(system: System) -> None:
    for role in ("manager", "reconciler", "partner"):
        async with await of_month.as_role(system, role, role, ["adria"] if role == "partner" else None) as other:
            assert (await other.get(KEPT)).status_code == 403
    async with await of_month.as_role(system, "nora", "sre") as nora:
        page = (await nora.get(KEPT, params={"limit": 1})).json()
        assert len(page["items"]) == 1
        assert (await nora.get(KEPT, params={"cursor": page["next"]})).json()["items"][0] != page["items"][0]


def on_disk(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())


async def test_the_key_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    time, data = Time(), tmp_path / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.reconciliation.service.RETENTION_EVERY_S", 0.1)
        async with start("embedded", data, time) as system:
            vault = system.runtime.kits["calls"].vault
            documents = system.runtime.engine.documents("vault")
            for number in range(40):
                (await vault.month_key(f"partner-{number}", "2026-11")).seal(b"sent")
            page = await documents.find(KEYS)
            wrapped = [msgspec.json.decode(stored.body)["wrapped"].encode() for stored in page.items]
            assert all(len(base64.b64decode(text)) > 32 for text in wrapped)
            assert [text for text in wrapped if text not in on_disk(data)] == []
            time.at = OVER

            async def over() -> bool:
                return {state for state, _ in (await keys(system)).values()} == {"destroyed"}

            await eventually(over)
    stored = on_disk(data)
    assert [text for text in wrapped if text in stored] == []
    assert MonthKeyExpired.__name__.encode() in stored
