"""Questions of the gateway's pages to the rest of the system over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Annotated, Any, Protocol

import httpx
import msgspec
from fastapi import Depends, Request

from shared.http import FieldError, Problem, require
from shared.ports import StoreUnavailable
from shared.security import Principal

SHOWN = {"prefer": "wait=5"}
"""What writes say: they are answered when what they did can be read, so that a page shows it at once."""
Proof = Callable[[Request, Principal], httpx.Auth]
"""How a question of ours proves that it is asked for whoever sent a request."""


class Ask(Protocol):
    """A question to the rest of the system over HTTP."""

    async def __call__(self, path: str, **query: str | int | None) -> Any:
        """The answer; None where there is no such thing."""
        ...


async def nothing() -> None:
    """What is asked for of nobody, where the others are asked side by side."""


async def everything(ask: Ask, path: str, **query: str | int | None) -> list[dict[str, Any]]:
    """A whole list, page by page; nothing of a list that is not there."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await ask(path, **query, cursor=cursor)
        if page is None:
            return []
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


class AsViewer:
    """Asks in the name of who looks at a page: the services themselves decide what they get to see, and may do.

    Problem with the service's own status and code where it refuses, StoreUnavailable where it does not answer.
    """

    def __init__(self, client: httpx.AsyncClient, proof: httpx.Auth) -> None:
        self._client = client
        self._proof = proof

    async def __call__(self, path: str, **query: str | int | None) -> Any:
        """The answer of a GET; None where there is no such thing, or no more."""
        params = {name: value for name, value in query.items() if value is not None}
        answer = await self._send("GET", path, params=params)
        return None if answer.status_code in (404, 410) else _told(answer)

    async def read(self, path: str) -> tuple[Any, str]:
        """The answer of a GET and its tag; None and no tag where there is no such thing, or no more."""
        answer = await self._send("GET", path)
        return (None, "") if answer.status_code in (404, 410) else (_told(answer), answer.headers.get("etag", ""))

    async def do(
        self,
        path: str,
        body: Any = None,
        method: str = "POST",
        match: str = "",
        **query: str | int | None,
    ) -> Any:
        """The answer to what changes something. `body` goes as JSON. `match`: the tag of what it is meant for."""
        params = {name: value for name, value in query.items() if value is not None}
        headers = SHOWN | {"content-type": "application/json"}
        if match:
            headers["if-match"] = match
        content = msgspec.json.encode({} if body is None else body)
        return _told(await self._send(method, path, params=params, content=content, headers=headers))

    async def send(
        self,
        path: str,
        content: bytes,
        media: str = "application/octet-stream",
        method: str = "POST",
        **query: str | int | None,
    ) -> Any:
        """The answer to a file that is sent as it is."""
        params = {name: value for name, value in query.items() if value is not None}
        headers = SHOWN | {"content-type": media}
        return _told(await self._send(method, path, params=params, content=content, headers=headers))

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, auth=self._proof, **more)
        except httpx.HTTPError as cause:
            raise StoreUnavailable(f"{path}: {type(cause).__name__}") from cause
        if answer.status_code >= 500:
            raise StoreUnavailable(f"{path}: {answer.status_code}")
        return answer


class PassedOn(httpx.Auth):
    """In one process: with the key or the session that the request itself came with. That it came from our own pages
    was looked at when it came in."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._given = {name: headers[name] for name in ("authorization", "cookie") if name in headers}

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Nothing of the client's own proof is left."""
        request.headers.pop("authorization", None)
        request.headers.update(self._given)
        request.headers["sec-fetch-site"] = "same-origin"
        yield request


async def asker_of(request: Request) -> AsViewer:
    """What a page's route asks with."""
    found: Callable[[Request, Principal], AsViewer] = request.app.state.gateway.asker
    return found(request, await require("here")(request))


Asker = Annotated[AsViewer, Depends(asker_of)]


def _told(answer: httpx.Response) -> Any:
    found = msgspec.json.decode(answer.content) if answer.content else None
    if answer.status_code >= 400:
        told = found if isinstance(found, dict) else {}
        code = str(told.get("type", "")).rpartition("/")[2] or "refused"
        errors = [FieldError(str(one.get("field")), str(one.get("detail"))) for one in told.get("errors", ())]
        raise Problem(answer.status_code, code, str(told.get("detail", "")), errors=errors)
    return found
