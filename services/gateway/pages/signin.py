"""How people come in: at a provider, with a password, or in a demo as whoever they choose."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Annotated, Any, get_args
from urllib.parse import parse_qs

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from services.gateway.api.gateway import Door, Gateway
from services.gateway.identity.attempts import TooSoon
from services.gateway.identity.doors import Left
from services.gateway.pages import site
from services.gateway.pages.saved_views import first_of
from services.gateway.pages.site import page
from services.gateway.views.words import _
from shared import metrics
from shared.http import Problem, content_of, session_of, set_session, too_often
from shared.http.audited import SIGNED_OUT_THERE
from shared.kernel import Rejected
from shared.ports import StoreUnavailable
from shared.rights import Role
from shared.security import Principal, same_origin

router = APIRouter()
log = logging.getLogger(__name__)

BACK = "/signin/back"
MOST_TOKEN = 1 << 16
LEFT_COOKIE = "tallyline_signin"
LEFT_LIFE = timedelta(minutes=10)
"""So long somebody may take at the provider."""
Going = Annotated[str, Query(alias="next", max_length=2000)]
FormGoing = Annotated[str, Form(alias="next", max_length=2000)]
Typed = Annotated[str, Form(max_length=1000)]
REFUSED = {
    "wrong_password": _("Name or password are not right."),
    "choose_password": _("Choose a password of your own: the one that you were given was for this once."),
    "weak_password": _("A password has 12 to 200 characters, and is not easily guessed."),
    "same_password": _("This is the password that you have. Choose another one."),
    "not_repeated": _("The new password was not repeated as it is."),
    "no_role": _("The provider knows you, but gives you no role here. Ask your administrator."),
    "wrong_claims": _("What the provider says of you does not go together. Ask your administrator."),
}
"""What people are told; whatever else goes wrong at a provider is told alike."""


@router.get("/signin")
async def form(request: Request, gateway: Door, going: Going = "/") -> Response:
    """All ways in."""
    return page(request, "signin.html", going=inside(going), **ways(gateway))


@router.post("/signin")
async def with_password(
    request: Request, gateway: Door, name: Typed, password: Typed, going: FormGoing = "/"
) -> Response:
    """In with a name and a password."""
    address = _own_page(request, gateway)
    try:
        session = await gateway.doors.users.sign_in(name, password, address)
    except Rejected as refused:
        _count("password", refused.code)
        if refused.code == "choose_password":
            return _choose(request, 200, REFUSED[refused.code], name, going)
        return _again(request, gateway, 401, REFUSED[refused.code], name, going)
    except TooSoon as soon:
        _count("password", "too_soon")
        return _wait(_again(request, gateway, 429, _waiting(soon), name, going), soon)
    return await _in(request, gateway, session, "password", going)


@router.get("/signin/password")
async def choose_form(request: Request, gateway: Door, name: Annotated[str, Query(max_length=100)] = "") -> Response:
    """The form by which one changes one's own password."""
    del gateway
    return _choose(request, 200, "", name, "/")


@router.post("/signin/password")
async def choose(
    request: Request,
    gateway: Door,
    name: Typed,
    password: Typed,
    chosen: Typed,
    repeated: Typed,
    going: FormGoing = "/",
) -> Response:
    """Change one's own password, and be signed in with it; all other sessions are ended."""
    address = _own_page(request, gateway)
    if chosen != repeated:
        return _choose(request, 422, REFUSED["not_repeated"], name, going)
    try:
        session = await gateway.doors.users.choose_password(name.strip().lower(), password, chosen, address)
    except Rejected as refused:
        _count("password", refused.code)
        return _choose(request, 422, REFUSED[refused.code], name, going)
    except TooSoon as soon:
        _count("password", "too_soon")
        return _wait(_choose(request, 429, _waiting(soon), name, going), soon)
    return await _in(request, gateway, session, "password", going)


@router.get("/signin/start")
async def to_provider(request: Request, gateway: Door, going: Going = "/") -> Response:
    """Off to the provider. What its answer has to fit is kept here; the browser has a cookie that says which."""
    doors = gateway.doors
    _limit(request, gateway)
    if doors.provider is None:
        raise Problem(404, "not_found", "There is no provider.")
    try:
        begun = await doors.provider.begin(doors.base_url + BACK)
    except StoreUnavailable as away:
        log.warning("the provider can't be asked: %s", away)
        return _again(request, gateway, 503, _("The provider does not answer now. Try again."), "", going)
    text = await doors.left.give(Left(begun, inside(going)), LEFT_LIFE)
    sending = RedirectResponse(begun.url, 303, {"cache-control": "no-store"})
    seconds = int(LEFT_LIFE.total_seconds())
    # Lax, or it would not come back with the answer, to which another site sends the browser.
    sending.set_cookie(
        LEFT_COOKIE, text, max_age=seconds, path=BACK, secure=gateway.secure, httponly=True, samesite="lax"
    )
    return sending


