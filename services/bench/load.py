"""The traffic of a measurement, from a process of its own: requests over keep-alive connections, and what came back."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter

import msgspec

WARM_UP = 50
"""Requests whose latency does not count: connections are opened, keys derived, statements prepared."""


class Order(msgspec.Struct):
    """What is to be sent: whole HTTP requests as bytes. `rate` requests a second at their own times whatever the
    server does (open loop), or with 0 each connection's next one after the answer (closed loop)."""

    port: int
    requests: list[bytes]
    connections: int
    rate: float = 0.0


class Heard(msgspec.Struct):
    """What came back: answers by status, latency of each answer in seconds, and how long all of it took.

    In an open loop a latency counts from the time at which the request was due: a server that stands still does not
    make its own figures better.
    """

    statuses: dict[int, int]
    latencies: list[float]
    seconds: float


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    """One request and its answer: status and body. Answers carry their length."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(size)


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "host: bench", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def send_all(order: Order) -> Heard:
    """Send all of it."""
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    waiting = iter(enumerate(order.requests))
    begun = time.perf_counter()

    async def connection() -> None:
        opened: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        for n, each in waiting:
            due = time.perf_counter()
            if order.rate:
                due = begun + n / order.rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if opened is None:  # not before: a door closes connections that say nothing
                opened = await asyncio.open_connection("127.0.0.1", order.port)
            status, _ = await exchange(*opened, each)
            statuses[status] += 1
            if n >= WARM_UP:
                latencies.append(time.perf_counter() - due)
        if opened is not None:
            opened[1].close()

    await asyncio.gather(*(connection() for _ in range(order.connections)))
    return Heard(dict(statuses), latencies, time.perf_counter() - begun)


async def from_another_process(order: Order) -> Heard:
    """The same, by a child process, so that its CPU time is not the server's."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.bench.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await child.communicate(msgspec.msgpack.encode(order))
    if child.returncode:
        raise RuntimeError(f"the load generator ended with {child.returncode}")
    return msgspec.msgpack.decode(out, type=Heard)


def main(received: bytes) -> bytes:
    """An order in, what was heard out."""
    return msgspec.msgpack.encode(asyncio.run(send_all(msgspec.msgpack.decode(received, type=Order))))


if __name__ == "__main__":
    sys.stdout.buffer.write(main(sys.stdin.buffer.read()))
