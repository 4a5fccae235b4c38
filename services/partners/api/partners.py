"""The routes of partners."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.partners.api import examples
from services.partners.api.rules import MOST_PER_PAGE, Anyone, Manages, Service, must_be_zone
from services.partners.domain.partner import RegisterPartner, partner
from services.partners.views.partners import partners
from shared.http import body, command_id, json_response, limited, must_see, not_found, page, takes

router = APIRouter(prefix="/partners", tags=["partners"])


@router.post(
    "",
    status_code=201,
    summary="Register a partner",
    openapi_extra=takes(RegisterPartner),
    responses=examples.PARTNER_REGISTERED,
)
async def register_partner(request: Request, deps: Service, who: Manages) -> Response:
    """The same again is a repeat; 409 `partner_exists` when the id is taken by another one."""
    command = await body(request, RegisterPartner)
    must_see(who, command.partner_id)
    must_be_zone("time_zone", command.time_zone)
    by = command_id(request)
    accepted = await deps.door.handle(partner, command.partner_id, command, command_id=by, actor=who.name)
    return json_response(accepted, status=201)


@router.get("", summary="All partners", responses=examples.PARTNERS)
async def list_partners(deps: Service, who: Anyone, limit: int = 100, cursor: str | None = None) -> Response:
    """The partners that the caller may see, by id."""
    found = [(key, doc) for key, doc in await deps.reads.find(partners, {}) if who.sees(key) and doc.name]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor))


@router.get("/{partner_id}", summary="One partner", responses=examples.PARTNER)
async def get_partner(partner_id: str, deps: Service, who: Anyone) -> Response:
    """With the zone in which its days are cut."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(partners, [partner_id])).get(partner_id)
    if doc is None or not doc.name:
        raise not_found("partner")
    return json_response(doc)
