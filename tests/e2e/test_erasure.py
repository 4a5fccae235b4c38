"""Who is erased is nowhere: on the disk, in an answer, in a file, in a log line or in the audit log; totals stay."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.shop import done
from tests.e2e.switch import ANSWERED, ENDED, SALE, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")
PARTNER = "adria-gone"
CALL = "gone-1:c1"
AT = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
NUMBER, NAME, STREET = "+385912347771", "Zvjezdana Zelić", "Zelena ulica 77"
TRACES = (NUMBER[1:], NUMBER[4:], "Zvjezdana", "Zelić", "Zelena ulica")
"""The number as it may stand anywhere, and the words of the profile."""
DAY = {"from": "2026-11-18", "to": "2026-11-19"}


def traces(text: str) -> list[str]:
    plain = text.replace(" ", "")
    return [trace for trace in TRACES if trace.replace(" ", "") in plain]


async def answers(system: System, known: dict[str, str]) -> dict[str, str]:
    """What every route that only reads answers, with the ids that are known, to somebody who may see everything."""
    described = (await system.client.get("/api/v1/openapi.json")).json()["paths"]
    found: dict[str, str] = {}
    for path, methods in described.items():
        if "get" not in methods or path == "/api/v1/live":
            continue
        filled = path
        for name, value in known.items():
            filled = filled.replace(f"{{{name}}}", value)
        if "{" in filled:
            continue
        answer = await system.client.get(filled, params=DAY | {"partner": PARTNER, "measure": "handled"})
        found[path] = answer.text
    return found


async def figures(system: System) -> Any:
    return await ask(system.client, "/api/v1/performance/agents", **DAY, partner=PARTNER)


async def test_an_erased_person_is_nowhere_and_totals_stay(
    system: System, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for library in ("aiokafka", "pymongo"):  # every record and command in words, in half of the time that a test takes
        caplog.set_level(logging.INFO, library)
    time.at = AT
    await done(
        system.client,
        "POST",
        "/partners",
        {"partner_id": PARTNER, "name": "Adria", "country": "HR", "time_zone": "Europe/Zagreb"},
    )
    await done(system.client, "POST", "/sources", source("gone-1", PARTNER))
    await at_rest(system)
    switch = Switch(system, time, "gone-1")
    await switch.tell("c1", AT - timedelta(minutes=30), [begun(NUMBER), ANSWERED, SALE, ENDED, result("SOLD")])

    shown = await ask(system.client, f"/api/v1/calls/{CALL}")
    ref = shown["summary"]["customer_ref"]
    (raw, *_) = [item["raw_href"] for item in shown["items"]]
    profile = {"name": NAME, "street": STREET, "notes": f"Ring {NUMBER}"}
    written = await system.client.put(f"/api/v1/customers/{ref}/profile", json=profile)
    assert written.status_code == 200, written.text
    known = {
        "customer_ref": ref,
        "call": CALL,
        "call_id": CALL,
        "partner": PARTNER,
        "partner_id": PARTNER,
    }
    before, opened = await figures(system), await system.client.get(raw)
    assert before["items"], "somebody handled the call"
    assert traces(opened.text), "what was sent can be opened before"
    assert any(traces(text) for text in (await answers(system, known)).values()), "the profile is shown before"

    assert (await system.client.delete(f"/api/v1/customers/{ref}")).status_code == 204
    await at_rest(system)

    found = await answers(system, known)
    assert len(found) > 60
    assert {path: traces(text) for path, text in found.items() if traces(text)} == {}
    assert found["/api/v1/audit/export"].count("\n") > 3, "files are among the answers"
    assert "/v1/in/" not in found["/api/v1/audit/export"], "telephony is its own record"
    assert (await system.client.get(raw)).status_code == 410
    for page in ("/calls", f"/calls/{CALL}", "/evidence", "/work", "/admin/audit"):
        assert traces((await system.client.get(page)).text) == [], page
    assert await figures(system) == before
    assert traces(caplog.text) == []
    stored = b"".join(path.read_bytes() for path in system.runtime.settings.data.rglob("*") if path.is_file())
    assert [trace for trace in TRACES if trace.encode() in stored] == []
    assert (await ask(system.client, f"/api/v1/calls/{CALL}")) == shown, "the call itself stays"
