"""Whatever bytes come, with a valid proof or without, no connector answers with an error of ours.

A request that ends in an exception fails the test: in this process nothing stands between it and the application.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.embedded import Embedded
from services.simulate.company import Company, company
from services.simulate.driver import Request, requests_of, set_up_company
from services.simulate.floor import Shape
from services.simulate.signing import standard_webhooks, twilio
from services.simulate.stream import history_day
from shared.settings import Settings
from tests.e2e.crash.load import DAY

CONNECTORS = ("native", "twilio", "amazon-connect", "asterisk")
PIECES = (
    b"", b"\0", b"\xff", b"\xed\xa0\x80", b"{", b"}", b"[", b'"', b"\\u0000", b"\\ud800", b"null", b"-1", b"1e999",
    b"NaN", b"9" * 40, b"99999999999999999999-01-01T00:00:00Z", b"0001-01-01T00:00:00+14:00", b"&", b"=", b"%", b"%00",
    b"%ff", b"\r\n", b"\r\n\r\n", b"Event: Hangup\r\n", b",", b'""', b"true", b"{}", b"[]", b"\xf0\x9f\x93\x9e",
    b"a" * 5000,
)  # fmt: skip
"""What is put into good deliveries: each has broken some parser somewhere."""

HEADERS = (
    "content-type", "content-encoding", "tallyline-meta", "tallyline-received-at", "tallyline-replay-key", "webhook-id",
    "webhook-timestamp", "webhook-signature", "x-twilio-signature", "authorization", "ce-id", "content-length",
)  # fmt: skip


@cache
def firm() -> Company:
    """One partner on each platform."""
    return company(3, 4, 12, CONNECTORS)


@cache
def good() -> dict[str, list[Request]]:
    """Deliveries of an hour by connector, of every kind that it sends."""
    found: dict[str, list[Request]] = {connector: [] for connector in CONNECTORS}
    by_source = {partner.source: partner.settings.connector for partner in firm().partners}
    for request in requests_of(firm(), history_day(firm(), 3, DAY, Shape())):
        mine = found[by_source[request.path.split("/")[3].partition("?")[0]]]
        if len(mine) < 120:
            mine.append(request)
    return found


@dataclass
class House:
    """The whole system in this process, driven from tests that are not async."""

    system: Embedded
    runner: asyncio.Runner

    def send(self, request: Request) -> int:
        """The status of the answer. Whatever the application raises comes out here."""
        headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items()]
        answer: httpx.Response = self.runner.run(
            self.system.client.request(request.method, request.path, headers=headers, content=request.body)
        )
        return answer.status_code


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with asyncio.Runner() as runner:

        async def open_() -> Embedded:
            system = Embedded(Settings(data=tmp_path_factory.mktemp("any") / "data", log_level="error"))
            await system.open()
            await system.start()
            await set_up_company(system.client, firm(), demo=False)
            return system

        system = runner.run(open_())
        yield House(system, runner)
        runner.run(system.settled())
        assert system.runtime.failed is None, "no loop has died"
        assert runner.run(unverified(system)) == []
        runner.run(system.stop())


async def unverified(system: Embedded) -> list[str]:
    """Views that are not what their log says."""
    listed = (await system.client.get("/api/v1/operations/views")).json()["items"]
    answers = [await system.client.post(f"/api/v1/operations/views/{item['view']}/verify") for item in listed]
    return [answer.text for answer in answers if not answer.json()["identical"]]


def mutated(body: bytes, places: list[tuple[int, int, bytes]]) -> bytes:
    """Bytes cut out and others put in, some times over."""
    for place, length, piece in places:
        at = place % (len(body) + 1)
        body = body[:at] + piece + body[at + length :]
    return body


def proven(connector: str, request: Request, body: bytes) -> Request:
    """The request with another body, and with the proof that belongs to it."""
    partner = next(p for p in firm().partners if p.settings.connector == connector)
    headers = dict(request.headers)
    if connector == "native":
        secret, second = partner.secrets["standard-webhooks"][0], int(headers["webhook-timestamp"])
        headers["webhook-signature"] = standard_webhooks(secret, headers["webhook-id"], second, body)
    elif connector == "twilio":
        address = partner.settings.public_url + request.path.removeprefix(f"/v1/in/{partner.source}")
        fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        headers["x-twilio-signature"] = twilio(partner.secrets["twilio-signature"][0], address, sorted(set(fields)))
    return request._replace(headers=headers, body=body)


cuts = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 40), st.sampled_from(PIECES) | st.binary(max_size=8)),
    min_size=1,
    max_size=4,
)
few = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("connector", CONNECTORS)
@few
@given(n=st.integers(0, 119), places=cuts)
def test_a_mutated_delivery_with_a_valid_proof_is_taken_or_kept(
    house: House, connector: str, n: int, places: list[tuple[int, int, bytes]]
) -> None:
    request = good()[connector][n % len(good()[connector])]
    status = house.send(proven(connector, request, mutated(request.body, places)))
    # A form that is no UTF-8 is signed over what nobody can read: 401.
    allowed = {"native": {202, 400, 415}, "twilio": {202, 401}}.get(connector, {202})
    assert status in allowed


@pytest.mark.parametrize("connector", CONNECTORS)
@few
@given(n=st.integers(0, 119), body=st.binary(max_size=400))
def test_any_bytes_with_a_valid_proof_are_taken_or_kept(house: House, connector: str, n: int, body: bytes) -> None:
    request = good()[connector][n % len(good()[connector])]
    status = house.send(proven(connector, request, body))
    allowed = {"native": {400, 415}, "twilio": {202, 401}}.get(connector, {202})
    assert status in allowed


@pytest.mark.parametrize("connector", CONNECTORS)
@few
@given(
    n=st.integers(0, 119),
    name=st.sampled_from(HEADERS),
    value=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
    | st.sampled_from(["gzip", "deflate", "identity", '{"kind":"cdr"}', "{}", '{"kind":["ami"]}', "null", "[[[["]),
)
def test_any_header_is_answered(house: House, connector: str, n: int, name: str, value: str) -> None:
    request = good()[connector][n % len(good()[connector])]
    status = house.send(request._replace(headers=request.headers | {name: value}))
    assert status in {202, 400, 401, 413, 415}


@pytest.mark.parametrize("length", ["²", "9" * 5000, "-1", "1e3", " 7", ""])
def test_a_length_that_is_no_number_says_nothing(house: House, length: str) -> None:
    request = good()["native"][0]
    assert house.send(request._replace(headers=request.headers | {"content-length": length})) == 202


def test_afterwards_good_deliveries_are_taken_as_ever(house: House) -> None:
    assert {house.send(request) for requests in good().values() for request in requests} == {202}
    house.runner.run(house.system.settled())
    for partner in firm().partners:
        answer = house.runner.run(house.system.client.get(f"/api/v1/sources/{partner.source}/intake"))
        counts = answer.json()["counts"]
        assert counts["accepted"] > 20
        assert counts["received"] == sum(n for verdict, n in counts.items() if verdict != "received")
