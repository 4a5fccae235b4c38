"""Counts requests by route, and how long each waited for its answer."""

from __future__ import annotations

import re
import time
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_QUESTIONS = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})
"""What a cluster and Prometheus ask all the time. Counted, a start would cost the objective of answers its budget,
since it says 503 until it is over, and so many good answers would hide the bad ones of people."""


class Route(Protocol):
    """A route as the framework leaves it in the scope. Inside of a router its path is without the router's own."""

    path: str
    path_regex: re.Pattern[str]


def template(path: str, route: Route | None) -> str:
    """The route of a path, whole; `none` if it is none of ours."""
    if route is None:
        return "none"
    segments = path.split("/")
    for n in range(1, len(segments)):
        if route.path_regex.match("/" + "/".join(segments[n:])):
            return "/".join(segments[:n]) + route.path
    return route.path


class Measured:
    """ASGI middleware. A route is named by its template: what stands in a path is nobody's label.

    An answer that never ends has begun, so the time is the one to its beginning. An exception is a 500 by then.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"] not in NO_QUESTIONS:
                # Set by the router on its way in, if the path was one of ours.
                route = template(scope["path"], scope.get("route"))
                method = scope["method"] if scope["method"] in METHODS else "other"
                metrics.HTTP_REQUESTS.labels(method, route, str(message["status"])).inc()
                metrics.HTTP_SECONDS.labels(route).observe(time.perf_counter() - begun)
            await send(message)

        await self._app(scope, receive, sending)
