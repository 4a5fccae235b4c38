"""How one comes in: the sign-in link, the way to the first page, the theme."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.api.gateway import Door, SignedIn, signed_in
from services.gateway.pages.browser import Problem, problem_page
from services.gateway.pages.site import THEME_COOKIE, THEMES, YEAR_S, home_of, inside
from services.gateway.views.words import _
from shared.http import end_session, session_of, set_session

router = APIRouter()


@router.get("/")
async def entrance(request: Request, gateway: Door, token: str = "") -> Response:
    """With a sign-in link's token: open a session and go on. The token does not stay in the address."""
    if token:
        session = await gateway.access.sign_in(token)
        if session is None:
            problem = Problem(detail=_("This link was used already, or its time is over."))
            return problem_page(request, 401, problem)
        who = await gateway.access.of_session(session)
        going = RedirectResponse("/" if who is None else home_of(who), 303, {"cache-control": "no-store"})
        set_session(going, session, secure=gateway.secure)
        return going
    return RedirectResponse(home_of(signed_in(request)), 303)


@router.post("/signout")
async def sign_out(request: Request, gateway: Door, viewer: SignedIn) -> Response:
    """Close the session, here and for every copy of its cookie."""
    del viewer
    if session := session_of(request.headers):
        await gateway.access.close_session(session)
    going = RedirectResponse("/", 303)
    end_session(going)
    return going


@router.post("/theme")
async def theme(to: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Keep the theme in a cookie and go back to the page that it was asked from."""
    going = RedirectResponse(inside(back), 303)
    if to in THEMES:
        going.set_cookie(THEME_COOKIE, to, max_age=YEAR_S, samesite="lax")
    return going
