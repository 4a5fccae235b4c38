"""Routes that applications of one process share."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI

from shared.http.audited import intends
from shared.http.conditional import as_read

_joined: dict[tuple[int, ...], APIRouter] = {}
"""By the routers' identities, which stay theirs since what is joined holds them."""


def give_routes(app: FastAPI, *routers: APIRouter) -> None:
    """Give `app` the routes of `routers`, below what every route asks for.

    The framework works out what a route takes when it is first asked, and anew for each application that includes its
    router: for all of ours a second. It does so once for what is joined here.
    """
    key = tuple(id(router) for router in routers)
    if key not in _joined:
        _joined[key] = joined = APIRouter(dependencies=[Depends(intends), Depends(as_read)])
        for router in routers:
            joined.include_router(router)
    app.router.routes.extend(_joined[key].routes)
