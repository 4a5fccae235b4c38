"""A server on a free port of the loopback, for as long as a measurement lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from services.web import KEEP_ALIVE_S


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """The port on which the application answers."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", access_log=False, log_level="warning", server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:
        if serving.done():
            await serving
            raise RuntimeError("the server ended")
        await asyncio.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving
