"""Hot leads over HTTP: asked on the panel, on the stopwatch of both sides, taken in time or late, and measured."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.contracts import signed_partner
from tests.e2e.shop import done, refused
from tests.e2e.switch import Said, Switch, source
from tests.e2e.systems import System, Time, ask, at_rest, eventually
from tests.e2e.test_panel import ANSWERED, panel

pytestmark = pytest.mark.asyncio(loop_scope="module")
NUMBER = "+385911234567"
WORDS = "Wants twelve boxes for her choir."


def rings(number: int) -> Said:
    """A call in of a customer of its own."""
    numbers = {"customer_number": f"{NUMBER[:-1]}{number}", "our_number": "+38533000100"}
    said = {"direction": "inbound", "phase": "ringing", "campaign": "lamps", "agent": "a7", **numbers}
    return "call.started", 0, said


def asked(number: int) -> dict[str, Any]:
    return {"partner": "adria", "call": f"adria-switch:c-{number}", "points": ["ready_to_buy"], "text": WORDS}


def route(number: int) -> str:
    return f"/handovers/adria:adria-switch:c-{number}"


async def test_hot_leads_are_taken_against_the_contracts_stopwatch(system: System, time: Time) -> None:
    client = system.client
    await signed_partner(system, "adria", "2026-01-05")
    await done(client, "POST", "/sources", source("adria-switch", "adria"))
    await at_rest(system)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    for number in (1, 2, 3):
        await switch.tell(f"c-{number}", time(), [rings(number), ANSWERED])

    async with await panel(system, "adria", "a7") as mine, await panel(system, "adria", "a8") as theirs:
        await refused(theirs, "/handovers", asked(1), "unknown_call")
        empty = await ask(client, "/api/v1/handovers/live")
        waiting = asyncio.create_task(ask(client, "/api/v1/handovers/live", known=empty["version"], wait=20))
        told = await done(mine, "POST", "/handovers", asked(1))
        first = await asyncio.wait_for(waiting, 15)
        (watch,) = first["items"]
        assert (watch["handover"], watch["left_ms"], watch["points"]) == (told["handover"], 300_000, ["ready_to_buy"])
        time.forward(timedelta(seconds=60))
        again = await done(mine, "POST", "/handovers", asked(1))
        assert again["due_at"] == told["due_at"], "the clock runs from the first asking"
        await at_rest(system)
        (watch,) = (await ask(mine, "/api/v1/handovers/live"))["items"]
        assert (watch["gone_ms"], watch["left_ms"], watch["escalated"]) == (60_000, 240_000, False)
        assert (await ask(theirs, "/api/v1/handovers/live"))["items"] == []

        # The partner sees the number masked, the company's own staff all of it.
        seen = await ask(mine, f"/api/v1{route(1)}")
        assert NUMBER[:-1] not in str(seen)
        assert WORDS not in str(seen)
        whole = await ask(client, f"/api/v1{route(1)}")
        assert (whole["customer"]["number"], whole["customer"]["text"]) == (f"{NUMBER[:-1]}1", WORDS)
        assert WORDS not in str(whole["handover"]), "the words lie in the vault"
        assert await ask(client, f"/api/v1{route(1)}", customer="false") == {
            "handover": whole["handover"],
            "state": "open",
        }, "who shows no customer is given none"
        assert (await theirs.get(f"/api/v1{route(1)}")).status_code == 404
        assert (await mine.post(f"/api/v1{route(1)}/take")).status_code == 403

        await done(client, "POST", f"{route(1)}/take")
        await refused(client, f"{route(1)}/outcome", {"outcome": "lost"}, "reason_missing")
        await done(client, "POST", f"{route(1)}/outcome", {"outcome": "done"})
        await done(mine, "POST", "/handovers", asked(2))
        await done(mine, "POST", "/handovers", asked(3))

    await at_rest(system)
    time.forward(timedelta(seconds=180))

    async def escalated() -> list[Any]:
        items = (await ask(client, "/api/v1/handovers/live"))["items"]
        return [one for one in items if one["escalated"] and not one["missed"]]

    async def missed() -> list[Any]:
        items = (await ask(client, "/api/v1/handovers", state="open"))["items"]
        return [one for one in items if one.get("missed_at")]

    async def both(found: Any) -> bool:
        return len(await found()) == 2

    await eventually(lambda: both(escalated))
    time.forward(timedelta(seconds=121))
    await eventually(lambda: both(missed))
    await done(client, "POST", f"{route(2)}/take")
    await at_rest(system)
    late = await ask(client, f"/api/v1{route(2)}")
    taken, handed = late["handover"]["taken"], late["handover"]["asked"]
    assert (taken["in_time"], taken["waited_ms"]) == (False, 301_000)
    assert late["handover"]["missed_at"] == handed["due_at"], "missed exactly at the deadline"
    day = {"from": time().date().isoformat(), "to": (time().date() + timedelta(days=1)).isoformat()}
    (measured,) = (await ask(client, "/api/v1/handovers/times", **day))["items"]
    times = measured["times"]
    assert (times["asked"], times["in_time"], times["missed"], times["taken_late"]) == (3, 1, 2, 1)
    assert (times["share"], times["percentiles"]) == ("33.33", {"50": 60_000, "90": 301_000, "100": 301_000})
    assert [one["handover"] for one in times["misses"]] == ["adria:adria-switch:c-2", "adria:adria-switch:c-3"]
    assert "nearest rank" in times["formula"]
    written = (await client.get("/handovers", params={"file": "times.csv"})).text.splitlines()
    assert written[0].removeprefix("\ufeff") == "Partner,Asked,In time,Missed,Share in time,50 %,90 %,100 %"
    assert written[1].endswith(",3,1,2,0.3333,60.0,301.0,301.0")

    # Who is erased takes the agent's words along.
    ref = handed["customer_ref"]
    assert await system.runtime.kits["calls"].vault.erase_customer(ref)
    assert (await ask(client, f"/api/v1{route(2)}"))["customer"] is None
    await at_rest(system)
