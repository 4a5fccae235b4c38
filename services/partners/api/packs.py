"""The routes of packs about one partner: the handover, and the monthly review with its actions."""

from __future__ import annotations

import hashlib

import msgspec
from fastapi import APIRouter, Request, Response

from services.partners.api import examples
from services.partners.api.papers import HTML, MARKDOWN, paper_response, wanted
from services.partners.api.rules import Anyone, Everything, Service
from services.partners.domain.review import AgreeAction, CarryAction, FinishAction, Month, review
from services.partners.papers.packs import HANDOVER, REVIEW, Material, filled, handover_paper, review_paper
from services.partners.views.agents import agents
from services.partners.views.contracts import contracts
from services.partners.views.partners import KnownPartner, partners
from services.partners.views.ramps import ramps
from services.partners.views.reviews import reviews
from services.partners.views.sources import sources
from services.partners.views.tickets import tickets
from services.partners.views.transitions import transitions
from services.partners.views.volumes import volumes
from shared.http import Deps, accepts, invalid, json_response, must_see, not_found
from shared.security import Principal

router = APIRouter(tags=["packs"])
JSON = "application/json"


def _action_id(who: Principal, by: str) -> str:
    return "act_" + hashlib.sha256(f"{who.name}\n{by}".encode()).hexdigest()[:12]


_ACTIONS = "/partners/{partner_id}/reviews/{month}/actions"
_STREAM = "{partner_id}:{month}"
accepts(
    router,
    _ACTIONS,
    review,
    AgreeAction,
    service="partners",
    right="partners.run",
    stream=_STREAM,
    fills={"action_id": _action_id},
)
for path, kind in (("/{action_id}/done", FinishAction), ("/{action_id}/carry", CarryAction)):
    accepts(router, _ACTIONS + path, review, kind, service="partners", right="partners.run", stream=_STREAM)


@router.get("/partners/{partner_id}/handover", summary="All that a colleague has to know", responses=examples.HANDOVER)
async def show_handover(request: Request, partner_id: str, deps: Service, who: Everything) -> Response:
    """Terms, people, what is open, history and performance so far, as data; as Markdown or a page for who accepts that
    more. For our own side only."""
    material = await material_of(deps, await known_partner(deps, who, partner_id))
    media_type = wanted(request, JSON, MARKDOWN, HTML)
    if media_type != JSON:
        return paper_response(handover_paper(material), media_type)
    return json_response(filled(HANDOVER, material))


@router.get("/partners/{partner_id}/reviews/{month}", summary="The review of a month", responses=examples.REVIEW)
async def show_review(request: Request, partner_id: str, month: str, deps: Service, who: Anyone) -> Response:
    """What is gone through with a partner each month, as data; as a page to print with `.html` after the month, or for
    who accepts that more. What no part of the system knows yet is said to have no data."""
    which = month.removesuffix(".html")
    try:
        msgspec.convert(which, Month)
    except msgspec.ValidationError:
        raise invalid("month", "a month such as 2026-03") from None
    material = await material_of(deps, await known_partner(deps, who, partner_id), which)
    media_type = HTML if month.endswith(".html") else wanted(request, JSON, MARKDOWN, HTML)
    if media_type != JSON:
        return paper_response(review_paper(material), media_type)
    return json_response(filled(REVIEW, material))


async def known_partner(deps: Deps, who: Principal, partner_id: str) -> KnownPartner:
    """The partner's file; 404 where there is none that the caller may see."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(partners, [partner_id])).get(partner_id)
    if doc is None or not doc.name:
        raise not_found("partner")
    return doc


async def material_of(deps: Deps, doc: KnownPartner, month: str | None = None) -> Material:
    """All documents of one partner."""
    mine = {"partner": doc.partner_id}
    return Material(
        partner=doc,
        agents=[agent for _, agent in await deps.reads.find(agents, mine)],
        sources=[source for _, source in await deps.reads.find(sources, mine)],
        tickets=[ticket for _, ticket in await deps.reads.find(tickets, mine)],
        reviews=[held for _, held in await deps.reads.find(reviews, mine)],
        volumes=[volume for _, volume in await deps.reads.find(volumes, mine)],
        contracts=[contract for _, contract in await deps.reads.find(contracts, mine)],
        today=deps.clock().date(),
        transition=(await deps.reads.get(transitions, [doc.partner_id])).get(doc.partner_id),
        ramp=(await deps.reads.get(ramps, [doc.partner_id])).get(doc.partner_id),
        month=month,
    )
