"""What comes to the telephony's door and should not: each gets its answer, nothing is kept of it, and work goes on."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from services.simulate.company import company
from services.simulate.signing import bearer, twilio
from shared import clock
from tests.e2e.crash.door import Door, prepared
from tests.e2e.processes import begin
from tests.engines.server import free_port

MARKER = "SQ7HX2-not-to-be-kept"
"""Stands in every rejected body; nothing of it may be found in the data folder afterwards."""
MEGABYTE = 1 << 20
HEAD_GROWTH = 16 * MEGABYTE
WEBHOOK_GROWTH = 64 * MEGABYTE
TRANSPORT_GROWTH = 320 * MEGABYTE
"""How much the server may grow while large bodies come in: webhooks are bounded one by one, transports together."""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    data, port = tmp_path_factory.mktemp("bad") / "data", free_port()
    data.mkdir(mode=0o700)
    log = data.parent / "server.log"
    server = begin("run", "--data", data, "--port", str(port), out=log)
    try:
        firm = company(7, 4, 8, ("native", "twilio", "amazon-connect", "asterisk"))
        opened = Door(data, port, server.pid or 0, firm)
        opened.keys = prepared(opened)
        with opened.http:
            yield opened
            log_text = log.read_text(encoding="utf-8")
            assert "Traceback" not in log_text, log_text[-3000:]
            assert MARKER not in log_text
        assert MARKER.encode() not in b"".join(p.read_bytes() for p in data.rglob("*") if p.is_file())
        assert opened.book.integrity() == "ok"
    finally:
        server.kill()
        server.join()


def body_of(event: dict[str, Any]) -> bytes:
    return msgspec.json.encode(event)


def test_a_good_delivery_is_taken_and_counted(door: Door) -> None:
    door.good()


# 401: nothing is stored


def stale(door: Door, body: bytes) -> dict[str, str]:
    return door.signed(body, late=302)


def early(door: Door, body: bytes) -> dict[str, str]:
    return door.signed(body, late=-302)


UNAUTHENTIC: dict[str, Callable[[Door, bytes], dict[str, str]]] = {
    "unsigned": lambda door, body: {"content-type": "application/cloudevents+json"},
    "signed over another body": lambda door, body: door.signed(body + b" "),
    "another version of signatures": lambda door, body: (
        door.signed(body) | {"webhook-signature": door.signed(body)["webhook-signature"].replace("v1,", "v2,")}
    ),
    "signature that is no base64": lambda door, body: door.signed(body) | {"webhook-signature": "v1,%%%"},
    "empty signature": lambda door, body: door.signed(body) | {"webhook-signature": ""},
    "stale timestamp": stale,
    "timestamp of tomorrow": early,
    "timestamp that is none": lambda door, body: door.signed(body) | {"webhook-timestamp": "yesterday"},
    "endless timestamp": lambda door, body: door.signed(body) | {"webhook-timestamp": "9" * 400},
    "another header's identifier": lambda door, body: door.signed(body) | {"webhook-id": "another"},
    "meta that is no JSON": lambda door, body: door.signed(body, tallyline_meta="{kind}"),
    "meta that is no object": lambda door, body: door.signed(body, tallyline_meta="[1]"),
    "meta nested without end": lambda door, body: door.signed(body, tallyline_meta='{"a":' + "[" * 20_000),
    "meta nested too deep": lambda door, body: door.signed(body, tallyline_meta=f'{{"a":{"[" * 600}{"]" * 600}}}'),
    "meta of bytes beyond ASCII": lambda door, body: door.signed(body, tallyline_meta="\udcff{"),
}


@pytest.mark.parametrize("case", UNAUTHENTIC)
def test_what_does_not_prove_where_it_comes_from_is_401_and_leaves_nothing(door: Door, case: str) -> None:
    before = door.kept()
    body = body_of(door.event(subject=MARKER))
    answer = door.post(door.native.source, body, UNAUTHENTIC[case](door, body))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/not_authentic")
    assert door.kept() == before
    door.good()


@pytest.mark.parametrize("connector", ["twilio", "amazon-connect", "asterisk"])
def test_a_vendor_without_its_proof_is_401_too(door: Door, connector: str) -> None:
    before = door.kept()
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"x-twilio-signature": "wrong"},
        {"authorization": "Bearer"},
    ):
        answer = door.post(door.partner(connector).source, MARKER.encode(), headers)
        assert answer.status_code == 401
    assert door.kept() == before
    door.good()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "BREW"])
def test_another_method_proves_no_more(door: Door, method: str) -> None:
    before = door.kept()
    answer = door.http.request(method, f"/v1/in/{door.native.source}")
    assert answer.status_code == (400 if method == "BREW" else 401), "the parser knows no such method"
    assert door.kept() == before


PATHS = (
    "/v1/in/", "/v1/in//", "/v1/in/nobody", "/v1/in/..", "/v1/in/../../api/v1/partners",
    "/v1/in/%2e%2e/api/v1/partners", "/v1/in/%2F", "/v1/in/..%2f..%2fetc%2fpasswd", "/v1/in/%00",
    "/v1/in/%F0%9F%93%9E", "/v1/in/%ff%fe", "/v1/in/\u00e9", "/v1/in/" + "a" * 8000, "/v1/in/{source}%00",
    "/v1/in/{source}%2F..", "/v1/in/{source}/../x", "/v1/in/ {source}",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_no_path_leads_past_the_proof(door: Door, path: str) -> None:
    before = door.kept()
    target = path.replace("{source}", door.native.source).encode()
    body = b'{"partner_id":"%b"}' % MARKER.encode()
    head = b"POST %b HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (target, len(body))
    answer = door.raw(head + body)
    assert answer.split(b" ")[1] in (b"401", b"400"), answer[:200]
    assert door.kept() == before
    door.good()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"tallyline-replay-key": "guessed"},
        {"tallyline-replay-key": "\u00e9"},
        {"tallyline-replay-key": "{key}", "tallyline-received-at": "once upon a time"},
        {"tallyline-replay-key": "{key}", "tallyline-received-at": "2026-03-04T10:00:00"},
        {"tallyline-replay-key": "{key}", "tallyline-received-at": "0001-01-01T00:00:00+00:00"},
        {"tallyline-replay-key": "{key}", "tallyline-received-at": "9999-12-31T23:59:59+14:00"},
    ],
)
def test_a_recorded_time_needs_the_replay_key_and_has_to_be_one(door: Door, headers: dict[str, str]) -> None:
    before = door.kept()
    source = f"{door.native.source}-replay"
    body = body_of(door.event(subject=MARKER))
    recorded = clock.now() - timedelta(days=30)
    signed = door.signed(body, late=30 * 86_400) | {"tallyline-received-at": recorded.isoformat()}
    headers = {name: value.replace("{key}", door.keys[source]["replay"]) for name, value in headers.items()}
    assert door.post(source, body, signed | headers).status_code == 401
    assert door.kept() == before
    with_key = signed | {"tallyline-replay-key": door.keys[source]["replay"]}
    assert door.post(source, body_of(door.event()), with_key).status_code == 401, "the signature counts as well"
    assert door.post(source, body, with_key).status_code == 202, "nothing else was wrong with it"


def test_a_live_source_takes_no_recorded_time(door: Door) -> None:
    body = body_of(door.event())
    more = {"tallyline-received-at": "2020-01-01T00:00:00+00:00", "tallyline-replay-key": "whatever"}
    answer = door.post(door.native.source, body, door.signed(body) | more)
    assert answer.status_code == 202
    assert door.verdict(answer.json()["delivery"]) == "accepted"
    note = door.http.get(f"/api/v1/deliveries/{answer.json()['delivery']}").json()
    assert note["received_at"] > (clock.now() - timedelta(minutes=5)).isoformat()


# Authentic, but not readable: the whole delivery becomes a dead letter


def deep(levels: int) -> bytes:
    return b'{"specversion":"1.0","data":' + b"[" * levels + b"]" * levels + b"}"


def with_data(door: Door, text: str) -> bytes:
    """A good event whose data are this text."""
    return body_of(door.event(data="@")).replace(b'"@"', text.encode())


Made = tuple[bytes, dict[str, str]]
UNREADABLE: dict[str, tuple[int, Callable[[Door], Made]]] = {
    "empty body": (400, lambda door: (b"", {})),
    "no JSON": (400, lambda door: (MARKER.encode(), {})),
    "deep JSON": (400, lambda door: (deep(100_000), {})),
    "invalid UTF-8": (400, lambda door: (b'{"specversion":"\xff\xfe"}', {})),
    "not a number": (400, lambda door: (with_data(door, '{"call":"c","talk_ms":NaN}'), {})),
    "infinity": (400, lambda door: (with_data(door, '{"call":"c","talk_ms":1e999}'), {})),
    "a huge integer": (400, lambda door: (with_data(door, f'{{"call":"c","talk_ms":{"9" * 5000}}}'), {})),
    "a name twice": (400, lambda door: (with_data(door, '{"call":"c","call":"d"}'), {})),
    "data that are a list": (400, lambda door: (with_data(door, "[]"), {})),
    "null bytes": (400, lambda door: (b"\0" * 1000, {})),
    "cut short": (400, lambda door: (body_of(door.event())[:-10], {})),
    "another type of content": (400, lambda door: (body_of(door.event()), {"content-type": "text/plain"})),
    "no type of content": (400, lambda door: (body_of(door.event()), {"content-type": ""})),
    "the events' XML form": (415, lambda door: (b"<event/>", {"content-type": "application/cloudevents+xml"})),
    "an unknown coding": (415, lambda door: (b"x", {"content-encoding": "br"})),
    "truncated gzip": (400, lambda door: (gzip.compress(body_of(door.event()))[:-6], {"content-encoding": "gzip"})),
    "two gzip parts": (
        400,
        lambda door: (gzip.compress(body_of(door.event())) + gzip.compress(b" "), {"content-encoding": "gzip"}),
    ),
    "no gzip at all": (400, lambda door: (body_of(door.event()), {"content-encoding": "gzip"})),
    "deflate of nothing": (400, lambda door: (zlib.compress(b""), {"content-encoding": "deflate"})),
    "a batch over the limit": (
        400,
        lambda door: (
            b"[" + b",".join([b'{"id":1}'] * 1001) + b"]",
            {"content-type": "application/cloudevents-batch+json"},
        ),
    ),
    "a batch of nothing": (400, lambda door: (b"{}", {"content-type": "application/cloudevents-batch+json"})),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_authentic_delivery_that_cannot_be_read_is_refused_and_kept_as_a_dead_letter(door: Door, case: str) -> None:
    status, make = UNREADABLE[case]
    items, letters, commits = door.kept()
    known_before = set(door.book.documents("calls", "dead_letters"))
    body, headers = make(door)
    answer = door.post(door.native.source, body, door.signed(body) | headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["type"] == "/problems/unreadable"
    assert door.kept() == (items, letters + 1, commits)
    (letter,) = set(door.book.documents("calls", "dead_letters")) - known_before
    payload = door.http.get(f"/api/v1/operations/dead-letters/calls/{letter}/payload")
    assert (payload.status_code, payload.content) == (200, body), "the whole delivery can be had back"
    door.good()


def of_twilio(door: Door, fields: dict[str, str]) -> Made:
    partner = door.partner("twilio")
    url = f"https://in.example/v1/in/{partner.source}"
    signature = twilio(partner.secrets["twilio-signature"][0], url, list(fields.items()))
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
    return urlencode(fields).encode(), headers


def of_bearer(door: Door, connector: str, body: bytes, meta: str | None) -> Made:
    headers = {"authorization": bearer(door.partner(connector).secrets["bearer"][0])}
    return body, headers | ({"tallyline-meta": meta} if meta else {})


VENDORS: dict[str, tuple[str, Callable[[Door], Made]]] = {
    "records that are no JSON": ("amazon-connect", lambda d: of_bearer(d, "amazon-connect", b"{{", None)),
    "records that are nothing": ("amazon-connect", lambda d: of_bearer(d, "amazon-connect", b"", None)),
    "deep records": ("amazon-connect", lambda d: of_bearer(d, "amazon-connect", b"[" * 200_000, None)),
    "rows of another form": ("asterisk", lambda d: of_bearer(d, "asterisk", b"a,b\n", '{"kind":"cdr"}')),
    "a kind of file that nobody knows": ("asterisk", lambda d: of_bearer(d, "asterisk", b"x", '{"kind":"fax"}')),
    "a file that says nothing of itself": ("asterisk", lambda d: of_bearer(d, "asterisk", b"x", None)),
}


@pytest.mark.parametrize("case", VENDORS)
def test_a_vendors_platform_hears_that_all_is_well_and_the_delivery_is_a_dead_letter(door: Door, case: str) -> None:
    connector, make = VENDORS[case]
    items, letters, commits = door.kept()
    body, headers = make(door)
    answer = door.post(door.partner(connector).source, body, headers)
    assert answer.status_code == 202, answer.text
    assert answer.json()["unreadable"]
    assert door.kept() == (items, letters + 1, commits)
    door.good()


def test_a_kind_that_nobody_knows_is_taken_and_kept_for_later(door: Door) -> None:
    body = body_of(door.event(type="com.tallyline.call.dreamt.v1"))
    answer = door.post(door.native.source, body, door.signed(body))
    assert answer.status_code == 202
    assert door.verdict(answer.json()["delivery"]) == "unknown"
    body, headers = of_twilio(door, {"Weather": "fine"})
    answer = door.post(door.partner("twilio").source, body, headers)
    assert answer.status_code == 202
    door.good()


def test_the_good_items_of_a_batch_are_taken_and_the_others_are_dead_letters(door: Door) -> None:
    letters = door.kept()[1]
    events = [door.event(), door.event(data={"call": None}), door.event()]
    body = msgspec.json.encode(events)
    headers = door.signed(body) | {"content-type": "application/cloudevents-batch+json"}
    answer = door.post(door.native.source, body, headers)
    assert (answer.status_code, answer.json()["items"]) == (202, 3)
    assert door.verdict(answer.json()["delivery"]) == "partial"
    assert door.kept()[1] == letters + 1


# Too much of it


def test_a_gzip_bomb_is_413_and_leaves_nothing(door: Door) -> None:
    before, bomb = door.kept(), gzip.compress(b"0" * (200 * MEGABYTE), 6)
    assert len(bomb) < MEGABYTE, "it is small as it comes"
    memory = door.forget_peak()
    headers = door.signed(bomb) | {"content-encoding": "gzip"}
    answer = door.post(door.native.source, bomb, headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too_large")
    assert door.kept() == before
    assert door.peak_bytes() - memory < 2 * 64 * MEGABYTE + WEBHOOK_GROWTH, (
        "it is opened up to the limit and no further"
    )
    door.good()


def upload(door: Door, source: str, chunked: bool, heard: list[bytes]) -> None:
    """100 MB from somebody who reads the answer when it comes, and otherwise goes on sending."""
    part = MARKER.encode().ljust(65536, b"x")
    how = b"transfer-encoding: chunked" if chunked else b"content-length: %d" % (1600 * len(part))
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
        connection.sendall(b"POST /v1/in/%b HTTP/1.1\r\nhost: x\r\n%b\r\n\r\n" % (source.encode(), how))
        try:
            for _ in range(1600):
                connection.sendall(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            if chunked:
                connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # the server has said what it had to say, and closed
        try:
            heard.append(connection.recv(4096))
        except OSError:
            heard.append(b"")


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize(("connector", "growth"), [("native", WEBHOOK_GROWTH), ("asterisk", TRANSPORT_GROWTH)])
def test_many_bodies_of_100_mb_are_refused_in_bounded_memory(
    door: Door, connector: str, growth: int, chunked: bool
) -> None:
    before, memory = door.kept(), door.forget_peak()
    heard: list[bytes] = []
    source = door.partner(connector).source
    threads = [threading.Thread(target=upload, args=(door, source, chunked, heard)) for _ in range(6)]
    for thread in threads:
        thread.start()
    door.good()
    for thread in threads:
        thread.join()
    assert len(heard) == 6
    assert all(answer.split(b" ")[1] == b"413" for answer in heard if answer), heard
    assert door.kept()[1:] == before[1:]
    assert door.kept()[0] == before[0] + 1, "only the good delivery"
    assert door.peak_bytes() - memory < growth
    door.good()


def test_a_body_just_over_the_limit_is_413_even_when_it_is_authentic(door: Door) -> None:
    before, body = door.kept(), MARKER.encode().ljust(MEGABYTE + 1)
    answer = door.post(door.native.source, body, door.signed(body))
    assert answer.status_code == 413
    assert door.http.post("/v1/in/nobody", content=body).status_code == 413, "before anything else"
    assert door.kept() == before
    door.good()


FLOODS = {
    "many headers": (b"", b"".join(b"x-%d: %b\r\n" % (n, b"y" * 90) for n in range(5_000)) + b"\r\n"),
    "one header": (b"", b"x: " + b"y" * 500_000 + b"\r\n\r\n"),
    "a header without an end": (b"", b"x: " + b"y" * (100 * MEGABYTE)),
    "a name without an end": (b"", b"y" * (100 * MEGABYTE)),
    "an address without an end": (b"y" * (100 * MEGABYTE), b"\r\n"),
    "headers behind a body": (b"", b"transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx: " + b"y" * (100 * MEGABYTE)),
}


@pytest.mark.parametrize("case", FLOODS)
def test_a_head_without_end_is_refused_in_bounded_memory(door: Door, case: str) -> None:
    address, head = FLOODS[case]
    before, memory = door.kept(), door.forget_peak()
    try:
        answer = door.raw(b"POST /v1/in/%b%b HTTP/1.1\r\nhost: x\r\n%b" % (door.native.source.encode(), address, head))
    except OSError:
        answer = b""  # cut off
    assert answer == b"" or answer.split(b" ")[1] in (b"400", b"431"), answer[:200]
    assert door.peak_bytes() - memory < HEAD_GROWTH
    assert door.kept() == before
    door.good()


# Slow, and gone


def test_a_slow_sender_holds_nobody_up_and_is_heard_out(door: Door) -> None:
    body = body_of(door.event())
    headers = "".join(f"{name}: {value}\r\n" for name, value in door.signed(body).items())
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
        head = f"POST /v1/in/{door.native.source} HTTP/1.1\r\nhost: x\r\n{headers}content-length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode())
        for place in range(0, len(body), 40):
            connection.sendall(body[place : place + 40])
            begun = time.monotonic()
            assert door.http.get("/livez").status_code == 200
            assert time.monotonic() - begun < 2
            time.sleep(0.05)
        answer = connection.recv(4096)
        assert answer.split(b" ")[1] == b"202"
        while b"}" not in answer:
            answer += connection.recv(4096)
    # It is counted a moment later, and the count of the next one begins with it.
    assert door.verdict(json.loads(answer.partition(b"\r\n\r\n")[2])["delivery"]) == "accepted"
    door.good()


def test_those_who_leave_in_mid_body_leave_nothing_behind(door: Door) -> None:
    before = door.kept()
    part = MARKER.encode().ljust(900_000, b"x")
    head = b"POST /v1/in/%b HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n" % door.native.source.encode()
    for _ in range(320):  # more than all bodies together may have at a time: what was left must not be counted on
        with socket.create_connection(("127.0.0.1", door.port), timeout=60) as connection:
            connection.sendall(head + part)
    assert door.kept() == before
    door.good()


def test_every_problem_document_says_what_it_is(door: Door) -> None:
    answer = door.http.post("/v1/in/nobody", content=b"{}")
    document = json.loads(answer.content)
    assert answer.headers["content-type"] == "application/problem+json"
    assert document.keys() >= {"type", "title", "status", "detail"}
    assert document["status"] == answer.status_code == 401
