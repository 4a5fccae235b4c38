"""Counts requests by route, and how long each waited for its answer."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Protocol

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_QUESTIONS = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})
"""What a cluster and Prometheus ask all the time. Counted, a start would cost the objective of answers its budget,
since it says 503 until it is over, and so many good answers would hide the bad ones of people."""


_TOLD, _WAIT = "server-timing", re.compile(r"\bwait;dur=(\d+(?:\.\d+)?)")


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


def waited(scope: Scope, headers: MutableHeaders, seconds: float) -> None:
    """Tell, to whoever measures here and to whoever asked, how long an answer was held back because they wished it."""
    scope["waited"] = seconds
    headers[_TOLD] = f"wait;dur={seconds * 1000:.1f}"


def waited_elsewhere(scope: Scope, headers: Mapping[str, str]) -> None:
    """The same of an answer that is passed on, as the service tells that gave it."""
    if found := _WAIT.search(headers.get(_TOLD, "")):
        scope["waited"] = float(found[1]) / 1000


class Measured:
    """ASGI middleware. A route is named by its template: what stands in a path is nobody's label.

    An answer that never ends has begun, so the time is the one to its beginning. An exception is a 500 by then.
    How long somebody wished to wait is not how long they had to.
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
                took = time.perf_counter() - begun - scope.get("waited", 0.0)
                metrics.HTTP_SECONDS.labels(route).observe(max(took, 0.0))
            await send(message)

        await self._app(scope, receive, sending)
