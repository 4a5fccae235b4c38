"""A short live session about the new prices: planned, held when its time has come, and judged by who was there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx

from services.simulate.company import Company
from services.simulate.dice import Dice
from services.simulate.driver import entered
from services.simulate.schooling import TRAINING, course_of

SESSION, MINUTES, CAPACITY = "new-prices", 15, 12
INVITED = ((0, 5), (1, 4))
"""So many agents of the partner at each place."""
SOON = timedelta(seconds=20)
ABSENT_EVERY = 4
MARKS = ("understood", "useful", "pace", "questions")
SAID = ("The examples helped.", "Too fast at the end.", "Which price holds for orders of last week?")
WITHIN_S = 60.0


async def enter_briefing(client: httpx.AsyncClient, company: Company, now: Callable[[], datetime]) -> None:
    """All of it; where the session was held, nothing. It begins in a few seconds: none is planned for the past."""
    route = f"{TRAINING}/sessions/{SESSION}"
    known = await client.get(route)
    told = known.json() if known.status_code == 200 else None
    if told is not None and told["held"] and told["feedback"]["given"]:
        return
    partner = company.partners[0]
    if told is None:
        planned = {
            "course": course_of(partner.campaigns[0]),
            "title": "The new prices, in a quarter of an hour",
            "starts_at": (now() + SOON).isoformat(),
            "time_zone": partner.time_zone,
            "minutes": MINUTES,
            "capacity": CAPACITY,
            "place": "https://meet.tallyline.example/prices",
            "contact": "training@tallyline.example",
            "trainer": "Ivana Kos",
        }
        await entered(client, "PUT", route, planned, "demo-briefing", within=WITHIN_S)
        starts = now() + SOON
    else:
        starts = datetime.fromisoformat(told["planned"]["starts_at"])
    invited = [
        (company.partners[place], agent) for place, many in INVITED for agent in company.partners[place].agents[:many]
    ]
    places = [f"{of.id}/{quote(agent.id, safe='')}" for of, agent in invited]
    if told is None or not told["held"]:
        for place in places:
            await entered(client, "PUT", f"{route}/invitations/{place}", {}, f"demo-briefing-{place}", within=WITHIN_S)
        await asyncio.sleep(max(0.0, (starts - now()).total_seconds()) + 1.0)
    dice = Dice("briefing", company.seed)
    for number, place in enumerate(places):
        present = number % ABSENT_EVERY != ABSENT_EVERY - 1
        noted = {"present": present}
        await entered(
            client, "POST", f"{route}/invitations/{place}/attendance", noted, f"demo-there-{place}", within=WITHIN_S
        )
        if present and dice.chance(0.8):
            given = {
                "marks": {name: dice.between(3, 5) if name != "pace" else dice.between(2, 4) for name in MARKS},
                "comment": SAID[number] if number < len(SAID) else "",
            }
            await entered(client, "POST", f"{route}/feedback/{place}", given, f"demo-feedback-{place}", within=WITHIN_S)
    await entered(client, "POST", f"{route}/held", {"minutes": MINUTES}, "demo-briefing-held", within=WITHIN_S)
    recording = {"url": "https://video.tallyline.example/new-prices"}
    await entered(client, "PUT", f"{route}/recording", recording, "demo-briefing-recording", within=WITHIN_S)
