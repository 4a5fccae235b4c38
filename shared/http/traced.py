"""Each request as a span, from its first byte to the end of its answer, within the trace of whoever sent it."""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import tracing
from shared.http.measured import METHODS, template

QUIET = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})
"""Asked every few seconds, by machines that look after us."""
_HEADER = tracing.HEADER.encode()


class Traced:
    """ASGI middleware. A span is named by its method and route: what stands in a path or a query is in no span.

    `doors` are the paths of applications past the framework. `believed`: senders say whether their trace is kept; at
    the doors nobody does.
    """

    def __init__(self, app: ASGIApp, doors: Collection[str], believed: bool) -> None:
        self._app = app
        self._doors = tuple(doors)
        self._believed = believed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not tracing.on() or scope["type"] != "http" or scope["path"] in QUIET:
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "other"
        door = next((f"{path}*" for path in self._doors if scope["path"].startswith(path)), None)
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER), "")
        parent = tracing.received(given, self._believed and door is None)
        with tracing.span(method, "server", parent=parent, attributes={"http.request.method": method}) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = door or template(scope["path"], scope.get("route"))  # set by the router on its way in
                    span.rename(f"{method} {route}")
                    span.note("http.route", route)
                    span.note("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.failed(str(message["status"]))
                await send(message)

            await self._app(scope, receive, sending)
