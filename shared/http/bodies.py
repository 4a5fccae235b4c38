"""How large a body may be at most, whoever reads it: the framework's readers of forms hold or write down all that
comes."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.audited import API
from shared.http.gate import is_open
from shared.http.problems import too_large
from shared.http.requests import MAX_BODY_BYTES, MAX_REPORT_BYTES, announced

AROUND_A_FILE = 64 << 10
"""What a form has besides its file."""
_FIELDS = "application/x-www-form-urlencoded"


class Bodies:
    """ASGI middleware, outside of the gate. 413 before anything is read where the body says that it is too large, else
    as soon as it is. What a route itself takes may be less.

    It refuses by raising, as the gate does, also out of the middle of a body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = _most(scope, headers)
        if announced(headers) > most:
            raise too_large(most)
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise too_large(most)
            return message

        await self._app(scope, counted, send)


def _most(scope: Scope, headers: Headers) -> int:
    """Strangers send no files, and fields are held whole. Below the API nothing is read as a form: there some programs
    call a file so (curl does unless told), and each route has a limit of its own."""
    fields = headers.get("content-type", "").partition(";")[0].strip().lower() == _FIELDS
    if is_open(scope) or (fields and not scope["path"].startswith(API)):
        return MAX_BODY_BYTES
    return MAX_REPORT_BYTES + AROUND_A_FILE
