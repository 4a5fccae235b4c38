"""What stands around every answer: the headers that keep a page safe, and a page instead of a problem document."""

from __future__ import annotations

from functools import cache

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.api.gateway import Gateway
from services.gateway.api.languages import speech_for
from services.gateway.pages.signin import inside, ways
from services.gateway.pages.site import page
from services.gateway.views.words import Speech, _, speaking

SAFETY = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_MACHINES = ("/api/", "/v1/", "/static/", "/livez", "/readyz", "/startupz", "/metrics")
_MOST = 1 << 16

TITLES = {
    401: _("Sign in"),
    410: _("Gone"),
    429: _("Too often"),
    403: _("Not for you to see"),
    404: _("There is no such page"),
    422: _("That cannot be asked like this"),
    503: _("Not to be had just now"),
}


class Problem(msgspec.Struct):
    """What a page says of a problem document."""

    detail: str = ""
    error_id: str | None = None


class BrowserPages:
    """ASGI middleware, outermost: all is said in the reader's language, and a browser that asked for a page and gets a
    problem is shown a page about it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)

        @cache
        def reader() -> Speech:
            """Most requests are of programs, to whom nothing is said: theirs is never looked for."""
            return speech_for(asked.get("cookie", ""), asked.get("accept-language", ""))

        with speaking(reader):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
        # A link of a page may lead to a file of the API: who follows it reads a page where the file is not to be had.
        followed = asked.get("sec-fetch-mode") == "navigate" and scope["path"].startswith("/api/")
        by_people = followed or not scope["path"].startswith(_MACHINES)
        wants_page = "text/html" in asked.get("accept", "") and by_people
        start: Message | None = None
        body = bytearray()

        async def answered(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                for name, value in SAFETY.items():
                    headers.setdefault(name, value)
                if wants_page and message["status"] >= 400 and "html" not in headers.get("content-type", ""):
                    start = message
                    return
            if start is None:
                await send(message)
                return
            body.extend(message.get("body", b"")[: _MOST - len(body)])
            if not message.get("more_body", False):
                await self._explain(scope, receive, start, bytes(body), send)

        await self._app(scope, receive, answered)

    async def _explain(self, scope: Scope, receive: Receive, start: Message, body: bytes, send: Send) -> None:
        status: int = start["status"]
        # The problem document's advice to one who is not signed in is for programs.
        problem = Problem() if status == 401 else _problem(body)
        response = problem_page(Request(scope, receive), status, problem)
        for name in ("www-authenticate", "retry-after", *SAFETY):
            if value := Headers(raw=start["headers"]).get(name):
                response.headers[name] = value
        await response(scope, receive, send)


def problem_page(request: Request, status: int, problem: Problem) -> Response:
    """The page about a problem; on 401 it is the one on which one signs in, and goes on to where one was going."""
    if status == 401 and isinstance(gateway := _gateway(request), Gateway):
        asked = request.url.path if request.method == "GET" else "/"
        going = inside(f"{asked}?{request.url.query}" if request.url.query and asked != "/" else asked)
        return page(request, "signin.html", 401, going=going, **ways(gateway) | {"refused": problem.detail})
    title = TITLES.get(status, _("Something went wrong") if status >= 500 else _("That did not work"))
    return page(request, "problem.html", status, title=title, code=status, problem=problem)


def _gateway(request: Request) -> object:
    """That of the application inside, where the request got so far, and where there is one."""
    app = request.scope.get("app")
    return None if app is None else getattr(app.state, "gateway", None)


def _problem(body: bytes) -> Problem:
    try:
        return msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        return Problem()
