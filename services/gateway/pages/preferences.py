"""The page of what a reader may choose: the language, and the clock that times are shown by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway.api.gateway import SignedIn
from services.gateway.api.languages import LANGUAGE_COOKIE, LANGUAGES, ZONE_COOKIE, zones
from services.gateway.pages.site import YEAR_S, inside, page

router = APIRouter()
Where = Annotated[str, Query(max_length=2000)]


@router.get("/preferences")
async def preferences(request: Request, viewer: SignedIn, back: Where = "/") -> Response:
    """The choices; `back`: the page that the reader came from."""
    del viewer
    return page(
        request,
        "preferences.html",
        back=inside(back),
        languages={code: one.name for code, one in LANGUAGES.items()},
        zones=sorted(zones()),
    )


@router.post("/preferences")
async def choose(
    viewer: SignedIn,
    language: Annotated[str, Form(max_length=10)] = "",
    zone: Annotated[str, Form(max_length=60)] = "",
    back: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    """Keep in cookies what there is to choose of it, and go back."""
    del viewer
    going = RedirectResponse(inside(back), 303)
    if language in LANGUAGES:
        going.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="lax")
    if zone in zones():
        going.set_cookie(ZONE_COOKIE, zone, max_age=YEAR_S, samesite="lax")
    return going
