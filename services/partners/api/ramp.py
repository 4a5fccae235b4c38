"""The routes of ramps: phases and caps, today's calls against them, alerts, and what the next phase still asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Request, Response

from services.partners.api.rules import Anyone, Manages, Service, must_know, zones_of
from services.partners.domain.ramp import AdvanceRamp, PlanRamp, criteria, ramp
from services.partners.views.call_days import CallDay, call_days, figures_of
from services.partners.views.learnings import learnings
from services.partners.views.ramps import KnownRamp, ramps
from shared.contracts.partners import RampFigures, RampLearning
from shared.http import accepts, answers, body, command_id, json_response, must_see, not_found, takes

router = APIRouter(prefix="/transitions", tags=["transitions"])
accepts(
    router,
    "/{partner_id}/ramp",
    ramp,
    PlanRamp,
    service="partners",
    right="partners.run",
    method="PUT",
    check=must_know,
)

_FIGURES = {
    "since": "2026-03-20",
    "until": "2026-03-24",
    "days": 3,
    "calls": 131,
    "offered": 131,
    "answered": 118,
    "dialed": 0,
    "reached": 0,
    "ended": 131,
    "flawed": 0,
    "learning": {
        "until": "2026-03-23",
        "agents": 12,
        "contacts": 1204,
        "sales": 71,
        "earlier": 48,
        "earlier_contacts": 6120,
        "expected": "78.40",
        "verdict": "as_the_earlier",
        "share_percent": "90.6",
        "chance": "0.31",
        "evidence": "as those before: 71 sales of 1,204 contacts, where 48 who began earlier would have made 78 in the"
        " same weeks of theirs (90.6 %); chance of so much of a distance by luck: 31.0 %",
    },
}


class Leaving(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The phase that is to be left."""

    phase: str


@router.get(
    "/{partner_id}/ramp",
    summary="The ramp of a partner",
    responses=answers(
        "The ramp.",
        {
            "phases": [{"name": "pilot", "daily_cap": 50, "exit": {"min_days": 3, "min_answer_rate": 85}}],
            "phase": "pilot",
            "since": "2026-03-20T07:00:00Z",
            "completed": False,
            "today": {"day": "2026-03-25", "calls": 51, "daily_cap": 50, "above_cap": True},
            "figures": _FIGURES,
            "criteria": [
                {
                    "says": "3 whole days with calls, at least 3",
                    "holds": True,
                    "code": "days",
                    "values": {"n": 3, "least": 3},
                }
            ],
            "passed": [],
            "alerts": [
                {
                    "phase": "pilot",
                    "day": "2026-03-25",
                    "daily_cap": 50,
                    "calls": 51,
                    "calls_now": 53,
                    "at": "2026-03-25T15:02:11Z",
                    "withdrawn_at": None,
                }
            ],
        },
        304,
        404,
    ),
)
async def show_ramp(partner_id: str, deps: Service, who: Anyone) -> Response:
    """Counted by the start of calls in the partner's days, test calls aside; criteria look at whole days of the
    phase, and at how new agents learn beside earlier ones, which the training service tells once a day. `calls` of an
    alert is what was seen then, `calls_now` what is known now."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(ramps, [partner_id])).get(partner_id)
    if doc is None:
        raise not_found("ramp")
    zone = (await zones_of(deps, [partner_id]))[partner_id]
    today = deps.clock().astimezone(zone).date().isoformat()
    days = await _days(deps, partner_id, [today, *(alert.day for alert in doc.alerts)])
    calls = {name: day.calls for name, day in days.items()}
    phase = doc.phase
    figures = await _figures(deps, doc, zone) if phase else None
    cap = phase.daily_cap if phase else None
    counted = calls.get(today, 0)
    shown = {
        "phases": doc.phases,
        "phase": phase.name if phase else None,
        "since": doc.since,
        "completed": bool(doc.phases) and len(doc.passed) == len(doc.phases),
        "today": {
            "day": today,
            "calls": counted,
            "daily_cap": cap,
            "above_cap": cap is not None and counted > cap,
        },
        "figures": figures,
        "criteria": [one._asdict() for one in (criteria(phase, figures) if phase and figures else ())],
        "passed": doc.passed,
        "alerts": [
            {**{name: getattr(alert, name) for name in alert.__struct_fields__}, "calls_now": calls.get(alert.day, 0)}
            for alert in doc.alerts
        ],
    }
    return json_response(shown)


@router.post(
    "/{partner_id}/ramp/advance",
    status_code=202,
    summary="Leave a phase of the ramp",
    openapi_extra=takes(Leaving),
    responses=answers("Left.", {"stream": "ramp-adria", "version": 5}, 403, 404, 409, 422, status=202),
)
async def advance_ramp(request: Request, partner_id: str, deps: Service, who: Manages) -> Response:
    """By the figures of the phase's whole days, which are recorded with it.

    409 `no_ramp`, `ramp_not_started`, `phase_not_in_force`, `exit_criteria_unmet`, which says each of them.
    """
    must_see(who, partner_id)
    asked = await body(request, Leaving)
    doc = (await deps.reads.get(ramps, [partner_id])).get(partner_id) or KnownRamp(partner_id=partner_id)
    zone = (await zones_of(deps, [partner_id]))[partner_id]
    figures = await _figures(deps, doc, zone)
    command = AdvanceRamp(partner_id=partner_id, phase=asked.phase, figures=figures, at=deps.clock(), by=who.name)
    by = command_id(request)
    accepted = await deps.door.handle(ramp, partner_id, command, command_id=by, actor=who.name)
    return json_response(accepted, status=202)


async def _days(deps: Service, partner_id: str, days: Iterable[str]) -> dict[str, CallDay]:
    keys = sorted({f"{partner_id}:{day}" for day in days})
    return {doc.day: doc for doc in (await deps.reads.get(call_days, keys)).values()}


async def _figures(deps: Service, doc: KnownRamp, zone: ZoneInfo) -> RampFigures:
    """Since the day on which the phase began, until yesterday: today is not over."""
    today = deps.clock().astimezone(zone).date()
    since = (doc.since or deps.clock()).astimezone(zone).date()
    days = ((since + timedelta(days=n)).isoformat() for n in range((today - since).days))
    found = await _days(deps, doc.partner_id, days)
    figures = figures_of(found.values(), since.isoformat(), (today - timedelta(days=1)).isoformat())
    told = (await deps.reads.get(learnings, [doc.partner_id])).get(doc.partner_id)
    learning = msgspec.convert(told.measured, RampLearning, from_attributes=True) if told else None
    return msgspec.structs.replace(figures, learning=learning)
