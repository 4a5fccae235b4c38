"""What agents of one partner say themselves: ideas with the votes of their colleagues, and that they take part in a
contest. They come in by links of their own; the company answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import httpx

from services.simulate.company import Agent, Company, Partner
from services.simulate.driver import entered
from services.simulate.help_line import CAMPAIGN
from services.simulate.judging import DECIDES
from services.simulate.signing_in import Headers, as_agent, signed_in

PLACE = 1
VOICES = 7
"""So many agents of the partner say something."""
HOME = "/api/v1/training/ideas"
CONTEST = "above-yourself"
WITHIN_S = 60.0


class Idea(NamedTuple):
    """Whose it is, what it says, who else wants it (places among the voices), and what becomes of it."""

    voice: int
    subject: str
    text: str
    votes: tuple[int, ...]
    answer: tuple[str, str] | None = None


IDEAS = (
    Idea(
        0, "panel", "Let the postcode fill in the city: half of the mistakes are there.", (1, 2, 3, 4, 5),
        ("planned", "With the release of next month. Thank you."),
    ),
    Idea(
        1, "sales_text", "Ask whether they record programmes first; then the right kit is clear.", (0, 2, 6),
        ("considered", "We try it for a fortnight at your desk first."),
    ),
    Idea(2, "data", "Note which spot the customer has seen; we are asked, and nobody can say.", (3, 4)),
    Idea(
        3, "panel", "Close the call by itself after the result.", (5,),
        ("declined", "Some calls get a second order; it would be lost."),
    ),
    Idea(4, "sales_text", "Offer the care plan at the end of every call for help.", (0, 1, 5, 6)),
)  # fmt: skip
SHIPPED = 4
"""The one that is there already."""
SHIPPED_DAYS = 14
"""So long ago, and looked at over `MEASURED_DAYS` on either side."""
MEASURED_DAYS = 12


def voices(partner: Partner) -> tuple[Agent, ...]:
    """Who speaks."""
    return partner.agents[:VOICES]


async def enter_ideas(client: httpx.AsyncClient, company: Company, today: date) -> None:
    """All of it; where the ideas are there, nothing."""
    partner = company.partners[PLACE]
    known = (await client.get(HOME, params={"partner": partner.id})).raise_for_status().json()["items"]
    if len(known) >= len(IDEAS) and any(one["status"] == "shipped" for one in known):
        return
    staff = await signed_in(client, DECIDES)
    starts = today + timedelta(days=-today.weekday() % 7)
    contest = {
        "name": "Above yourself",
        "starts": starts.isoformat(),
        "ends": (starts + timedelta(weeks=4)).isoformat(),
        "goal": "10",
    }
    route = f"/api/v1/training/contests/{partner.id}/{CONTEST}"
    await entered(client, "POST", route, contest, "demo-contest", who=staff)
    agents = [await as_agent(client, partner, agent) for agent in voices(partner)]
    for number, mine in enumerate(agents[:5]):
        await entered(client, "POST", f"{route}/entry", {}, f"demo-contest-{number}", who=mine)
    for number, idea in enumerate(IDEAS):
        await _propose(client, number, idea, agents, staff, today)


async def _propose(
    client: httpx.AsyncClient, number: int, idea: Idea, agents: list[Headers], staff: Headers, today: date
) -> None:
    key, asked = f"demo-idea-{number}", {"subject": idea.subject, "text": idea.text}
    route = f"{HOME}/{(await entered(client, 'POST', HOME, asked, key, who=agents[idea.voice]))['id']}"
    for place in idea.votes:
        await entered(client, "POST", f"{route}/vote", {}, f"{key}-{place}", within=WITHIN_S, who=agents[place])
    if idea.answer is not None:
        status, text = idea.answer
        await _tell(client, f"{route}/answer", {"status": status, "text": text}, f"{key}-answer", staff)
    if number == SHIPPED:
        shipped = {
            "on": (today - timedelta(days=SHIPPED_DAYS)).isoformat(),
            "text": "It stands in the script of the help line.",
            "watched": {"measure": "sales", "campaign": CAMPAIGN},
        }
        await _tell(client, f"{route}/shipping", shipped, f"{key}-shipped", staff)
        await _tell(client, f"{route}/measurement", {"days": MEASURED_DAYS}, f"{key}-measured", staff)


async def _tell(
    client: httpx.AsyncClient, path: str, body: Mapping[str, Any], key: str, who: Headers
) -> dict[str, Any]:
    return await entered(client, "POST", path, dict(body), key, within=WITHIN_S, who=who)
