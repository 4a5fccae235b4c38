"""From which address a request really comes, also where trusted proxies have handed it on."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

Networks = Sequence[IPv4Network | IPv6Network]
_FORWARDED = b"x-forwarded-for"


class Senders:
    """ASGI middleware: `scope["client"]` is whoever sent the request to the first of our own proxies.

    Without trusted proxies it is the peer of the connection, whatever the headers say. An address that a trusted proxy
    does not tell, or tells in a form that nobody can read, is None: then nothing is known of the sender.
    """

    def __init__(self, app: ASGIApp, trusted: Networks) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._trusted and (client := scope.get("client")) is not None:
            given = b",".join(value for name, value in scope["headers"] if name == _FORWARDED)
            sender = sender_of(client[0], given.decode("latin-1"), self._trusted)
            scope = {**scope, "client": None if sender is None else (sender, 0)}
        await self._app(scope, receive, send)


def sender_of(peer: str, forwarded: str, trusted: Networks) -> str | None:
    """The last address of the chain that is not a trusted proxy's: what stands before it, anybody may have written."""
    chain = [peer, *(part for part in reversed(forwarded.split(",")) if forwarded)]
    address: IPv4Address | IPv6Address | None = None
    for text in chain:
        address = _address(text)
        if address is None or not any(address in network for network in trusted):
            break
    return None if address is None else str(address)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: alone, in brackets, with a port. IPv4 in IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
