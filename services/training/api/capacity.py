"""The routes of capacity: what a partner committed to have there, and what it had."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from services.training.api.callers import NAME, Anyone, Service
from services.training.api.figures import staffing_of
from services.training.api.rotas import stays_of
from services.training.domain.capacity import CommitCapacity, capacity
from services.training.staffing.delivery import Delivered, delivered
from services.training.views.capacity import known_capacity
from services.training.views.speakers import speakers
from shared.contracts.rating import days_between
from shared.http import accepts, answers, invalid, json_response, must_see, not_found
from shared.http.requests import Day

HERE = "/partners/{partner_id}/capacity"
router = APIRouter(tags=["capacity"])
accepts(router, HERE, capacity, CommitCapacity, service=NAME, right="staffing.run", method="PUT")
MOST_DAYS = 31
_COMMITTED = {"language": "de", "days": ["mon", "tue"], "opens": "08:00", "closes": "20:00", "people": 6}


@router.get(
    HERE,
    summary="What a partner committed to",
    responses=answers(
        "Oldest first.", {"items": [{"starts": "2026-03-01", "committed": [_COMMITTED]}], "next": None}, 404
    ),
)
async def show_capacity(partner_id: str, deps: Service, who: Anyone) -> Response:
    """Each word with the day from which it holds."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(known_capacity, [partner_id])).get(partner_id)
    return json_response({"items": doc.said if doc else [], "next": None})


@router.get(
    HERE + "/delivery",
    summary="What a partner had there",
    responses=answers(
        "By language, and half hour by half hour.",
        {
            "languages": [
                {
                    "language": "de",
                    "half_hours": 48,
                    "committed": 288,
                    "short": 9,
                    "short_half_hours": 5,
                    "kept": 0.9688,
                }
            ],
            "items": [{"at": "2026-03-02T07:00:00Z", "language": "de", "committed": 6, "speaking": 5, "short": 1}],
            "next": None,
        },
        304,
        404,
        422,
    ),
)
async def show_delivery(
    partner_id: str,
    deps: Service,
    who: Anyone,
    first: Annotated[Day, Query(alias="from", description="First day, in the staffing's zone.")],
    last: Annotated[Day, Query(alias="to", description="The day after the last, as everywhere.")],
) -> Response:
    """Each half hour in which somebody was committed: people who spoke the language and were there for at least half of
    it, by the states that telephony told, and the places that stayed empty when everybody there fills one. Only half
    hours that are over; the languages are those with which agents are registered."""
    must_see(who, partner_id)
    if not first < last <= first + timedelta(days=MOST_DAYS):
        raise invalid("to", f"is not within {MOST_DAYS} days after `from`")
    doc = (await deps.reads.get(known_capacity, [partner_id])).get(partner_id)
    if doc is None:
        raise not_found("capacity")
    zone = (await staffing_of(deps, partner_id)).time_zone
    known = await deps.reads.find(speakers, {"partner": partner_id})
    spoken = {one.agent: frozenset(one.languages) for _, one in known}
    since, until = (datetime.combine(day, time(), ZoneInfo(zone)) for day in (first, last))
    stays = await stays_of(deps, partner_id, sorted(spoken), since, until)
    now = deps.clock()

    def worked_out() -> dict[str, Any]:
        days = days_between(first, last - timedelta(days=1))
        found = [one for one in delivered(doc.said, days, zone, stays, spoken) if one.at + timedelta(minutes=30) <= now]
        languages = sorted({one.language for one in found})
        return {"languages": [_sum(one, found) for one in languages], "items": found, "next": None}

    return json_response(await asyncio.to_thread(worked_out))


def _sum(language: str, found: list[Delivered]) -> dict[str, Any]:
    """People by half hours, committed and short."""
    own = [one for one in found if one.language == language]
    committed, short = sum(one.committed for one in own), sum(one.short for one in own)
    return {
        "language": language,
        "half_hours": len(own),
        "committed": committed,
        "short": short,
        "short_half_hours": sum(one.short > 0 for one in own),
        "kept": round(1 - short / committed, 4),
    }
