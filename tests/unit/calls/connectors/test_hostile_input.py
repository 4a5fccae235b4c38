"""Whatever the bytes are, a connector understands them or says Unreadable: nothing else ever comes out."""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calls.connectors.base import Delivery, NotAuthentic, Unreadable
from services.calls.connectors.fields import MAX_NESTING, decode_json
from tests.unit.calls.connectors.replay import GIVEN, OWN, Arrival, Desk, FixtureSet, load, together

SETS = [load(path) for path in (*GIVEN, *OWN)]
ODD = [
    b"null",
    b"-1",
    b"1e5",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b'"\\u0000"',
    b"99999999999999999999",
    b'"' + b"x" * 400 + b'"',
]


def _take(fixtures: FixtureSet, delivery: Delivery) -> str:
    """Split, read and translate; only Unreadable may come up, and everything that is told can be stored."""
    desk = Desk(fixtures.connector, fixtures.settings)
    try:
        split = fixtures.connector.split(delivery, fixtures.settings)
    except Unreadable:
        return "invalid"
    verdict = together([desk.take(Arrival(1, item, delivery.received_at)) for item in split.slices])
    for correlation, document in desk.documents.items():
        assert len(correlation) < 600
        msgspec.json.encode([known.reading for known in document.values()])
        msgspec.json.encode(desk.observations(correlation))
    return verdict


@pytest.mark.parametrize("fixtures", SETS, ids=lambda fixtures: str(fixtures.path.name))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_arbitrary_bytes_never_break_a_connector(fixtures: FixtureSet, data: st.DataObject) -> None:
    _, delivery = data.draw(st.sampled_from(fixtures.deliveries))
    _take(fixtures, replace(delivery, body=data.draw(st.binary(max_size=300))))


@pytest.mark.parametrize("fixtures", SETS, ids=lambda fixtures: str(fixtures.path.name))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_changed_payloads_never_break_a_connector(fixtures: FixtureSet, data: st.DataObject) -> None:
    _, delivery = data.draw(st.sampled_from(fixtures.deliveries))
    dice = random.Random(data.draw(st.integers(0, 10**9)))
    body = bytearray(delivery.body)
    for _ in range(dice.randint(1, 4)):
        at, length = dice.randint(0, len(body)), dice.randint(0, 6)
        body[at : at + length] = dice.choice([b"", dice.randbytes(2), b'"', b"{", b":", b"%ff", b"-", b"9" * 30, b","])
    _take(fixtures, replace(delivery, body=bytes(body)))


@pytest.mark.parametrize("fixtures", SETS, ids=lambda fixtures: str(fixtures.path.name))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_values_of_other_types_never_break_a_connector(fixtures: FixtureSet, data: st.DataObject) -> None:
    _, delivery = data.draw(st.sampled_from(fixtures.deliveries))
    marks = [place for place in range(len(delivery.body)) if delivery.body[place : place + 1] in (b":", b"=")]
    if not marks:
        return
    begin = data.draw(st.sampled_from(marks)) + 1
    end = min(
        (p for p in (delivery.body.find(c, begin) for c in (b",", b"}", b"&", b"\r", b"\n")) if p >= 0), default=begin
    )
    body = delivery.body[:begin] + data.draw(st.sampled_from(ODD)) + delivery.body[end:]
    _take(fixtures, replace(delivery, body=body))


@pytest.mark.parametrize("fixtures", SETS, ids=lambda fixtures: str(fixtures.path.name))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_changed_addresses_and_headers_never_break_a_connector(fixtures: FixtureSet, data: st.DataObject) -> None:
    _, delivery = data.draw(st.sampled_from(fixtures.deliveries))
    dice = random.Random(data.draw(st.integers(0, 10**9)))
    head, mark, query = delivery.url.partition("?")
    for _ in range(dice.randint(1, 4)):
        at, length = dice.randint(0, len(query)), dice.randint(0, 6)
        query = (
            query[:at] + dice.choice(["", "é", "&", "=", "%ff", "-1", "9" * 30, "--A--b--B--"]) + query[at + length :]
        )
    headers = {
        name: data.draw(st.sampled_from([value, "", "é", "application/json", "x" * 400]))
        for name, value in delivery.headers.items()
    }
    changed = replace(delivery, url=head + (mark or "?") + query, headers=headers)
    with contextlib.suppress(NotAuthentic):
        fixtures.connector.authenticate(changed, fixtures.settings, fixtures.secrets)
    _take(fixtures, changed)


LONG = {
    "quotes": b'"' * 1000,
    "backslashes": b'"\\' * 1000,
    "arrays": b"[" * 1000,
    "objects": b'{"a":' * 200,
    "many values": b"1," * 500,
    "a list of lists": b"[[1],[2]]," * 100,
    "percent signs": b"%" * 1000,
    "encoded": b"%25" * 333,
    "fields": b"a=1&" * 250,
    "lines": b"a: b\r\n" * 150,
    "blank lines": b"\r\n" * 500,
    "commas": b"," * 1000,
    "digits": b"9" * 1000,
    "tabs": b"\t" * 1000,
    "braces": b"{1,2},{" * 140,
}
KILOBYTES = 64
MOST_S = 0.010 * KILOBYTES


@pytest.mark.parametrize("content", LONG.values(), ids=LONG)
@pytest.mark.parametrize("fixtures", SETS, ids=lambda fixtures: str(fixtures.path.name))
def test_no_content_takes_more_than_ten_milliseconds_a_kilobyte(fixtures: FixtureSet, content: bytes) -> None:
    """Put into the middle of each kind of delivery, as it is and as the value of a JSON text."""
    long = content * (KILOBYTES * 1024 // len(content))
    for _, delivery in fixtures.deliveries[:: max(1, len(fixtures.deliveries) // 4)]:
        middle = delivery.body.find(b'"', len(delivery.body) // 2) + 1 or len(delivery.body)
        for body in (long, delivery.body[:middle] + long + delivery.body[middle:]):
            begun = time.process_time()
            _take(fixtures, replace(delivery, body=body))
            assert time.process_time() - begun < MOST_S
        begun = time.process_time()
        _take(fixtures, replace(delivery, url=delivery.url + "&x=" + long.decode()))
        assert time.process_time() - begun < MOST_S


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[NaN]",
        b"[Infinity]",
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b"[18446744073709551616]",
        b"[" + b"1" * 5000 + b"]",
        b"[1e999]",
        b'["\xff"]',
        b'["\xc0\xa0"]',
        b'["\\ud800"]',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * (MAX_NESTING + 1) + b"]" * (MAX_NESTING + 1),
        '{"a":1}'.encode("utf-16"),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_json_that_could_be_read_in_two_ways_is_unreadable(text: bytes) -> None:
    with pytest.raises(Unreadable):
        decode_json(text)


def test_json_at_the_limits_is_read() -> None:
    assert decode_json(b"[" * MAX_NESTING + b"]" * MAX_NESTING)
    assert decode_json(b"[18446744073709551615,-9223372036854775808]") == [2**64 - 1, -(2**63)]
    assert decode_json(b'{"a":"' + b"[{" * 500 + b'"}') == {"a": "[{" * 500}


@given(st.binary(max_size=60))
def test_json_is_read_or_unreadable(raw: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert msgspec.json.encode(decode_json(raw))
