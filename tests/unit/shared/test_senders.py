"""Who sent a request: the peer, unless one of our own proxies says more. What anybody may write says nothing."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from services.calls.connectors.base import Secrets
from services.calls.connectors.native import native
from services.calls.doors.sources import Source
from shared.contracts.partners import SourceSettings
from shared.http.senders import Senders, sender_of

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "sender"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "10.0.0.1", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9 , 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.7,10.0.0.2", "10.0.0.7"),
        ("10.0.0.1", "203.0.113.9,", None),
        ("10.0.0.1", "unknown", None),
        ("10.0.0.1", "203.0.113.9, nobody", None),
        ("10.0.0.1", "203.0.113.9\n", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.09", None),
        ("not an address", "203.0.113.9", None),
    ],
)
def test_the_sender_is_the_last_one_that_is_not_ours(peer: str, forwarded: str, sender: str | None) -> None:
    assert sender_of(peer, forwarded, TRUSTED) == sender


@given(st.text(max_size=200))
def test_whatever_a_stranger_writes_it_stays_itself(forwarded: str) -> None:
    assert sender_of("203.0.113.9", forwarded, TRUSTED) == "203.0.113.9"


@given(st.text(max_size=200))
def test_whatever_is_written_before_our_proxy_s_word_counts_for_nothing(forwarded: str) -> None:
    assert sender_of("10.0.0.1", f"{forwarded},203.0.113.9", TRUSTED) == "203.0.113.9"


async def seen(peer: str, trusted: Any, *headers: tuple[str, str]) -> Any:
    found: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope["client"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(Senders(app, trusted), client=(peer, 7))
    async with httpx.AsyncClient(transport=transport, base_url="http://ours") as client:
        await client.get("/", headers=list(headers))
    return found[0]


async def test_headers_of_several_lines_are_one_chain_and_without_trust_none() -> None:
    lines = (("X-Forwarded-For", "198.51.100.1"), ("x-forwarded-for", "203.0.113.9"))
    assert await seen("10.0.0.1", TRUSTED, *lines) == ("203.0.113.9", 0)
    assert await seen("10.0.0.1", (), *lines) == ("10.0.0.1", 7)
    assert await seen("10.0.0.1", TRUSTED, ("x-forwarded-for", "nobody")) is None
    assert await seen("10.0.0.1", TRUSTED, ("forwarded", "for=203.0.113.9"), ("x-real-ip", "203.0.113.9")) == (
        "10.0.0.1",
        0,
    )


def source(*networks: str) -> Source:
    found: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(network) for network in networks)
    return Source("s1", 1, SourceSettings(connector="native", partner="acme"), native, Secrets({}), {}, found)


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("203.0.113.9", True),
        ("::ffff:203.0.113.9", True),
        ("2001:db8::7", True),
        ("203.0.114.9", False),
        ("2001:db9::7", False),
        ("testclient", False),
        (None, False),
    ],
)
def test_a_source_with_networks_takes_deliveries_from_those_only(address: str | None, admitted: bool) -> None:
    assert source("203.0.113.0/24", "2001:db8::/32").admits(address) is admitted
    assert source().admits(address)
