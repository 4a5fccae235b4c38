"""Coaching on the help line: two are coached; the one who hardly ever sells is proposed, and waits for a plan."""

from __future__ import annotations

from datetime import date, timedelta

import httpx

from services.simulate.company import Company
from services.simulate.driver import entered
from services.simulate.help_line import SELLS, helpers, keeper
from services.simulate.planning import settled

HOME = "/api/v1/training/coaching"
COACHED = SELLS.index(0.22)
"""Whose plan runs."""
WITHIN_S = 120.0
LOOKED_AT_AFTER = timedelta(weeks=13)


async def enter_coaching(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """A plan each for two helpers; the line's calls must have been sent. Where both are there, nothing."""
    partner, staff = keeper(company), helpers(company.seed)
    plans = (await client.get(f"{HOME}/plans", params={"partner": partner.id})).raise_for_status().json()["items"]
    if len(plans) >= 2:
        return
    monday = today - timedelta(days=today.weekday())
    of = {"begins": monday.isoformat(), "measured_on": (monday + LOOKED_AT_AFTER).isoformat()}
    await settled(client, f"{HOME}/proposals?partner={partner.id}")
    for name, agent, problem, approach, goal in (
        ("care-plan", staff[COACHED].id, "product_knowledge", "buddy", "45"),
        ("second-look", staff[4].id, "upsell", "call_review", "50"),
    ):
        plan = {"agent": agent, "problem": problem, "approach": approach, "goal": goal} | of
        route = f"{HOME}/{partner.id}/plans/{name}"
        await entered(client, "POST", route, plan, f"demo-coaching-{name}", within=WITHIN_S)
