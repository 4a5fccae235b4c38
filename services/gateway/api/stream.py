"""A stream of server-sent events as a response: it ends with its reader, with its session, or with the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STALLED_S = 30
CHECK_S = 60
SIGN_IN_AGAIN = b'event: bye\ndata: {"why":"auth"}\n\n'


class EventStream(Response):
    """Sends what `chunks` gives, and calls `leave` at the end; `allowed` is asked once a minute.

    A reader that takes nothing for half a minute is dropped, and `stalled` called: nothing is kept for it.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        chunks: AsyncGenerator[bytes, None],
        allowed: Callable[[], Awaitable[bool]],
        stalled: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._allowed = allowed
        self._stalled = stalled
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writing = asyncio.ensure_future(self._write(send))
        leaving = asyncio.ensure_future(_left(receive))
        try:
            await asyncio.wait((writing, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave()
            writing.cancel()
            leaving.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)
        if not writing.cancelled() and (failed := writing.exception()):
            raise failed

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        loop = asyncio.get_running_loop()
        check = loop.time() + CHECK_S
        async with aclosing(self._chunks) as chunks:
            async for chunk in chunks:
                signed_in = True
                if loop.time() >= check:
                    check = loop.time() + CHECK_S
                    signed_in = await self._allowed()
                if not await self._sent(send, chunk if signed_in else SIGN_IN_AGAIN):
                    return
                if not signed_in:
                    break
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _sent(self, send: Send, body: bytes) -> bool:
        try:
            async with asyncio.timeout(STALLED_S):
                await send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError:
            self._stalled()
            return False
        return True


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
