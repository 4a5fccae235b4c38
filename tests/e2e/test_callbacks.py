"""Promises on the panel: of a call in and of a dial, by the clock that was said, sealed, and the next lead when due."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.e2e.shop import done, refused
from tests.e2e.switch import ENDED, Said, Switch, source
from tests.e2e.systems import System, Time, ask, at_rest
from tests.e2e.test_panel import ANSWERED, panel

pytestmark = pytest.mark.asyncio(loop_scope="module")
AT = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in Zagreb."""
NOTE = "Ask for Mrs Perić, she has the purse"
RULES = {"dialling": [{"country": "HR", "hours": [{"days": [1, 2, 3, 4, 5], "starts": "09:00", "ends": "20:00"}]}]}


def rings(customer: str, direction: str = "inbound") -> Said:
    said = {"direction": direction, "phase": "ringing", "campaign": "lamps", "agent": "a7"}
    return "call.started", 0, {**said, "customer_number": customer, "our_number": "+38533000100"}


def said(local: str, **more: Any) -> dict[str, Any]:
    return {"local": local, "zone": "Europe/Zagreb", "call": "adria-switch:c-1", "note": NOTE, **more}


async def next_lead(client: httpx.AsyncClient, agent: str) -> httpx.Response:
    return await client.post("/api/v1/leads/next", json={"partner": "adria", "agent": agent})


async def test_the_customer_of_a_call_in_is_called_back_when_it_was_promised(system: System, time: Time) -> None:
    time.at = AT
    client = system.client
    partner = {"partner_id": "adria", "name": "Adria", "country": "HR", "time_zone": "Europe/Zagreb"}
    await done(client, "POST", "/partners", partner)
    await done(client, "POST", "/sources", source("adria-switch", "adria"))
    await at_rest(system)
    described = {"name": "Lamps", "countries": ["HR"], "languages": ["hr"], "starts": "2026-11-01"}
    await done(client, "PUT", "/campaigns/lamps", described)
    await asyncio.sleep(0.5)  # ingest looks for new sources
    switch = Switch(system, time, "adria-switch")
    await switch.tell("c-1", time(), [rings("+385911234567"), ANSWERED])
    async with await panel(system, "adria", "a7") as mine, await panel(system, "adria", "a8") as theirs:
        await refused(mine, "/panel/callbacks", said("2026-11-18T14:00"), "no_rule")
        await done(client, "PUT", "/selling-rules/company", {"rules": RULES, "reason": "The law."})
        await at_rest(system)
        await refused(theirs, "/panel/callbacks", said("2026-11-18T14:00"), "unknown_call")
        await refused(mine, "/panel/callbacks", said("2026-11-18T09:00"), "too_far")
        await refused(mine, "/panel/callbacks", said("2026-11-18T21:00"), "outside_hours")
        await refused(mine, "/panel/callbacks", said("2026-11-21T14:00"), "outside_hours")
        await refused(mine, "/panel/callbacks", said("2027-03-28T02:30"), "invalid", 422)
        await refused(mine, "/panel/callbacks", said("2026-11-18T14:00", zone="Zagreb"), "invalid", 422)
        await refused(mine, "/panel/callbacks", said("2026-11-18T14:00", call=None), "invalid", 422)
        for _ in range(2):
            told = await done(
                mine, "POST", "/panel/callbacks", said("2026-11-18T14:00"), **{"idempotency-key": "promise-1"}
            )
        assert (told["due"], told["number"]) == ("2026-11-18T13:00:00Z", "+385 91 *** **67")
        await switch.tell("c-1", time(), [ENDED])
        await at_rest(system)
        (waits,) = (await ask(mine, "/api/v1/panel/callbacks"))["items"]
        assert (waits["lead"], waits["number"], waits["is_due"]) == (told["lead"], "+385 91 *** **67", False)
        assert (await ask(theirs, "/api/v1/panel/callbacks"))["items"] == []
        (listed,) = (await ask(client, "/api/v1/lead-lists", partner="adria"))["items"]
        assert (listed["list"], listed["leads"]) == ("adria:callbacks-lamps", {"callback": 1})
        assert (await next_lead(mine, "a7")).status_code == 409

        time.forward(timedelta(hours=4))
        await at_rest(system)
        assert (await ask(mine, "/api/v1/panel/callbacks"))["items"][0]["is_due"]
        assert (await next_lead(theirs, "a8")).status_code == 409, "it is a7's own"
        lead = (await next_lead(mine, "a7")).json()
        assert (lead["lead"], lead["campaign"], lead["number"]) == (told["lead"], "lamps", "+385 91 *** **67")
        (promise,) = lead["promises"]
        assert (promise["zone"], promise["note"], promise["verdict"]) == ("Europe/Zagreb", NOTE, "open")
        assert (await mine.get(f"/api/v1/leads/{lead['lead']}/number")).json()["number"] == "+385911234567"

        # The dial is the attempt by which it is kept; in it, another time is promised.
        dialled = rings("+385911234567", "outbound")
        bare = {name: value for name, value in dialled[2].items() if name not in ("campaign", "our_number")}
        await switch.tell("d-1", time(), [(dialled[0], dialled[1], bare), ANSWERED])
        popped = await ask(mine, "/api/v1/panel/calls/adria-switch:d-1/pop")
        assert (popped["campaign"]["name"], popped["country"]) == ("Lamps", "HR"), "as the lead's list says it"
        again = await done(
            mine, "POST", "/panel/callbacks", said("2026-11-19T10:30", lead=lead["lead"], call="adria-switch:d-1")
        )
        assert again["lead"] == lead["lead"]
        await switch.tell("d-1", time(), [ENDED])
        await at_rest(system)
        shown = await ask(client, f"/api/v1/leads/{lead['lead']}")
        assert [one["verdict"] for one in shown["promises"]] == ["kept", "open"]
        assert (shown["state"], shown["due"]) == ("callback", "2026-11-19T09:30:00Z")

        # Out of the hours nobody is given, and no number is told.
        time.forward(timedelta(hours=21, minutes=35))
        lead = (await next_lead(mine, "a7")).json()
        assert lead["lead"] == shown["lead"]
        time.forward(timedelta(minutes=10))
        strict = {"dialling": [RULES["dialling"][0] | {"closed": ["2026-11-19"]}]}
        await done(client, "PUT", "/selling-rules/company", {"rules": strict, "reason": "A holiday."})
        await at_rest(system)
        closed = await mine.get(f"/api/v1/leads/{lead['lead']}/number")
        assert (closed.status_code, closed.json()["type"]) == (409, "/problems/closed_day")
        none = await next_lead(mine, "a7")
        assert (none.status_code, none.json()["type"]) == (409, "/problems/no_lead")
        assert "Nobody is called in HR on 19.11.2026." in none.json()["detail"]
        await done(client, "PUT", "/selling-rules/company", {"rules": RULES, "reason": "It was none."})
        await at_rest(system)


