"""The routes of staffing: what is promised, how many calls will come, how many people that needs."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from services.training.api.callers import NAME, Anyone, Service
from services.training.api.figures import Line, ahead, days_of, judged, lines_of, need_of, staffing_of
from services.training.domain.staffing import SetStaffing, staffing
from services.training.staffing.forecast import METHOD
from shared.http import accepts, answers, json_response, must_see
from shared.http.requests import Day

HERE = "/partners/{partner_id}/staffing"
router = APIRouter(tags=["staffing"])
accepts(router, HERE, staffing, SetStaffing, service=NAME, right="staffing.run", method="PUT")

First = Annotated[Day | None, Query(alias="from", description="First day, in the staffing's zone; else tomorrow.")]
Days = Annotated[int, Query(ge=1, le=28, description="How many days.")]

_LINE = {"language": "hr", "queues": ["sales-hr"], "share_percent": 80, "within_seconds": 20, "shrinkage_percent": 30}


@router.get(
    HERE,
    summary="How a partner is staffed",
    responses=answers(
        "As last said.",
        {"partner_id": "adria", "time_zone": "Europe/Zagreb", "lines": [_LINE], "holidays": ["2026-12-25"]},
        304,
        404,
    ),
)
async def show_staffing(partner_id: str, deps: Service, who: Anyone) -> Response:
    """The lines by language with what is promised to callers, and the holidays."""
    must_see(who, partner_id)
    return json_response(await staffing_of(deps, partner_id))


@router.get(
    HERE + "/forecast",
    summary="How many calls will come",
    responses=answers(
        "By line, half hour by half hour.",
        {
            "method": METHOD,
            "items": [
                {
                    "language": "hr",
                    "days": 84,
                    "odd": ["2026-02-10"],
                    "weekly_percent": 1.5,
                    "assumed": [],
                    "handle_seconds": 214.5,
                    "patience_seconds": 96.2,
                    "held_out": {"weeks": 4, "half_hour_error": 0.21, "day_error": 0.06, "covered": 0.91},
                    "half_hours": [{"at": "2026-03-02T07:00:00Z", "calls": 12.4, "low": 6, "high": 19}],
                }
            ],
            "next": None,
        },
        304,
        404,
        409,
    ),
)
async def show_forecast(partner_id: str, deps: Service, who: Anyone, first: First = None, days: Days = 7) -> Response:
    """Calls that will be offered to agents, from our own count: each half hour with what lies between low and high in
    nine of ten cases, the days that were left out, and what forecasts of the last weeks would have been worth. 409
    `too_little_known`."""
    must_see(who, partner_id)
    known = await staffing_of(deps, partner_id)
    docs = await days_of(deps, known)
    begin = first or deps.clock().astimezone(ZoneInfo(known.time_zone)).date() + timedelta(days=1)

    def worked_out() -> list[dict[str, Any]]:
        return [_forecast(line, begin, days) for line in lines_of(known, docs)]

    return json_response({"method": METHOD, "items": await asyncio.to_thread(worked_out), "next": None})


def _forecast(line: Line, first: date, days: int) -> dict[str, Any]:
    found = ahead(line, first, first + timedelta(days=days - 1))
    return {
        "language": line.line.language,
        "days": found.days,
        "odd": found.odd,
        "weekly_percent": round(found.weekly_percent, 2),
        "assumed": found.assumed,
        "handle_seconds": line.handle_s and round(line.handle_s, 1),
        "patience_seconds": line.patience_s and round(line.patience_s, 1),
        "held_out": judged(line),
        "half_hours": [
            {"at": one.at, "calls": round(one.calls, 2), "low": one.low, "high": one.high} for one in found.expected
        ],
    }


@router.get(
    HERE + "/need",
    summary="How many people that needs",
    responses=answers(
        "By line, half hour by half hour.",
        {
            "items": [
                {
                    "language": "hr",
                    "half_hours": [{"at": "2026-03-02T07:00:00Z", "calls": 12.4, "agents": 4, "people": 6}],
                }
            ],
            "next": None,
        },
        304,
        404,
        409,
    ),
)
async def show_need(partner_id: str, deps: Service, who: Anyone, first: First = None, days: Days = 7) -> Response:
    """Agents by what is promised to callers (Erlang A with the measured patience, or Erlang C), and people on the rota
    so that those are there. 409 `too_little_known`, `no_handle_time`, `out_of_reach`."""
    must_see(who, partner_id)
    known = await staffing_of(deps, partner_id)
    docs = await days_of(deps, known)
    begin = first or deps.clock().astimezone(ZoneInfo(known.time_zone)).date() + timedelta(days=1)

    def worked_out() -> list[dict[str, Any]]:
        return [
            {"language": line.line.language, "half_hours": need_of(line, begin, begin + timedelta(days=days - 1))}
            for line in lines_of(known, docs)
        ]

    return json_response({"items": await asyncio.to_thread(worked_out), "next": None})
