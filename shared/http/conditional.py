"""Reads and writes that know of each other: tags of what was read, writes for what was read, reads of what was written.

A write with `If-Match` is carried out only if the nearest path above it that answers to GET still answers as it did:
the one with that tag. A write with `Prefer: wait` is answered when its reader would see it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from types import FunctionType
from urllib.parse import unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.engine.commands import CONDITION, TOLD
from shared.http.answers import TAGGED, same, tag_of
from shared.http.measured import template, waited
from shared.http.problems import Problem
from shared.http.requests import IDEMPOTENCY_KEY, command_id
from shared.kernel import ChangedMeanwhile
from shared.ports import StoreUnavailable

API = "/api/"
MOST_WAIT_S = 25
"""Shorter than what proxies on the way allow an answer to take."""
USUAL_WAIT_S = 5
"""Of `Prefer: wait` without a number."""
SHOWN_WITHIN_S = 5.0
"""How long a write with `If-Match` waits for the views, so that what is compared is not older than what it changes."""
_WAIT = re.compile(r"(?:^|,)\s*wait\s*(?:=\s*\"?(\d{1,4})\"?)?\s*(?:$|[,;])")
_KEPT = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path", "app", "extensions")

Shown = Callable[[str, str, int, float], Awaitable[bool]]
"""Whether the views of a service hold a stream up to a version, within so many seconds."""


class Conditional:
    """ASGI middleware right around the routes; `as_read` has to be a dependency of all of them."""

    def __init__(self, app: ASGIApp, shown: Shown) -> None:
        self._app = app
        self._shown = shown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing is held up or looked into but what is asked for."""
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
        elif scope["method"] == "GET":
            await self._app(scope, receive, _Tagging(Headers(scope=scope), send).send)
        elif scope["method"] in ("HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
        else:
            await self._write(scope, receive, send)

    async def _write(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        condition = _AsRead(self._app, scope, self._shown) if "if-match" in headers else None
        wait = waits(headers)
        told: list[tuple[str, str, int]] = []

        async def sending(message: Message) -> None:
            done = message["type"] == "http.response.start" and message["status"] < 300
            if done and wait:
                begun, answer = time.perf_counter(), MutableHeaders(scope=message)
                if await self._all_shown(told, wait):
                    answer["preference-applied"] = f"wait={wait}"
                waited(scope, answer, time.perf_counter() - begun)
            await send(message)

        # Of this request alone: one that asks others in this process has not asked for them.
        scope["condition"] = condition
        given = CONDITION.set(condition)
        gathered = TOLD.set(told) if wait else None
        try:
            await self._app(scope, receive, sending)
        finally:
            CONDITION.reset(given)
            if condition is not None:
                condition.written()  # nor has what it leaves behind to be done later
            if gathered is not None:
                TOLD.reset(gathered)

    async def _all_shown(self, told: list[tuple[str, str, int]], wait: float) -> bool:
        """It is done, whatever is seen of it: a store that does not answer now is no failure."""
        try:
            return all([await self._shown(*one, wait) for one in told])
        except StoreUnavailable:
            return False


def waits(headers: Headers) -> int:
    """The seconds that `Prefer: wait=10` (RFC 7240) says, bounded; 0 without."""
    found = _WAIT.search(",".join(headers.getlist("prefer")))
    return 0 if found is None else min(MOST_WAIT_S, int(found[1] or USUAL_WAIT_S))


async def as_read(request: Request) -> None:
    """What a write is meant for, looked at before it is tried. The door looks once more, at the version that a command
    changes. Of a command under a key only there: a repeat is answered as it was, though it changed the state itself."""
    condition = request.scope.get("condition")
    leads_on = not getattr(request.scope["route"], "include_in_schema", False)
    looks_later = IDEMPOTENCY_KEY in request.headers and by_command(request.scope["endpoint"])
    if isinstance(condition, _AsRead) and not leads_on and not looks_later:
        await condition.hold()


async def as_read_now(request: Request) -> None:
    """For a route that takes a key and writes documents, past the door: there is no later look."""
    condition = request.scope.get("condition")
    if isinstance(condition, _AsRead):
        await condition.hold()


@lru_cache(2_048)
def by_command(endpoint: FunctionType) -> bool:
    """Whether a route does what it does under the request's id: it asks for the id, or a function that it calls does,
    however far. Read from the code, since what is declared beside it may say otherwise."""
    seen, left, ours = {endpoint}, [endpoint], {_package(endpoint.__module__), _package(__name__)}
    while left:
        function = left.pop()
        named = [function.__globals__.get(name) for name in function.__code__.co_names]
        if command_id in named:
            return True
        functions = [found for found in named if isinstance(found, FunctionType) and found not in seen]
        called = [found for found in functions if _package(found.__module__) in ours]
        seen.update(called)
        left += called
    return False


def _package(module: str) -> str:
    return module.partition(".")[0]


class _Tagging:
    """Gives answers a tag where they have none of their own, and 304 to whoever has them already."""

    def __init__(self, asked: Headers, send: Send) -> None:
        self._asked = asked
        self._send = send
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        """Holds the start back until it is known whether the body comes in one piece."""
        if message["type"] == "http.response.start" and self._wants(message):
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if not message.get("more_body", False):
                message = self._tagged(start, message)
            await self._send(start)
        await self._send(message)

    @staticmethod
    def _wants(start: Message) -> bool:
        headers = Headers(raw=start["headers"])
        kept = "no-store" not in headers.get("cache-control", "")
        return start["status"] == 200 and headers.get("content-type") in TAGGED and kept

    def _tagged(self, start: Message, body: Message) -> Message:
        headers = MutableHeaders(raw=start["headers"])
        tag = headers.get("etag") or tag_of(body.get("body", b""))
        headers["etag"] = tag
        headers.setdefault("cache-control", "private, no-cache")
        headers.add_vary_header("authorization, cookie")
        if same(self._asked, "if-none-match", tag):
            start["status"] = 304
            del headers["content-length"], headers["content-type"]
            body = {**body, "body": b""}
        start["headers"] = headers.raw
        return body


class _AsRead:
    """What `If-Match` says, held against what the sender would read now."""

    def __init__(self, app: ASGIApp, scope: Scope, shown: Shown) -> None:
        self._app = app
        self._scope = scope
        self._shown = shown
        self._written = False

    def written(self) -> None:
        """See the engine's Condition."""
        self._written = True

    async def hold(self, service: str = "", stream: str = "", version: int = 0) -> None:
        """See the engine's Condition. Without a stream: of whatever stands there now."""
        if self._written:
            return
        if stream and not await self._shown(service, stream, version, SHOWN_WITHIN_S):
            raise StoreUnavailable(f"the views are behind {stream}@{version}")
        tag = await self._tag()
        headers = Headers(scope=self._scope).getlist("if-match")
        # Strong comparison (RFC 9110, 13.1.1): a weak tag matches nothing.
        given = {part.strip() for header in headers for part in header.split(",")}
        if tag is None or not ("*" in given or tag in given):
            raise ChangedMeanwhile

    async def _tag(self) -> str | None:
        """Of what is read on the nearest path; None where the sender would not be shown it."""
        for path in self._paths():
            scope, status, headers, body = await self._read(path)
            if "route" not in scope or status == 405 or not getattr(scope["route"], "include_in_schema", False):
                continue  # nobody reads there
            if status != 200:
                return None
            if not scope["path_params"] and b'"next":"' in body:
                break  # a page of a list: what was read may stand on another one
            return headers.get("etag") or tag_of(body)
        raise Problem(412, "nothing_to_match", "Nothing is read of what this changes: send it without `If-Match`.")

    def _paths(self) -> Iterator[bytes]:
        """The path itself and those above it, down to the list that its first parameter is of."""
        segments = self._scope["raw_path"].split(b"/")
        named = template(self._scope["path"], self._scope["route"]).split("/")
        first = next((at for at, name in enumerate(named) if name.startswith("{")), len(named) + 1)
        for end in range(len(segments), first - 1, -1):
            yield b"/".join(segments[:end])

    async def _read(self, path: bytes) -> tuple[Scope, int, Headers, bytes]:
        """What GET answers there to the same caller."""
        asked = Headers(scope=self._scope)
        scope: Scope = {name: self._scope[name] for name in _KEPT if name in self._scope} | {
            "method": "GET",
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": b"",
            "headers": [(name, value) for name, value in asked.raw if name in (b"authorization", b"cookie", b"host")],
            "state": {**self._scope.get("state", {})},
        }
        status, headers, body = 0, Headers(), bytearray()

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], Headers(raw=message["headers"])
            else:
                body.extend(message.get("body", b""))

        try:
            await self._app(scope, receive, send)
        except Problem as refused:
            status = refused.status
        return scope, status, headers, bytes(body)
