"""The entrance: sign-in links, the way to the first page, the way out, the theme."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.api.gateway import Door, Gateway, SignedIn, signed_in
from services.gateway.pages.browser import Problem, problem_page
from services.gateway.pages.saved_views import first_of
from services.gateway.pages.site import THEME_COOKIE, THEMES, YEAR_S, inside, page
from services.gateway.views.words import _
from shared import metrics
from shared.http import end_session, session_of, set_session
from shared.ports import StoreUnavailable

router = APIRouter()


@router.get("/")
async def entrance(request: Request, gateway: Door, token: str = "") -> Response:
    """With a sign-in link's token: open a session and go on. The token does not stay in the address."""
    if token:
        session = await gateway.access.sign_in(token)
        if session is None:
            problem = Problem(detail=_("This link was used already, or its time is over."))
            return problem_page(request, 401, problem)
        if before := session_of(request.headers):
            await gateway.access.close_session(before)
        metrics.SIGN_INS.labels("link", "in").inc()
        who = request.state.principal = await gateway.access.of_session(session)
        going = RedirectResponse(
            "/" if who is None else await first_of(gateway, who), 303, {"cache-control": "no-store"}
        )
        set_session(going, session, secure=gateway.secure, life=gateway.access.rules.life)
        return going
    return RedirectResponse(await first_of(gateway, await signed_in(request)), 303)


@router.post("/signout")
async def sign_out(request: Request, gateway: Door, viewer: SignedIn) -> Response:
    """Close the session, here and for every copy of its cookie. Who came in by the provider is led out there too."""
    del viewer
    session = session_of(request.headers)
    door = await gateway.access.close_session(session) if session else ""
    going: Response = RedirectResponse("/signin", 303)
    if door == "provider" and (leaving := await _leaving(gateway)) is not None:
        # No redirect: the page's policy would not let a form of ours lead to another site.
        request.state.principal = None
        going = page(request, "signed_out.html", leaving=leaving)
    end_session(going)
    return going


async def _leaving(gateway: Gateway) -> str | None:
    """Where the provider signs people out; None where it does not, or does not say so now."""
    provider = gateway.doors.provider
    try:
        return None if provider is None else await provider.leaving(f"{gateway.doors.base_url}/signin")
    except StoreUnavailable:
        return None


@router.post("/theme")
async def theme(to: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Keep the theme in a cookie and go back to the page that it was asked from."""
    going = RedirectResponse(inside(back), 303)
    if to in THEMES:
        going.set_cookie(THEME_COOKIE, to, max_age=YEAR_S, samesite="lax")
    return going
