"""The page of administrators: who signs in with a password, and which API keys there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from services.gateway.api import keys as of_keys
from services.gateway.api import users as of_users
from services.gateway.api.gateway import Door, Gateway
from services.gateway.api.keys import Admin, NewKey
from services.gateway.api.users import NewRole, NewUser
from services.gateway.identity.users import NAME, User
from services.gateway.pages.acting import OVER, back
from services.gateway.pages.acting import Form as Sent
from services.gateway.pages.meanwhile import Field, asked_again, state_of
from services.gateway.pages.site import page
from services.gateway.views.words import _
from shared.http import Problem, invalid, not_found
from shared.kernel import Rejected
from shared.rights import RIGHTS, ROLES, Right, Role
from shared.security import Principal

router = APIRouter()

Text = Annotated[str, Form(max_length=2000)]
KEY_LASTS = timedelta(days=365)
"""What the form proposes."""
REACH = {
    "role": Field(_("Role"), {}),
    "partners": Field(_("Partners, by comma")),
    "agent": Field(_("Agent’s id")),
}
SAID = {
    "role": _("{name} has another role now, and signs in again."),
    "disabled": _("{name} can’t sign in any more, and is signed out."),
    "enabled": _("{name} can sign in again."),
    "revoked": _("The key {name} is refused from now on."),
}


@router.get("/admin")
async def admin(
    request: Request,
    gateway: Door,
    viewer: Admin,
    said: Annotated[str, Query(max_length=20)] = "",
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Users and keys. `said` and `name` tell what came of the last button."""
    return await _page(request, gateway, viewer, told=SAID[said].format(name=name) if said in SAID else "")


@router.post("/admin/users")
async def add_user(
    request: Request,
    gateway: Door,
    viewer: Admin,
    name: Text,
    role: Annotated[Role, Form()],
    partners: Text = "",
    agent: Text = "",
) -> Response:
    """Add a user; the password is shown in this answer and never again."""
    made = name.strip().lower()
    try:
        wanted = NewUser(name=made, role=role, partners=_partners(partners), agent=agent.strip() or None)
        user, password = await of_users.add(gateway, viewer, wanted)
    except (Problem, Rejected) as refused:
        return await _refused(request, gateway, viewer, refused)
    secret = {"of": user.name, "text": password, "kind": "password"}
    return await _page(request, gateway, viewer, status=201, secret=secret)


@router.post("/admin/users/{name}/role")
async def change_role(
    request: Request,
    gateway: Door,
    viewer: Admin,
    name: str,
    form: Sent,
) -> Response:
    """Give a user another role."""
    try:
        known = await of_users.mine(gateway, viewer, name)
        if form.text(OVER) not in ("", state_of(reach_of(known))):
            return asked_again(request, form, REACH, reach_of(known), state_of(reach_of(known)), "/admin")
        role = next((one for one in ROLES if one == form.text("role")), None)
        if role is None:
            raise invalid("role", f"one of {', '.join(ROLES)}")
        wanted = NewRole(role=role, partners=_partners(form.text("partners")), agent=form.text("agent") or None)
        await of_users.change(gateway, viewer, name, wanted)
    except (Problem, Rejected) as refused:
        return await _refused(request, gateway, viewer, refused)
    return back("/admin", "role", name=name)


@router.post("/admin/users/{name}/{what}")
async def act_on_user(request: Request, gateway: Door, viewer: Admin, name: str, what: str) -> Response:
    """Let a user in no more, or again; or give them a new password, which is shown in this answer."""
    if what not in ("disabling", "enabling", "password"):
        raise not_found("action")
    try:
        if what == "password":
            secret = {"of": name, "text": await of_users.reset(gateway, viewer, name), "kind": "password"}
            return await _page(request, gateway, viewer, secret=secret)
        await of_users.let_in(gateway, viewer, name, what == "enabling")
    except (Problem, Rejected) as refused:
        return await _refused(request, gateway, viewer, refused)
    return back("/admin", "enabled" if what == "enabling" else "disabled", name=name)


@router.post("/admin/keys")
async def make_key(
    request: Request,
    gateway: Door,
    viewer: Admin,
    name: Annotated[str, Form(max_length=100)],
    role: Annotated[Role, Form()],
    partners: Text = "",
    agent: Text = "",
    expires: Annotated[date | None, Form()] = None,
    rights: Annotated[list[Right] | None, Form()] = None,
) -> Response:
    """Make a key; its text is shown in this answer and never again. It ends with the day `expires`, in UTC."""
    over = None if expires is None else datetime.combine(expires, time(), UTC) + timedelta(days=1)
    try:
        wanted = NewKey(
            name=name.strip() or "key",
            role=role,
            partners=_partners(partners),
            agent=agent.strip() or None,
            rights=frozenset(rights) if rights else None,
            expires=over,
        )
        key, text = await of_keys.make(gateway, viewer, wanted, gateway.now())
    except (Problem, Rejected) as refused:
        return await _refused(request, gateway, viewer, refused)
    return await _page(request, gateway, viewer, status=201, secret={"of": key.name, "text": text, "kind": "key"})


@router.post("/admin/keys/{key_id}/revocation")
async def revoke_key(gateway: Door, viewer: Admin, key_id: str, name: Text = "") -> Response:
    """Refuse a key from now on."""
    await of_keys.refuse(gateway, viewer, key_id)
    return back("/admin", "revoked", name=name)


async def _page(
    request: Request,
    gateway: Gateway,
    viewer: Principal,
    status: int = 200,
    told: str = "",
    refused: str = "",
    secret: dict[str, str] | None = None,
) -> Response:
    now, known = gateway.now(), await of_users.listed(gateway, viewer)
    keys = sorted(await of_keys.listed(gateway, viewer), key=lambda key: (key.revoked is not None, key.name))
    rows: list[dict[str, Any]] = [
        of_keys.shown(key) | {"over": key.expires is not None and now >= key.expires} for key in keys
    ]
    return page(
        request,
        "admin.html",
        status,
        names=await gateway.calls.names(),
        users=[of_users.shown(user) for user in known],
        keys=rows,
        roles=ROLES,
        rights=sorted(RIGHTS),
        name_pattern=NAME,
        expires=(now + KEY_LASTS).date().isoformat(),
        provider=None if gateway.doors.provider is None else gateway.doors.provider.party.issuer,
        told=told,
        refused=refused,
        secret=secret,
        over={user.name: state_of(reach_of(user)) for user in known},
        me=viewer.name,
    )


def reach_of(user: User) -> dict[str, str]:
    """Whom a user is let in as, as the form has it."""
    return {"role": user.role, "partners": ", ".join(sorted(user.partners or ())), "agent": user.agent or ""}


async def _refused(request: Request, gateway: Gateway, viewer: Principal, refused: Problem | Rejected) -> Response:
    """The page again, with what is wrong."""
    status = refused.status if isinstance(refused, Problem) else 409
    return await _page(request, gateway, viewer, status=status, refused=refused.detail)


def _partners(text: str) -> frozenset[str] | None:
    """Ids by comma or space; nothing: all partners."""
    return frozenset(text.replace(",", " ").split()) or None
