"""Writes down who changes something here or takes something out: before it is tried, and before it is answered."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.audit.entries import Committed, Entry, Outcome, Step
from shared.audit.trail import Trail
from shared.engine.commands import COMMITTED
from shared.http.gate import COOKIE
from shared.http.measured import template
from shared.http.problems import status_of
from shared.logs import MASK
from shared.ports import Commit
from shared.security import Principal

READS = frozenset({"GET", "HEAD", "OPTIONS"})
API = "/api/"
INTERNAL = "/internal/"
"""What services tell each other so that a page can be shown."""
SIGNED_OUT_THERE = "/signin/backchannel-logout"
PAGES: Mapping[str, str] = {
    "/signout": "Sign out",
    SIGNED_OUT_THERE: "Sign out by the provider",
    "/admin/users": "Add a user",
    "/admin/users/{name}/role": "Give a user another role",
    "/admin/users/{name}/{what}": "Act on a user",
    "/admin/keys": "Make an API key",
    "/admin/keys/{key_id}/revocation": "Revoke an API key",
    "/admin/webhooks": "Tell another system of events",
    "/admin/webhooks/{webhook}": "Configure an endpoint anew",
    "/admin/webhooks/{webhook}/key": "Sign with a new key",
    "/admin/webhooks/{webhook}/{what}": "Act on an endpoint",
    "/admin/webhooks/{webhook}/messages/{message}": "Send a message again",
    "/alerts": "Watch a figure",
    "/alerts/{alert}": "Change an alert",
    "/alerts/{alert}/acknowledgement": "Take an alert on",
    "/alerts/{alert}/retirement": "Watch a figure no more",
    "/saved-views": "Save a view",
    "/saved-views/{saved_view}": "Change a saved view",
    "/saved-views/{saved_view}/{what}": "Act on a saved view",
}
"""Pages that change something themselves, by their routes. All others ask the API for it, where it is written down."""
SIGN_IN = "Sign in"
SHOWN = frozenset(
    {"application/json", "application/problem+json", "text/html", "text/event-stream", "text/css", "text/javascript"}
)
"""What is looked at and not taken out; anything else is an export."""
CONFIDENTIAL = "administration"
"""Who reads by this right sees payloads, numbers or keys."""
MOST_COMMITS = 100
"""Of one entry; a request that commits more has several."""
LONGEST = 200
_CALLABLE = re.compile(r"\+?[0-9][0-9 ().-]{5,}[0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?")
_events = msgspec.json.Decoder(list[msgspec.Raw])
_names = msgspec.json.Decoder(dict[str, Any])


class Audited:
    """ASGI middleware, between the gate and the routes; `intends` has to be a dependency of all of them."""

    def __init__(self, app: ASGIApp, trail: Trail) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing is answered before the entry of what came of it is stored. StoreUnavailable."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = _Watch(self._trail, scope)
        scope["audit"] = watch
        token = COMMITTED.set(watch.committed)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await watch.answers(int(message["status"]), Headers(raw=message.get("headers", [])))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            # Problems are answered further out, from what is raised here.
            await watch.answers(status_of(error), Headers())
            raise
        finally:
            COMMITTED.reset(token)


async def intends(request: Request) -> None:
    """What is asked for is written down before it is tried, so that no killed process hides it."""
    watch = request.scope.get("audit")
    if isinstance(watch, _Watch):
        await watch.begins()


class _Watch:
    """One request."""

    def __init__(self, trail: Trail, scope: Scope) -> None:
        self._trail = trail
        self._scope = scope
        self._id = secrets.token_hex(8)
        self._asked = False
        self._answered = False
        self.committed: list[tuple[str, Commit]] = []

    def _principal(self) -> Principal | None:
        found = self._scope.get("state", {}).get("principal")
        return found if isinstance(found, Principal) else None

    def _is_ours(self) -> bool:
        """Not of a route that leads on to another process or to the API: there it is written down."""
        path, route = self._scope["path"], self._scope["route"]
        return template(path, route) in PAGES or (path.startswith(API) and getattr(route, "include_in_schema", False))

    async def begins(self) -> None:
        """The route is known, and nothing has happened yet."""
        if self._scope["method"] not in READS and self._principal() is not None and self._is_ours():
            await self._append("asked")
            self._asked = True

    async def answers(self, status: int, headers: Headers) -> None:
        """The answer is known, and nothing of it is sent yet."""
        if self._answered or self._principal() is None:
            return
        self._answered = True
        if self._asked:
            outcome: Outcome = "accepted" if status < 400 else "refused" if status < 500 else "failed"
            commits = [_committed(service, commit) for service, commit in self.committed]
            for start in range(0, max(1, len(commits)), MOST_COMMITS):
                await self._append("done", status, outcome, tuple(commits[start : start + MOST_COMMITS]))
        elif (
            self._scope["path"] == SIGNED_OUT_THERE
            or self._signs_in(headers)
            or (self._scope["method"] == "GET" and status in (200, 206) and self._takes(headers))
        ):
            await self._append("read", status, "accepted")

    def _signs_in(self, headers: Headers) -> bool:
        return _way_in(self._scope["path"]) and headers.get("set-cookie", "").startswith(f"{COOKIE}=")

    def _takes(self, headers: Headers) -> bool:
        """Whether the answer is a file, or nothing that everybody with a right may look at."""
        route, rights = self._scope.get("route"), self._scope.get("state", {}).get("rights", ())
        path = self._scope["path"]
        if route is None or path.startswith(INTERNAL) or (path.startswith(API) and not self._is_ours()):
            return False
        media = headers.get("content-type", "").partition(";")[0]
        return "content-disposition" in headers or media not in SHOWN or CONFIDENTIAL in rights

    async def _append(
        self,
        step: Step,
        status: int | None = None,
        outcome: Outcome | None = None,
        commits: tuple[Committed, ...] = (),
    ) -> None:
        who, route, path = self._principal(), self._scope["route"], self._scope["path"]
        if who is None:
            raise TypeError("nobody to tell of")
        on = {name: without_number(str(value)) for name, value in self._scope.get("path_params", {}).items()}
        summary = (
            PAGES.get(template(path, route))
            or (SIGN_IN if _way_in(path) else "")
            or getattr(route, "summary", None)
            or route.name
        )
        await self._trail.append(
            Entry(
                at=self._trail.now(),
                step=step,
                request=self._id,
                who=without_number(who.name),
                role=who.role,
                by=who.by,
                partners=None if who.partners is None else tuple(sorted(who.partners)),
                agent=who.agent,
                what=summary,
                route=f"{self._scope['method']} {template(path, route)}",
                on=on,
                status=status,
                outcome=outcome,
                commits=commits,
            )
        )


def _way_in(path: str) -> bool:
    return path in ("/", "/signin") or path.startswith("/signin/")


def without_number(value: str) -> str:
    """A parameter of a path without what somebody could be called by; dates stay. Whoever asks may write anything."""
    parts = (
        MASK if _CALLABLE.fullmatch(part.strip()) and not _DATE.fullmatch(part) else part for part in value.split(":")
    )
    return ":".join(parts)[:LONGEST]


def _committed(service: str, commit: Commit) -> Committed:
    names = tuple(str(_names.decode(event)["type"]) for event in _events.decode(commit.events))
    digest = hashlib.sha256(commit.events).hexdigest()
    return Committed(service, commit.stream, commit.version, names, digest)
