"""The demo's training: most agents of one partner are certified for a campaign that asks for it, and some are not."""

from __future__ import annotations

import pytest

from services.simulate.company import company
from services.simulate.driver import enter_training, set_up_company
from services.simulate.schooling import LEFT_OUT_EVERY
from tests.e2e.systems import System, Time, ask, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_demos_agents_are_certified_and_a_campaign_asks_for_it(system: System, time: Time) -> None:
    firm = company(5, partners=2, agents=14, connectors=("native", "twilio"))
    partner = firm.partners[0]
    await set_up_company(system.client, firm, demo=True)
    await enter_training(system.client, firm, time().date())
    await enter_training(system.client, firm, time().date())

    async def certified() -> int:
        items = (await ask(system.client, "/api/v1/training/coverage"))["items"]
        return sum(one["certified"] for one in items)

    passed = len(partner.agents) - len(partner.agents[::LEFT_OUT_EVERY])

    async def all_are() -> bool:
        return await certified() == passed

    await eventually(all_are)
    asking = await ask(system.client, f"/api/v1/campaigns/{partner.campaigns[0].code}")
    assert len(asking["asked"]) == 1
    history = (await ask(system.client, "/api/v1/training/certificates"))["items"]
    assert len(history) == passed
    assert f"{partner.campaigns[0].code}: calls in" in (await system.client.get("/training")).text
