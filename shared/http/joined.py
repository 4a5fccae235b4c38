"""Many routers as one, of which a request looks at few, and whose routes the applications of one process share."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import Match
from starlette.types import Scope

from shared.http.audited import intends
from shared.http.conditional import as_read

_given: dict[tuple[int, ...], APIRouter] = {}
"""By the routers' identities, which stay theirs since what was given holds their routes."""


class _Section(APIRouter):
    """The routes of a router, looked at only where a request's path begins as one of theirs does: the framework looks
    at each of them, at every level twice, which for all of ours took a third of a request's time."""

    def __init__(self, router: APIRouter, below: str = "") -> None:
        super().__init__()
        self.routes.extend(router.routes)
        paths = [getattr(route, "path", router.prefix) for route in router.routes]
        self._begin = tuple({below + path.partition("{")[0] for path in paths})

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return super().matches(scope) if scope["path"].startswith(self._begin) else (Match.NONE, {})


def joined(*routers: APIRouter, prefix: str = "", **more: Any) -> APIRouter:
    """All their routes, below `prefix`, with what else the framework lets say of a router. Of two that fit a path the
    first one answers."""
    whole = APIRouter(prefix=prefix, **more)
    for router in routers:
        whole.include_router(_Section(router, prefix))
    return whole


def give_routes(app: FastAPI, *routers: APIRouter) -> None:
    """Give `app` the routes of `routers`, below what every route asks for.

    The framework works out what a route takes when it is first asked, and anew for each application that includes its
    router: for all of ours a second. It does so once for what is given here.
    """
    key = tuple(id(router) for router in routers)
    if key not in _given:
        _given[key] = joined(*routers, dependencies=[Depends(intends), Depends(as_read)])
    app.router.routes.extend(_given[key].routes)
