"""Reads an endless answer in-process, frame by frame, and goes away when it has read enough."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message


@dataclass
class Frame:
    """One server-sent event."""

    event: str
    id: str | None
    data: Any


@dataclass
class Stream:
    """An open stream."""

    status: int
    _chunks: asyncio.Queue[bytes]
    _rest: bytes = field(default=b"")

    async def next(self, within: float = 60.0) -> Frame:
        """The next event; comments and retry times are passed over."""
        async with asyncio.timeout(within):
            while True:
                while b"\n\n" not in self._rest:
                    self._rest += await self._chunks.get()
                block, _, self._rest = self._rest.partition(b"\n\n")
                lines = dict(line.split(": ", 1) for line in block.decode().splitlines() if ": " in line)
                if "event" in lines:
                    return Frame(lines["event"], lines.get("id"), msgspec.json.decode(lines["data"]))


@contextlib.asynccontextmanager
async def listening(app: ASGIApp, path: str, query: str, **headers: str) -> AsyncIterator[Stream]:
    """Ask for a stream, and leave it at the end of the block."""
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    left = asyncio.Event()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            begun.set_result(message["status"])
        else:
            chunks.put_nowait(message.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("tallyline", 80),
    }
    task = asyncio.ensure_future(app(scope, receive, send))
    try:
        yield Stream(await asyncio.wait_for(begun, 60), chunks)
    finally:
        left.set()
        await asyncio.wait_for(task, 60)
