"""The routes of partners."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from services.partners.api.rules import MOST_PER_PAGE, Admin, Anyone, Service, must_be_zone, must_see
from services.partners.domain.partner import RegisterPartner, partner
from services.partners.views.partners import partners
from shared.http import body, command_id, json_response, limited, not_found, page, takes

router = APIRouter(prefix="/partners", tags=["partners"])


@router.post("", status_code=201, openapi_extra=takes(RegisterPartner))
async def register_partner(request: Request, deps: Service, who: Admin) -> Response:
    """Register a partner. 409 `partner_exists` when the id is taken by another one."""
    command = await body(request, RegisterPartner)
    must_see(who, command.partner_id)
    must_be_zone("time_zone", command.time_zone)
    by = command_id(request)
    accepted = await deps.door.handle(partner, command.partner_id, command, command_id=by, actor=who.name)
    return json_response(accepted, status=201)


@router.get("")
async def list_partners(
    request: Request, deps: Service, who: Anyone, limit: int = 100, cursor: str | None = None
) -> Response:
    """The partners that the caller may see, by id."""
    found = [(key, doc) for key, doc in await deps.reads.find(partners, {}) if who.sees(key)]
    return json_response(page(found, limited(limit, MOST_PER_PAGE), cursor), request)


@router.get("/{partner_id}")
async def get_partner(request: Request, partner_id: str, deps: Service, who: Anyone) -> Response:
    """One partner."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(partners, [partner_id])).get(partner_id)
    if doc is None:
        raise not_found("partner")
    return json_response(doc, request)
