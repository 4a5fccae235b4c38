"""How others are let in: API keys for systems and scripts, sign-in links for people. Texts are shown once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from services.gateway.api.gateway import Door, Gateway
from shared.http import Problem, answers, body, invalid, json_response, not_found, require, takes
from shared.rights import RIGHTS, Right, Role, unfit
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
    "rights": ["figures.read", "wallboard.see"],
    "created": "2026-03-02T09:05:00Z",
    "expires": "2027-03-02T00:00:00Z",
    "revoked": None,
    "used": "2026-03-04T11:20:00Z",
}
MADE = _KEY | {"key": "tlk_0f5c2a9be1d70f5c_shown-here-and-never-again"}


class NewKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the key is called, which role it has, and which partners it sees (null: all, but not for the roles `agent`
    and `partner`). `agent`: of an agent's key, the id that telephony knows them by at the one partner that it names.
    `rights`: only these of the role's rights (null: all of them). `expires`: from when it is refused (null: never)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    role: Role
    partners: frozenset[str] | None = None
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    rights: Annotated[frozenset[Right], msgspec.Meta(min_length=1)] | None = None
    expires: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which agent of which partner the link is, under which name."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    partner: str
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


def within(partners: frozenset[str] | None, who: Principal) -> bool:
    """Whether who sees these partners sees no more than `who`, who lets them in: else `who` could let himself in."""
    return who.partners is None or (partners is not None and partners <= who.partners)


def fitting(role: Role, partners: frozenset[str] | None, agent: str | None, who: Principal) -> None:
    """403 where somebody would be let in who sees or may more than the caller; 422 where role, partners and agent do
    not go together."""
    if not within(partners, who):
        raise Problem(403, "not_allowed", "They may see only partners that you see: name them in `partners`.")
    if who.rights is not None:
        raise Problem(403, "not_allowed", "Your key is narrowed: it lets nobody in who may more.")
    if wrong := unfit(role, partners, agent):
        raise invalid(*wrong)


def shown(key: ApiKey) -> dict[str, Any]:
    """A key as it is listed: without its digest."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "partners": None if key.partners is None else sorted(key.partners),
        "agent": key.agent,
        "rights": None if key.rights is None else sorted(key.rights),
        "created": key.created,
        "expires": key.expires,
        "revoked": key.revoked,
        "used": key.used,
    }


async def make(gateway: Gateway, who: Principal, wanted: NewKey, now: datetime) -> tuple[ApiKey, str]:
    """A new key and its text. 403 where it would see or may more than the caller, 422 where its fields do not go
    together."""
    narrow = who.rights is not None and wanted.rights is not None and wanted.rights <= who.rights
    fitting(wanted.role, wanted.partners, wanted.agent, msgspec.structs.replace(who, rights=None) if narrow else who)
    beyond = [right for right in sorted(wanted.rights or ()) if wanted.role not in RIGHTS[right]]
    if beyond:
        raise invalid("rights", f"the role {wanted.role} has not {', '.join(beyond)}")
    if wanted.expires is not None and wanted.expires <= now:
        raise invalid("expires", "is over already")
    return await gateway.access.create_key(
        wanted.name, wanted.role, wanted.partners, wanted.agent, rights=wanted.rights, expires=wanted.expires
    )


async def listed(gateway: Gateway, who: Principal) -> list[ApiKey]:
    """The keys that see no more than the caller."""
    return [key for key in await gateway.access.keys() if within(key.partners, who)]


async def refuse(gateway: Gateway, who: Principal, key_id: str) -> None:
    """Take a key back. 404 where the caller sees no such key."""
    if key_id not in {key.id for key in await listed(gateway, who)}:
        raise not_found("key")
    await gateway.access.revoke_key(key_id)


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
    key, text = await make(gateway, who, await body(request, NewKey, MOST), gateway.now())
    return json_response(shown(key) | {"key": text}, status=201)


@router.get(
    "/keys",
    summary="All API keys",
    description="Revoked ones too, oldest first, without their texts; of those that see no more than the caller. "
    "`used`: when it was last shown, to within five minutes.",
    responses=answers("The keys.", {"items": [_KEY], "next": None}, 304, 403),
)
async def list_keys(gateway: Door, who: Admin) -> Response:
    """The whole list: there are few."""
    keys = [shown(key) for key in await listed(gateway, who)]
    return json_response({"items": keys, "next": None})


@router.delete(
    "/keys/{key_id}",
    status_code=204,
    summary="Revoke an API key",
    description="It is refused from now on.",
    responses={204: {"description": "Revoked."}, 404: {"description": "There is no such key."}},
)
async def revoke(key_id: str, gateway: Door, who: Admin) -> Response:
    """204 once it is refused; again too."""
    await refuse(gateway, who, key_id)
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
    fitting("agent", frozenset({wanted.partner}), wanted.agent, who)
    principal = Principal(wanted.name, "agent", frozenset({wanted.partner}), agent=wanted.agent)
    token = await gateway.access.create_sign_in(principal)
    return json_response({"path": f"/?token={token}"}, status=201)
