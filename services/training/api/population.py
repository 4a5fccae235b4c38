"""The talks that there are to draw from, with what became of their orders."""

from __future__ import annotations

from datetime import date, timedelta

from services.training.domain.sampling import Candidate
from services.training.views.talks import WholeTalk, agent_talks, call_orders, whole_talks
from shared.http import Deps

MARGIN = timedelta(days=1)
"""A talk's result may come after midnight, and an order's day is told in UTC."""


async def talks_between(deps: Deps, partner: str, since: date, until: date) -> list[WholeTalk]:
    """A partner's talks that ended from `since` to `until`, both in it, by day, call and agent."""
    low, high = (since - MARGIN).isoformat(), (until + 2 * MARGIN).isoformat()
    days = await deps.reads.find(agent_talks, {"partner": partner}, "day", low, high)
    found = whole_talks(doc for _, doc in days)
    return [one for one in found if since.isoformat() <= one.day <= until.isoformat()]


async def candidates(deps: Deps, partner: str, since: date, until: date) -> list[Candidate]:
    """The same, as a plan draws them."""
    low, high = (since - MARGIN).isoformat(), (until + 2 * MARGIN).isoformat()
    ordered = await deps.reads.find(call_orders, {"partner": partner}, "day", low, high)
    cancelled = {call for _, doc in ordered for call, count in doc.cancelled.items() if count > 0}
    return [
        Candidate(
            call=one.call,
            agent=one.agent,
            day=one.day,
            campaign=one.talk.campaign,
            disposition=one.talk.result,
            talk_ms=one.talk.talk_ms,
            cancelled=one.call in cancelled,
        )
        for one in await talks_between(deps, partner, since, until)
    ]
