"""Answers as they come from elsewhere, a piece at a time: the server waits for whoever takes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

STALLED_S = 60.0
"""Whoever takes nothing of an answer for so long has gone: it would hold a connection in each process on the way."""


class Streamed(StreamingResponse):
    """`close` ends it there however it ends here: whole, cut off, or left by whoever asked."""

    def __init__(
        self,
        content: AsyncIterator[bytes],
        close: Callable[[], Awaitable[None]],
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(content, status, headers)
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A piece is asked for when the one before is taken."""

        async def sending(message: Message) -> None:
            async with asyncio.timeout(STALLED_S):
                await send(message)

        try:
            await super().__call__(scope, receive, sending)
        finally:
            await self._close()
