"""Local users: who signs in with a name and a password. For administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.gateway.api.gateway import Door, Gateway
from services.gateway.api.keys import MOST, Admin, fitting, within
from services.gateway.identity.users import NAME, User
from shared.http import Problem, answers, body, json_response, not_found, takes
from shared.rights import Role
from shared.security import Principal

router = APIRouter(prefix="/api/v1/users", tags=["access"])

_USER = {
    "name": "mira",
    "role": "supervisor",
    "partners": ["adria"],
    "agent": None,
    "created": "2026-03-02T09:05:00Z",
    "by": "local",
    "disabled": None,
    "used": "2026-03-03T07:58:00Z",
}
_MADE = _USER | {"password": "shown-here-once"}


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody's role, and which partners they see (null: all, but not for the roles `agent` and `partner`). `agent`:
    of an agent, the id that telephony knows them by at the one partner that is named."""

    role: Role
    partners: frozenset[str] | None = None
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class NewUser(NewRole, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who may sign in, by the name that stands beside all that they do."""

    name: Annotated[str, msgspec.Meta(pattern=rf"^{NAME}$(?!\n)")]


def shown(user: User) -> dict[str, Any]:
    """A user as they are listed: without what is kept of their password."""
    moments: dict[str, datetime | None] = {"disabled": user.disabled, "used": user.used}
    return {
        "name": user.name,
        "role": user.role,
        "partners": None if user.partners is None else sorted(user.partners),
        "agent": user.agent,
        "created": user.created,
        "by": user.by,
        **moments,
    }


async def listed(gateway: Gateway, who: Principal) -> list[User]:
    """The users who see no more than the caller."""
    return [user for user in await gateway.doors.users.all() if within(user.partners, who)]


async def add(gateway: Gateway, who: Principal, wanted: NewUser) -> tuple[User, str]:
    """A new user and their first password. 403 where they would see more than the caller, 422 where role, partners and
    agent do not go together, 409 `name_taken`."""
    fitting(wanted.role, wanted.partners, wanted.agent, who)
    return await gateway.doors.users.add(wanted.name, wanted.role, wanted.partners, wanted.agent, who.name)


async def change(gateway: Gateway, who: Principal, name: str, wanted: NewRole) -> User:
    """Give a user another role; what they have open is ended."""
    await mine(gateway, who, name)
    fitting(wanted.role, wanted.partners, wanted.agent, who)
    return _found(await gateway.doors.users.change(name, wanted.role, wanted.partners, wanted.agent))


async def let_in(gateway: Gateway, who: Principal, name: str, may: bool) -> User:
    """Let a user in again, or no more. 409 `own_user`: nobody shuts themselves out."""
    await mine(gateway, who, name)
    if not may and who.name == name:
        raise Problem(409, "own_user", "You would shut yourself out.")
    users = gateway.doors.users
    return _found(await (users.enable(name) if may else users.disable(name)))


async def reset(gateway: Gateway, who: Principal, name: str) -> str:
    """A new password for once; what they have open is ended."""
    await mine(gateway, who, name)
    password = await gateway.doors.users.reset(name)
    if password is None:
        raise not_found("user")
    return password


async def mine(gateway: Gateway, who: Principal, name: str) -> User:
    """A user who sees no more than the caller; 404 for all others."""
    user = await gateway.doors.users.of(name)
    if user is None or not within(user.partners, who):
        raise not_found("user")
    return user


def _found(user: User | None) -> User:
    if user is None:
        raise not_found("user")
    return user


@router.post(
    "",
    status_code=201,
    summary="Add a user",
    description="`password` is for their first sign-in, at which they choose their own. It is shown here and never "
    "again. 409 `name_taken`.",
    openapi_extra=takes(NewUser),
    responses=answers("The user.", _MADE, 403, 409, 422, status=201),
)
async def add_user(request: Request, gateway: Door, who: Admin) -> Response:
    """201 with the user and their password."""
    user, password = await add(gateway, who, await body(request, NewUser, MOST))
    return json_response(shown(user) | {"password": password}, status=201)


@router.get(
    "",
    summary="All users",
    description="Disabled ones too, by name; those who see no more than the caller. `used`: when they last signed in.",
    responses=answers("The users.", {"items": [_USER], "next": None}, 304, 403),
)
async def list_users(gateway: Door, who: Admin) -> Response:
    """The whole list: there are few."""
    users = [shown(user) for user in await listed(gateway, who)]
    return json_response({"items": users, "next": None})


@router.put(
    "/{name}/role",
    summary="Give a user another role",
    description="Holds from now on: their sessions are ended.",
    openapi_extra=takes(NewRole),
    responses=answers("The user.", _USER, 403, 404, 422),
)
async def change_role(request: Request, name: str, gateway: Door, who: Admin) -> Response:
    """The user as they are now."""
    return json_response(shown(await change(gateway, who, name, await body(request, NewRole, MOST))))


@router.post(
    "/{name}/disabling",
    summary="Let a user in no more",
    description="Holds from now on: their sessions are ended. Again too. 409 `own_user`.",
    responses=answers("The user.", _USER, 403, 404, 409),
)
async def disable_user(name: str, gateway: Door, who: Admin) -> Response:
    """The user as they are now."""
    return json_response(shown(await let_in(gateway, who, name, False)))


@router.post(
    "/{name}/enabling",
    summary="Let a user in again",
    description="With the password that they had. Again too.",
    responses=answers("The user.", _USER, 403, 404),
)
async def enable_user(name: str, gateway: Door, who: Admin) -> Response:
    """The user as they are now."""
    return json_response(shown(await let_in(gateway, who, name, True)))


@router.post(
    "/{name}/password",
    summary="Give a user a new password",
    description="For once: at the next sign-in they choose their own. It is shown here and never again; their sessions "
    "are ended.",
    responses=answers("The password.", {"name": "mira", "password": "shown-here-once"}, 403, 404),
)
async def reset_password(name: str, gateway: Door, who: Admin) -> Response:
    """The name and the password."""
    return json_response({"name": name, "password": await reset(gateway, who, name)})