@router.get(BACK)
async def from_provider(request: Request, gateway: Door) -> Response:
    """Back from the provider. Its answer is good once, in the browser that left, within ten minutes."""
    doors = gateway.doors
    _limit(request, gateway)
    left = await doors.left.take(request.cookies.get(LEFT_COOKIE, ""))
    if left is None or doors.provider is None:
        _count("provider", "wrong_state")
        return _again(request, gateway, 401, _("This sign-in is over or was begun elsewhere. Begin again."), "", "/")
    try:
        found = await doors.provider.finish(dict(request.query_params), left.begun, doors.base_url + BACK)
    except Rejected as refused:
        _count("provider", refused.code)
        log.info("a sign-in at the provider was refused: %s", refused.code)
        said = REFUSED.get(refused.code, _("The provider did not let you in. Begin again."))
        return _again(request, gateway, 403 if refused.code in REFUSED else 401, said, "", left.going)
    except StoreUnavailable as away:
        log.warning("the provider can't be asked: %s", away)
        return _again(request, gateway, 503, _("The provider does not answer now. Try again."), "", left.going)
    who = found.who
    principal = Principal(who.name, who.role, who.partners, agent=who.agent)
    session = await gateway.access.open_session(principal, door="provider", there=found.there)
    return await _in(request, gateway, session, "provider", left.going)


@router.post(SIGNED_OUT_THERE)
async def signed_out_there(request: Request, gateway: Door) -> Response:
    """The provider itself asks this, and proves by its signature that it is the one (Back-Channel Logout 1.0, 2.8)."""
    doors = gateway.doors
    doors.ending.check(request.client.host if request.client else "")
    if doors.endings is None:
        raise Problem(404, "not_found", "There is no provider.")
    form = parse_qs((await content_of(request, MOST_TOKEN)).decode("ascii", "replace"))
    status, said = 200, {}
    try:
        ended = await doors.endings.take(*form.get("logout_token", [""])[:1])
    except Rejected as refused:
        log.info("a logout token was refused: %s", refused.detail)
        status, said = 400, {"error": "invalid_request", "error_description": refused.detail}
    else:
        if ended:
            request.state.principal = ended[0]  # all of them are one person's; the audit log tells of it
        log.info("the provider ended %d sessions", len(ended))
    return JSONResponse(said, status, {"cache-control": "no-store"})


@router.post("/signin/demo")
async def as_anybody(request: Request, gateway: Door, role: Annotated[Role, Form()]) -> Response:
    """In a demo: in as whoever one likes to be."""
    _own_page(request, gateway)
    if not gateway.doors.demo:
        raise Problem(404, "not_found", "This is no demo.")
    names = await gateway.calls.names()
    partner = min(names.partners, default="")
    agent = next((key.partition("/")[2] for key in sorted(names.agents) if key.startswith(f"{partner}/")), None)
    if role in ("partner", "agent") and (not partner or (role == "agent" and agent is None)):
        return _again(request, gateway, 503, _("The demo’s company is not there yet. Try again in a moment."), "", "/")
    whose = frozenset({partner}) if role in ("partner", "agent") else None
    principal = Principal(f"demo-{role}", role, whose, agent=agent if role == "agent" else None)
    return await _in(request, gateway, await gateway.access.open_session(principal, door="demo"), "demo", "/")


def inside(going: str) -> str:
    """Where somebody was going, if that is a page of ours that comes after this one; else the entrance."""
    return "/" if going.startswith("/signin") else site.inside(going)


def ways(gateway: Gateway) -> dict[str, Any]:
    """What the sign-in page knows of the ways in."""
    doors = gateway.doors
    return {
        "provider": doors.provider is not None,
        "roles": get_args(Role) if doors.demo else (),
        "refused": "",
        "name": "",
        "hours": round(gateway.access.rules.life.total_seconds() / 3600),
    }


async def _in(request: Request, gateway: Gateway, session: str, door: str, going: str) -> Response:
    """With the new session to where they were going. The one before, if there was one, is over: what somebody may have
    put into this browser opens nothing."""
    if before := session_of(request.headers):
        await gateway.access.close_session(before)
    metrics.SIGN_INS.labels(door, "in").inc()
    going = inside(going)
    who = request.state.principal = await gateway.access.of_session(session)
    target = await first_of(gateway, who) if who is not None and going == "/" else going
    sending = RedirectResponse(target, 303, {"cache-control": "no-store"})
    set_session(sending, session, secure=gateway.secure, life=gateway.access.rules.life)
    sending.delete_cookie(LEFT_COOKIE, path=BACK, httponly=True, samesite="lax")
    return sending


def _own_page(request: Request, gateway: Gateway) -> str:
    """The address that it comes from. 403 where it is not from a page of ours, 429 where too many came."""
    if not same_origin(request.headers):
        raise Problem(403, "cross_site", "One signs in on our own pages only.")
    return _limit(request, gateway)


def _limit(request: Request, gateway: Gateway) -> str:
    address = request.client.host if request.client else ""
    gateway.doors.limits.check(address)
    return address


def _again(request: Request, gateway: Gateway, status: int, refused: str, name: str, going: str) -> Response:
    more = ways(gateway) | {"refused": refused, "name": name[:100]}
    return page(request, "signin.html", status, going=inside(going), **more)


def _choose(request: Request, status: int, refused: str, name: str, going: str) -> Response:
    return page(request, "password.html", status, refused=refused, name=name[:100], going=inside(going))


def _waiting(soon: TooSoon) -> str:
    return _("Too many attempts. Try again in {seconds} seconds.").format(seconds=max(1, round(soon.seconds)))


def _wait(response: Response, soon: TooSoon) -> Response:
    response.headers["retry-after"] = too_often(soon.seconds).headers["retry-after"]
    return response


def _count(door: str, result: str) -> None:
    metrics.SIGN_INS.labels(door, result).inc()
