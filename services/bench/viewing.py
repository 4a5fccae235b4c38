"""Viewers of the wallboard, in a process of their own: streams that are read, streams that nobody reads, and when a
row came.

`python -m services.bench.viewing`: an order comes in by standard input, what was seen goes out when the input ends.
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import time
from contextlib import suppress

import msgspec

from services.bench.load import request

STREAM = "/api/v1/live?view=wallboard"
SMALL = 4096
"""Bytes that a stalled reader's machine takes for it: little, so that all the rest is left with the server."""
_PROBE = re.compile(rb'"(probe-\d+)"')


class Watch(msgspec.Struct):
    """Which streams are opened: a key for each that is read, and as many as `stalled` that nobody reads, a key each."""

    port: int
    readers: list[str]
    stalled: list[str]


class Seen(msgspec.Struct):
    """When each probe's row was first read, by the clock that all processes of the machine share; bytes and ticks that
    were read, and streams that were still open at the end."""

    probes: dict[str, float]
    bytes_read: int
    ticks: int
    open_readers: int
    open_stalled: int


async def _read(watch: Watch, key: str, seen: Seen) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", watch.port, limit=1 << 24)
    writer.write(request("GET", STREAM, {"authorization": f"Bearer {key}"}))
    seen.open_readers += 1
    try:
        while chunk := await reader.read(1 << 20):
            now = time.perf_counter()
            seen.bytes_read += len(chunk)
            seen.ticks += chunk.count(b"event: tick")
            for name in _PROBE.findall(chunk):
                seen.probes.setdefault(name.decode(), now)
    finally:
        seen.open_readers -= 1
        writer.close()


async def _stall(watch: Watch, key: str) -> socket.socket:
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    stalled.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stalled, ("127.0.0.1", watch.port))
    await loop.sock_sendall(stalled, request("GET", STREAM, {"authorization": f"Bearer {key}"}))
    return stalled


def _is_open(stalled: socket.socket) -> bool:
    """Whether the server still holds it: what it sent is taken now, and if an end comes after it, it is over."""
    with suppress(BlockingIOError):
        try:
            while stalled.recv(1 << 20):
                continue
        except ConnectionError:
            return False
        return False
    return True


async def watched(watch: Watch, over: asyncio.Event) -> Seen:
    """Open all, and read until it is over."""
    seen = Seen({}, 0, 0, 0, 0)
    reading = [asyncio.ensure_future(_read(watch, key, seen)) for key in watch.readers]
    stalled = [await _stall(watch, key) for key in watch.stalled]
    await over.wait()
    said = msgspec.structs.replace(seen, open_stalled=sum(_is_open(one) for one in stalled))
    for task in reading:
        task.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    for one in stalled:
        one.close()
    return said


async def main() -> None:
    """The order is one line; the input's end is the end."""
    incoming = asyncio.StreamReader(limit=1 << 22)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(incoming), sys.stdin)
    watch = msgspec.json.decode(await incoming.readline(), type=Watch)
    over = asyncio.Event()
    watching = asyncio.ensure_future(watched(watch, over))
    await incoming.read()
    over.set()
    sys.stdout.buffer.write(msgspec.json.encode(await watching))


if __name__ == "__main__":
    asyncio.run(main())
