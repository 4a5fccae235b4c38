"""How others are let in: API keys for systems and scripts, sign-in links for people. Texts are shown once."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.gateway import Door
from shared.http import Problem, answers, body, invalid, json_response, not_found, require, takes
from shared.rights import Role
from shared.security import ApiKey, Principal

router = APIRouter(prefix="/api/v1", tags=["access"])
Admin = Annotated[Principal, Depends(require("administration"))]
MOST = 4096

_KEY = {
    "id": "0f5c2a9be1d70f5c",
    "name": "dashboard",
    "role": "partner",
    "partners": ["adria"],
    "agent": None,
    "created": "2026-03-02T09:05:00Z",
    "revoked": None,
}
MADE = _KEY | {"key": "tlk_0f5c2a9be1d70f5c_shown-here-and-never-again"}


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the key is called, which role it has, and which partners it sees (null: all, but not for the roles `agent`
    and `partner`). `agent`: of an agent's key, the id that telephony knows them by at the one partner that it names."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    role: Role
    partners: frozenset[str] | None = None
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which agent of which partner the link is, under which name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    partner: str
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


def _within(partners: frozenset[str] | None, who: Principal) -> bool:
    """Whether a key that sees these partners sees no more than its maker: else everybody could let himself in."""
    return who.partners is None or (partners is not None and partners <= who.partners)


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "partners": None if key.partners is None else sorted(key.partners),
        "agent": key.agent,
        "created": key.created,
        "revoked": key.revoked,
    }


@router.post(
    "/keys",
    status_code=201,
    summary="Make an API key",
    description="`key` is its text, to be sent as a bearer token. It is shown here and never again.",
    openapi_extra=takes(NewKey),
    responses=answers("The key.", MADE, 403, 422, status=201),
)
async def create(request: Request, gateway: Door, who: Admin) -> Response:
    """201 with the key."""
    wanted = await body(request, NewKey, MOST)
    if not _within(wanted.partners, who):
        raise Problem(403, "not_allowed", "A key may see only partners that you see: name them in `partners`.")
    if (wanted.role == "agent") != (wanted.agent is not None):
        raise invalid("agent", "is said of a key with the role agent, and of no other")
    if wanted.role == "agent" and len(wanted.partners or ()) != 1:
        raise invalid("partners", "an agent belongs to one partner")
    if wanted.role == "partner" and not wanted.partners:
        raise invalid("partners", "a partner's people see their own partner: name it")
    key, text = await gateway.access.create_key(wanted.name, wanted.role, wanted.partners, wanted.agent)
    return json_response(_shown(key) | {"key": text}, status=201)


@router.get(
    "/keys",
    summary="All API keys",
    description="Revoked ones too, oldest first, without their texts; of those that see no more than the caller.",
    responses=answers("The keys.", {"items": [_KEY], "next": None}, 304, 403),
)
async def list_keys(request: Request, gateway: Door, who: Admin) -> Response:
    """The whole list: there are few."""
    keys = [_shown(key) for key in await gateway.access.keys() if _within(key.partners, who)]
    return json_response({"items": keys, "next": None}, request)


@router.delete(
    "/keys/{key_id}",
    status_code=204,
    summary="Revoke an API key",
    description="It is refused from now on.",
    responses={204: {"description": "Revoked."}, 404: {"description": "There is no such key."}},
)
async def revoke(key_id: str, gateway: Door, who: Admin) -> Response:
    """204 once it is refused; again too."""
    if key_id not in {key.id for key in await gateway.access.keys() if _within(key.partners, who)}:
        raise not_found("key")
    await gateway.access.revoke_key(key_id)
    return Response(status_code=204)


@router.post(
    "/sign-in-links",
    status_code=201,
    summary="Make a sign-in link",
    description="`path` opens a session as whoever made it, once, within a minute.",
    responses=answers("The path.", {"path": "/?token=once"}, 403, status=201),
)
async def sign_in_link(gateway: Door, who: Admin) -> Response:
    """201 with the path, to be put behind the server's address."""
    token = await gateway.access.create_sign_in(who)
    return json_response({"path": f"/?token={token}"}, status=201)


@router.post(
    "/agent-sign-in-links",
    status_code=201,
    summary="Make a sign-in link for an agent",
    description="`path` opens a session as the agent, once, within a minute: for the partner's own sign-in to send on.",
    openapi_extra=takes(NewLink),
    responses=answers("The path.", {"path": "/?token=once"}, 403, 422, status=201),
)
async def agent_sign_in_link(request: Request, gateway: Door, who: Admin) -> Response:
    """201 with the path, to be put behind the server's address."""
    wanted = await body(request, NewLink, MOST)
    if not who.sees(wanted.partner):
        raise Problem(403, "not_allowed", "The link may be for an agent of a partner that you see.")
    principal = Principal(wanted.name, "agent", frozenset({wanted.partner}), agent=wanted.agent)
    token = await gateway.access.create_sign_in(principal)
    return json_response({"path": f"/?token={token}"}, status=201)