async def test_whoever_may_not_be_called_is_promised_nothing_and_the_words_are_sealed(
    system: System, time: Time
) -> None:
    switch = Switch(system, time, "adria-switch")
    await switch.tell("c-2", time(), [rings("+385911234568"), ANSWERED])
    async with await panel(system, "adria", "a7") as mine:
        await done(system.client, "POST", "/do-not-call", {"number": "+385911234568", "scope": "HR", "reason": "x"})
        body = said("2026-11-20T10:00", call="adria-switch:c-2")
        await refused(mine, "/panel/callbacks", body, "do_not_call")
        await done(system.client, "POST", "/lead-lists/adria:callbacks-lamps/closure", {"reason": "Too many."})
        await switch.tell("c-4", time(), [rings("+385911234560"), ANSWERED])
        await at_rest(system)
        await refused(mine, "/panel/callbacks", body | {"call": "adria-switch:c-4"}, "list_closed")
        await switch.tell("c-3", time(), [(kind, at, {**data, "customer_number": None}) for kind, at, data in
                                          [rings("+385911234569")]] + [ANSWERED])  # fmt: skip
        await refused(mine, "/panel/callbacks", body | {"call": "adria-switch:c-3"}, "no_customer")
    stored = b"".join(path.read_bytes() for path in system.runtime.settings.data.rglob("*") if path.is_file())
    assert b"Mrs Peri" not in stored
    assert b"911234567" not in stored
