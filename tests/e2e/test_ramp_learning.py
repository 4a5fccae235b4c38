"""A ramp's phase asks how new agents learn: the training service measures it from calls, and the gate rests on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.partners.domain.partner import NoteFact, partner
from services.partners.domain.ramp import StartRamp, ramp
from services.training.following.newcomers import Measuring
from tests.e2e.shop import done, refused
from tests.e2e.switch import Said, Switch, source
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")
PHASE = {"name": "pilot", "daily_cap": 500, "exit": {"min_learning_rate": 90}}


async def sold(switch: Switch, agent: str, since: datetime, contacts: int, sales: int) -> None:
    """Contacts of an agent, one a minute."""
    for number in range(contacts):
        leg = {"agent": agent, "leg": "l1"}
        numbers = {"customer_number": f"+38591{number:07}", "our_number": "+38533000100"}
        said: list[Said] = [
            ("call.started", 0, {"direction": "inbound", "phase": "queued", "campaign": "lamps", **numbers}),
            ("call.answered", 5, {"answered_by": "human", **leg}),
        ]
        if number < sales:
            said.append(("sale.recorded", 30, {"sku": "LAMP", "amount_minor": 4900, "currency": "EUR", **leg}))
        await switch.say(f"{agent}-{since:%d}-{number}", since + timedelta(minutes=number), said)
    await at_rest(switch.system)
    await at_rest(switch.system)


async def measured(system: System, time: Time) -> None:
    kit = system.runtime.kits["training"]
    await Measuring(kit.deps.reads, kit.deps.door, time).step()
    await at_rest(system)
    await at_rest(system)


async def test_a_phase_is_left_when_new_agents_sell_as_earlier_ones_did(system: System, time: Time) -> None:
    ours = system.client
    for name in ("adria", "lumen"):
        zone = {"time_zone": "Europe/Zagreb"}
        await done(ours, "POST", "/partners", {"partner_id": name, "name": name.title()} | zone)
        await done(ours, "POST", "/sources", source(f"{name}-switch", name))
    await at_rest(system)
    start = time()
    before, theirs = Switch(system, time, "adria-switch"), Switch(system, time, "lumen-switch")
    monday = datetime(2026, 11, 16, 8, tzinfo=UTC)
    for agent in ("a1", "a2", "a3"):
        await sold(before, agent, monday - timedelta(weeks=4), 20, 5)
    kit = system.runtime.kits["partners"]
    stage = StartRamp(partner_id="lumen", at=monday)
    await kit.commands.handle(ramp, "lumen", stage, command_id="test:ramp", actor="test")
    note = NoteFact(partner_id="lumen", fact="signed_contract", ref="lumen:main")
    await kit.commands.handle(partner, "lumen", note, command_id="test:fact", actor="test")
    await done(ours, "PUT", "/transitions/lumen/ramp", {"phases": [PHASE]})
    for agent in ("n1", "n2", "n3"):
        await sold(theirs, agent, monday, 20, 2)
    await refused(ours, "/transitions/lumen/ramp/advance", {"phase": "pilot"}, "exit_criteria_unmet")

    async def learns() -> Any:
        return (await ask(ours, "/api/v1/transitions/lumen/ramp"))["criteria"][-1]

    assert "nothing is told yet" in (await learns())["says"]
    time.at = start + timedelta(days=2)
    await measured(system, time)
    low = await learns()
    assert not low["holds"]
    assert "new agents made 6 sales of 60 contacts, and 3 earlier ones would have made" in low["says"]
    await refused(ours, "/transitions/lumen/ramp/advance", {"phase": "pilot"}, "exit_criteria_unmet")

    for agent in ("n4", "n5", "n6"):
        await sold(theirs, agent, monday + timedelta(days=1), 20, 9)
    time.at = start + timedelta(days=4)
    await measured(system, time)
    assert (await learns())["holds"], await learns()
    await done(ours, "POST", "/transitions/lumen/ramp/advance", {"phase": "pilot"})
    await at_rest(system)
    (passed,) = (await ask(ours, "/api/v1/transitions/lumen/ramp"))["passed"]
    kept = passed["figures"]["learning"]
    assert (kept["agents"], kept["contacts"], kept["sales"], kept["earlier"], kept["earlier_contacts"]) == (
        6,
        120,
        33,
        3,
        60,
    )
    assert kept["evidence"].count("earlier") == 1
