"""The gate in front of every route: who is calling, or 401; cookies only from our own pages, or 403; and not too often,
or 429."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.http.forms import carried, like_a_form
from shared.http.limits import Limits
from shared.http.problems import Problem
from shared.rights import RIGHTS, Reach, Right, named
from shared.security import SESSION_LIFE, Callers, Principal, same_origin

COOKIE = "tallyline_session"
OPEN_PATHS = ("/livez", "/readyz", "/startupz", "/metrics", "/v1/in/", "/static/", "/signin", "/signin/")
"""Who comes here proves itself otherwise or needs no proof. A path that ends with a slash stands for all below it."""

INSIDE = "inside"
"""In the state of a request that this process asks itself for somebody: only what that person asked is counted."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_EXACT = frozenset(path for path in OPEN_PATHS if not path.endswith("/"))
_BELOW = tuple(path for path in OPEN_PATHS if path.endswith("/"))


def is_open(scope: Scope) -> bool:
    """Whether anybody at all comes in here. The first page is open to who brings a link to sign in with."""
    path: str = scope["path"]
    if path == "/" and scope["method"] == "GET":
        return "token" in parse_qs(scope["query_string"].decode("latin-1"))
    return path in _EXACT or path.startswith(_BELOW)


class Gate:
    """ASGI middleware. Sets `request.state.principal`; pure ASGI, so that endless answers stream through it.

    It refuses by raising: `install_problems`, called after it was added, puts the layer around it that answers.
    `limits`: how often a key, or a user, may ask; None: as they like. The key of this machine always may.
    """

    def __init__(self, app: ASGIApp, access: Callers, limits: Limits | None = None) -> None:
        self._app = app
        self._access = access
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_open(scope):
            headers = Headers(scope=scope)
            principal = await self._principal(scope["method"], headers)
            # In the request's own state and not in a copy: layers around the routes make pages too, and read who asked.
            state = scope.setdefault("state", {})
            state["principal"] = principal
            if self._limits is not None and principal.by != "machine" and not state.get(INSIDE):
                self._limits.check((principal.by, principal.name, principal.role, principal.partners))
            # What this process asks itself came in as something that was looked at.
            if "authorization" not in headers and like_a_form(scope["method"], headers) and not state.get(INSIDE):
                receive = await self._of_our_page(headers, receive)
        await self._app(scope, receive, send)

    async def _of_our_page(self, headers: Headers, receive: Receive) -> Receive:
        """403 to a form that is of no page of this session."""
        whole = await carried(headers, receive, session_of(headers) or "")
        if whole is None:
            raise Problem(403, "stale_page", "This page is of another session: load it again.")
        return whole

    async def _principal(self, method: str, headers: Headers) -> Principal:
        if authorization := headers.get("authorization"):
            scheme, _, credentials = authorization.partition(" ")
            principal = await self._access.of_key(credentials.strip()) if scheme.lower() == "bearer" else None
            if principal is None:
                raise _unauthenticated("The key is not valid.", ', error="invalid_token"')
            return principal
        session = session_of(headers)
        principal = await self._access.of_session(session) if session else None
        if principal is None:
            raise _unauthenticated("Sign in, or send an API key as a bearer token.")
        if method not in _SAFE and not same_origin(headers):
            raise Problem(403, "cross_site", "With a session, changes are accepted from our own pages only.")
        return principal


def require(right: Right, reach: Reach = "partner") -> Callable[[Request], Awaitable[Principal]]:
    """The dependency of every route, page and stream: it gives who is calling, if they have the right.

    401 on a route that the gate left open. 403 to those whose role has not the right, naming the roles that have it,
    and with the reach `company` to those who see only some partners. With the reach `partner` the route itself keeps
    to the partners that the caller sees. KeyError where there is no such right: types don't reach into annotations.
    """
    roles = RIGHTS[right]

    async def check(request: Request) -> Principal:
        principal = getattr(request.state, "principal", None)
        if not isinstance(principal, Principal):
            raise _unauthenticated("Sign in, or send an API key as a bearer token.")
        if principal.role not in roles:
            raise Problem(403, "not_allowed", f"This is for the role {named(roles)}.")
        if not principal.may(right):
            raise Problem(403, "not_allowed", f"This key is narrowed to rights without `{right}`.")
        if reach == "company" and principal.partners is not None:
            raise Problem(403, "not_allowed", "This concerns all partners, and you may see only some of them.")
        request.state.rights = {right} | getattr(request.state, "rights", set())  # the audit log looks at them
        return principal

    return check


def session_of(headers: Headers) -> str | None:
    """The text of the session's cookie."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def set_session(response: Response, text: str, *, secure: bool, life: timedelta = SESSION_LIFE) -> None:
    """Give the browser its session. `secure`: only over HTTPS, which a server on a laptop does not speak."""
    seconds = int(life.total_seconds())
    response.set_cookie(COOKIE, text, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


def end_session(response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def _unauthenticated(detail: str, hint: str = "") -> Problem:
    return Problem(401, "unauthenticated", detail, headers={"www-authenticate": f'Bearer realm="tallyline"{hint}'})
