"""The routes of a partner's life: what is known of it, who is responsible, its moves and what holds them up."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.partners.api import examples
from services.partners.api.packs import known_partner
from services.partners.api.rules import Anyone, Manages, Service, must_be_money
from services.partners.domain.funnel import funnel, stays
from services.partners.domain.lifecycle import MOVES
from services.partners.domain.partner import (
    AdoptPartner,
    AssignOwner,
    DescribePartner,
    FinishNextAction,
    MovePartner,
    Name,
    NameContact,
    PlanNextAction,
    RecordFact,
    RemoveContact,
    partner,
)
from services.partners.views.partners import partners
from shared.http import Deps, accepts, body, command_id, json_response, not_found, takes
from shared.kernel import Command
from shared.names import PartnerId

router = APIRouter(tags=["partners"])


def _checked(command: Command, deps: Deps) -> None:
    if isinstance(command, DescribePartner):
        must_be_money("hourly_rate", command.hourly_rate)


for path, method, kind in (
    ("/partners/{partner_id}/profile", "PUT", DescribePartner),
    ("/partners/{partner_id}/contacts/{name}", "PUT", NameContact),
    ("/partners/{partner_id}/contacts/{name}", "DELETE", RemoveContact),
    ("/partners/{partner_id}/owner", "PUT", AssignOwner),
    ("/partners/{partner_id}/next-action", "PUT", PlanNextAction),
    ("/partners/{partner_id}/next-action/done", "POST", FinishNextAction),
    ("/partners/{partner_id}/stage", "POST", MovePartner),
    ("/partners/{partner_id}/adopt", "POST", AdoptPartner),
    ("/partners/{partner_id}/facts", "POST", RecordFact),
):
    accepts(router, path, partner, kind, service="partners", right="partners.run", method=method, check=_checked)


class Handover(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Give these partners to one owner."""

    partners: Annotated[tuple[PartnerId, ...], msgspec.Meta(min_length=1, max_length=500)]
    owner: Name


class Way(msgspec.Struct, frozen=True):
    """A stage to which the partner can move: what is unmet of its conditions (name, what is missing in English, what is
    open of it, whether a named person can pass it by), and whether it needs a reason."""

    target: str
    open: bool
    needs_reason: bool
    unmet: list[dict[str, Any]]


@router.get(
    "/partners/{partner_id}/gates", summary="Where a partner can go, and what holds it up", responses=examples.GATES
)
async def show_gates(partner_id: str, deps: Service, who: Anyone) -> Response:
    """Each way from the stage where it is, with the conditions that do not hold."""
    doc = await known_partner(deps, who, partner_id)
    facts = doc.words()
    ways = [
        Way(
            move.target,
            not (unmet := move.unmet(facts)),
            move.back,
            [
                {"condition": c.name, "says": says, "open": c.open(facts), "overridable": c.overridable}
                for c, says in unmet
            ],
        )
        for move in MOVES.values()
        if move.source == doc.stage
    ]
    return json_response({"stage": doc.stage, "ways": ways})


@router.get("/partners/{partner_id}/stages", summary="How long a partner stood in each stage", responses=examples.STAYS)
async def show_stays(partner_id: str, deps: Service, who: Anyone) -> Response:
    """Its stays in order, with days; a stay without a beginning began with the registration."""
    doc = await known_partner(deps, who, partner_id)
    now = deps.clock()
    been = stays([(step.target, step.at) for step in doc.steps])
    rows = [{"stage": s.stage, "since": s.since, "until": s.until, "days": _rounded(s.days(now))} for s in been]
    return json_response({"items": rows, "next": None})


@router.get("/pipeline", summary="All partners by stage: how many, and for how long", responses=examples.PIPELINE)
async def show_pipeline(deps: Service, who: Anyone, owner: Annotated[str | None, Query()] = None) -> Response:
    """The funnel over all partners that the caller may see, or those of one owner."""
    found = await deps.reads.find(partners, {} if owner is None else {"owner": owner})
    seen = [doc for key, doc in found if who.sees(key) and doc.name]
    rows = funnel([[(step.target, step.at) for step in doc.steps] for doc in seen])
    return json_response({"items": rows, "next": None})


@router.post(
    "/handover",
    status_code=202,
    summary="Give several partners to one owner",
    openapi_extra=takes(Handover),
    responses=examples.HANDED_OVER,
)
async def hand_over(request: Request, deps: Service, who: Manages) -> Response:
    """One after the other, each with its own command, so that a repeat with the same Idempotency-Key goes on where
    it stopped. All are refused when one is not there."""
    asked = await body(request, Handover)
    known = await deps.reads.get(partners, asked.partners)
    for partner_id in asked.partners:
        if not who.sees(partner_id) or partner_id not in known:
            raise not_found(f"partner {partner_id}")
    by = command_id(request)
    done = []
    for partner_id in asked.partners:
        command = AssignOwner(partner_id=partner_id, owner=asked.owner, at=deps.clock(), by=who.name)
        done.append(
            await deps.door.handle(partner, partner_id, command, command_id=f"{by}:{partner_id}", actor=who.name)
        )
    return json_response({"items": done, "next": None}, status=202)


def _rounded(days: float | None) -> float | None:
    return None if days is None else round(days, 2)
