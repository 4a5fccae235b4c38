"""The traffic of measurements is real: authentic, readable, and counted as it was answered."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec

from services.bench.load import WARM_UP, Heard, Order, send_all
from services.bench.signed import call_event, delivery
from services.calls.connectors.base import Delivery, Secrets, Slice
from services.calls.connectors.registry import CONNECTORS
from services.simulate.company import company
from shared.contracts.partners import SourceSettings

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SETTINGS = SourceSettings(connector="native", partner="acme")
SECRET = company(1, 1, 1, ("native",)).partners[0].secrets["standard-webhooks"][0]


def as_delivery(request: bytes) -> Delivery:
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    pairs = dict(header.split(": ", 1) for header in headers)
    return Delivery(line.split()[0], line.split()[1], pairs, body, AT)


def test_a_delivery_is_authentic_and_holds_its_events() -> None:
    sent = as_delivery(delivery("s1", SECRET, "d1", [call_event(n, AT) for n in range(10)], AT))
    native = CONNECTORS["native"]
    native.authenticate(sent, SETTINGS, Secrets({"standard-webhooks": (SECRET,)}))
    split = native.split(sent, SETTINGS)
    assert len(split.slices) == 10
    assert len({part.correlation for part in split.slices}) == 4
    kinds = [native.read(part, SETTINGS, AT).notes[0].kind for part in split.slices[:3]]
    assert kinds == ["CallStarted", "CallAnswered", "CallEnded"]
    assert all(isinstance(part, Slice) for part in split.slices)


async def answering(status: int, order: Order) -> tuple[Heard, list[bytes]]:
    bodies: list[bytes] = []

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            bodies.append(await reader.readexactly(size))
            writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: 2\r\n\r\n{}" % status)
            if len(bodies) == len(order.requests):
                break
        writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        heard = await send_all(msgspec.structs.replace(order, port=port))
    return heard, bodies


async def test_every_request_is_sent_once_and_the_first_ones_only_warm_up() -> None:
    requests = [delivery("s1", SECRET, f"d{n}", [call_event(n, AT)], AT) for n in range(WARM_UP + 20)]
    heard, bodies = await answering(202, Order(0, requests, 1))
    assert heard.statuses == {202: WARM_UP + 20}
    assert len(heard.latencies) == 20
    assert bodies == [request.partition(b"\r\n\r\n")[2] for request in requests]


async def test_an_open_loop_keeps_to_its_rate() -> None:
    requests = [delivery("s1", SECRET, f"d{n}", [call_event(n, AT)], AT) for n in range(20)]
    heard, _ = await answering(503, Order(0, requests, 1, rate=200.0))
    assert heard.statuses == {503: 20}
    assert heard.seconds >= 19 / 200
