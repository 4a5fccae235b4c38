"""What becomes of a line is what its name says: seen from both of its ends."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from tests.chaos.ground import Line, Lines
from tests.e2e.systems import eventually

pytestmark = pytest.mark.engines
SOON_S = 1.0
"""What is not answered by then is not answered."""


class Echo:
    """A server that notes what it hears and says it back."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.open: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        with contextlib.suppress(ConnectionError):
            while said := await reader.read(1 << 16):
                self.heard.append(said)
                writer.write(said)

    async def close(self) -> None:
        for writer in self.open:
            await closed(writer)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, whatever has become of it."""
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Lines, Echo, str]]:
    echo, lines = Echo(), Lines("echo")
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    try:
        await asyncio.to_thread(lines.start)
        host, port = server.sockets[0].getsockname()
        yield lines, echo, await asyncio.to_thread(lines.open, "echo", f"{host}:{port}")
    finally:
        lines.close()
        server.close()
        await echo.close()


async def said(address: str, what: bytes, within: float = 60.0) -> bytes | None:
    """What is answered, if it is in time."""
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(what)
        return await asyncio.wait_for(reader.readexactly(len(what)), within)
    except TimeoutError:
        return None
    finally:
        await closed(writer)


@pytest.mark.parametrize(("kind", "heard"), [("black hole", []), ("lost answers", [b"once"])])
async def test_a_line_that_holds_all_or_only_the_answers(
    ends: tuple[Lines, Echo, str], kind: Line, heard: list[bytes]
) -> None:
    lines, echo, address = ends
    await asyncio.to_thread(lines.harm, "echo", kind)
    assert await said(address, b"once", SOON_S) is None

    async def so_far() -> bool:
        return echo.heard == heard

    await eventually(so_far)
    assert await asyncio.to_thread(lines.heal, "echo")
    assert await said(address, b"again") == b"again"


@pytest.mark.parametrize(("kind", "least"), [("late line", 0.1), ("slow line", 0.5)])
async def test_a_line_that_is_late_or_slow_brings_everything(
    ends: tuple[Lines, Echo, str], kind: Line, least: float
) -> None:
    lines, _, address = ends
    much = bytes(40_000)
    assert await said(address, much) == much
    await asyncio.to_thread(lines.harm, "echo", kind)
    begun = time.monotonic()
    assert await said(address, much) == much
    assert time.monotonic() - begun > least
