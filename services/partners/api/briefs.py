"""The routes of briefs, and of candidates held against them."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.partners.api.rules import MOST_PER_PAGE, Everything, Service, must_be_money
from services.partners.domain.brief import CloseBrief, WriteBrief, brief
from services.partners.domain.fit import fit, rank
from services.partners.views.briefs import briefs
from services.partners.views.partners import partners
from shared.contracts.partners import Stage
from shared.http import Deps, accepts, answers, json_response, limited, not_found, page

router = APIRouter(tags=["briefs"])
CANDIDATES: frozenset[Stage] = frozenset({"found", "contacted", "evaluating", "negotiating"})

_BRIEF = {
    "written": {
        "type": "BriefWritten",
        "brief_id": "german-inbound",
        "title": "German inbound, summer",
        "centre": "outsourced",
        "services": ["inbound"],
        "languages": ["de"],
        "calls_a_day": {"2026-06": 900, "2026-07": 1400},
        "seats": 25,
        "hourly_budget": {"minor": 1850, "currency": "EUR"},
        "at": "2026-03-02T09:30:00Z",
        "by": "J. Horvat",
    },
    "outcome": None,
    "changes": 1,
}
_FIT = {
    "partner_id": "adria",
    "name": "Adria Direct",
    "stage": "evaluating",
    "met": 3,
    "unmet": 1,
    "unknown": 1,
    "points": [{"asks": "25 seats", "verdict": "met", "says": "40"}],
}


def _checked(command: WriteBrief, deps: Deps) -> None:
    must_be_money("hourly_budget", command.hourly_budget)
    must_be_money("monthly_budget", command.monthly_budget)


accepts(
    router,
    "/briefs/{brief_id}",
    brief,
    WriteBrief,
    service="partners",
    right="partners.run",
    method="PUT",
    of_partner=False,
    check=_checked,
)
accepts(
    router, "/briefs/{brief_id}/close", brief, CloseBrief, service="partners", right="partners.run", of_partner=False
)


@router.get(
    "/briefs", summary="All briefs", responses=answers("One page.", {"items": [_BRIEF], "next": None}, 304, 422)
)
async def list_briefs(deps: Service, who: Everything, limit: int = 100, cursor: str | None = None) -> Response:
    """By id, closed ones too."""
    return json_response(page(await deps.reads.find(briefs, {}), limited(limit, MOST_PER_PAGE), cursor))


@router.get("/briefs/{brief_id}", summary="One brief", responses=answers("The brief.", _BRIEF, 304, 404))
async def get_brief(brief_id: str, deps: Service, who: Everything) -> Response:
    """As last written."""
    doc = (await deps.reads.get(briefs, [brief_id])).get(brief_id)
    if doc is None:
        raise not_found("brief")
    return json_response(doc)


@router.get(
    "/briefs/{brief_id}/candidates",
    summary="Candidates held against a brief",
    responses=answers("The best first.", {"items": [_FIT], "next": None}, 304, 404),
)
async def hold_against(brief_id: str, deps: Service, who: Everything) -> Response:
    """Every partner that is not contracted yet, point by point; the best first."""
    doc = (await deps.reads.get(briefs, [brief_id])).get(brief_id)
    if doc is None or doc.written is None:
        raise not_found("brief")
    known = {key: one for key, one in await deps.reads.find(partners, {}) if one.stage in CANDIDATES and one.name}
    ranked = rank((key, fit(doc.written, one.profile)) for key, one in known.items())
    rows = [
        {
            "partner_id": key,
            "name": known[key].name,
            "stage": known[key].stage,
            "met": held.met,
            "unmet": held.unmet,
            "unknown": held.unknown,
            "points": held.points,
        }
        for key, held in ranked
    ]
    return json_response({"items": rows, "next": None})
