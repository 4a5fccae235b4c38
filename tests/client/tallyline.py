"""The client: pages that follow each other, reads that are kept by their tag, writes that may be repeated."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from tests.client.errors import raised
from tests.client.webhooks import Endpoint, Made, Message

T = TypeVar("T")
TRIES = 3
BASE = "/api/v1"


class Page(msgspec.Struct, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = None


class Accepted(msgspec.Struct):
    """A command was carried out: its stream is at `version` at least."""

    stream: str
    version: int


class Tallyline:
    """`http` knows the address and the key. What was read before is not sent again where it has not changed."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._kept: dict[str, tuple[str, bytes]] = {}
        self.unchanged = 0
        """Answers that the server did not have to send."""

    async def get(self, path: str, kind: type[T]) -> tuple[T, str]:
        """What stands there, and its tag for a later write. Refused."""
        tag, body = self._kept.get(path, ("", b""))
        answer = await self._http.get(BASE + path, headers={"if-none-match": tag} if tag else {})
        if answer.status_code == 304:
            self.unchanged += 1
        else:
            raised(answer)
            tag, body = answer.headers["etag"], answer.content
            self._kept[path] = (tag, body)
        return msgspec.json.decode(body, type=kind), tag

    async def every(self, path: str, kind: type[T], limit: int = 100, **query: str) -> AsyncIterator[T]:
        """All items of a list, page by page."""
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor is not None else {}
            answer = await self._http.get(BASE + path, params={**query, **more, "limit": limit})
            raised(answer)
            page: Page[T] = msgspec.json.decode(answer.content, type=Page[kind])  # type: ignore[valid-type]
            for item in page.items:
                yield item
            cursor = page.next
            if cursor is None:
                return

    async def do(
        self, method: str, path: str, body: Any, kind: type[T], tag: str = "", key: str = "", wait: int = 0
    ) -> T:
        """Carry out a command, once, however often it has to be sent: every try has the same key. `tag`: only if it is
        still as it was read. `wait`: until a read shows it, so many seconds at the most. Refused, Changed."""
        headers = {"idempotency-key": key or str(uuid.uuid4()), "content-type": "application/json"}
        if wait:
            headers["prefer"] = f"wait={wait}"
        if tag:
            headers["if-match"] = tag
        for left in reversed(range(TRIES)):
            try:
                answer = await self._http.request(
                    method, BASE + path, content=msgspec.json.encode(body), headers=headers
                )
            except httpx.TransportError:
                if not left:
                    raise
                continue
            if answer.status_code != 503 or not left:
                break
        raised(answer)
        return msgspec.json.decode(answer.content, type=kind)

    # Webhooks

    def webhooks(self, limit: int = 100) -> AsyncIterator[Endpoint]:
        """All endpoints that the key sees."""
        return self.every("/webhooks", Endpoint, limit)

    async def webhook(self, name: str) -> tuple[Endpoint, str]:
        """An endpoint, and its tag."""
        return await self.get(f"/webhooks/{name}", Endpoint)

    async def subscribe(self, wanted: dict[str, Any], key: str = "") -> Made:
        """A new endpoint; the same again for the same `key`."""
        return await self.do("POST", "/webhooks", wanted, Made, key=key)

    def told(self, name: str, standing: str, limit: int = 100) -> AsyncIterator[Message]:
        """What an endpoint was told."""
        return self.every(f"/webhooks/{name}/deliveries", Message, limit, standing=standing)
