"""Fetches what a link of a platform leads to, for somebody who may hear it: the address itself is never given away.

A link is data that somebody else sent. So only addresses of the open internet are connected to (unless the settings say
otherwise), each redirection is looked at anew, and the source's credential is shown to hosts that its connector or its
settings name, and to no other.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urljoin

import httpx
import msgspec

from services.calls.connectors.base import Link
from services.calls.connectors.links import at
from services.calls.doors.sources import Source
from shared.webhooks import PrivateTarget, addresses_of

SCHEME = "recordings"
"""The scheme of the credential that is shown: `user:password` with `basic`, else a token."""
MOST_REDIRECTIONS = 3
MOST_BYTES = 256 << 20
MOST_ANSWER = 1 << 20
CONNECT_S, READ_S = 10.0, 30.0
GONE = (401, 403, 404, 410)
"""What platforms answer for a link that has expired or a recording that was deleted."""
PARTIAL = httpx.codes.PARTIAL_CONTENT
LENGTHS = ("accept-ranges", "content-length", "content-range")
_REDIRECTED = (301, 302, 303, 307, 308)
_SHOWN = ("audio/", "video/", "text/plain", "text/vtt", "application/json", "application/octet-stream")


class RecordingOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`options.recordings` of a source: how the credential is shown, and hosts that may see it beside the platform's
    own."""

    auth: Literal["basic", "bearer"] = "basic"
    hosts: tuple[str, ...] = ()


class Gone(Exception):
    """The platform has it no more, or not under any address that it tells us."""


class Unreachable(Exception):
    """The platform does not answer, or not with what was asked for; the text says how."""


class Unsatisfiable(Exception):
    """The platform has no such part of it."""


@dataclass(frozen=True)
class Fetched:
    """What came: its type and length as the platform says, its bytes as they come, and what ends it. `status`: 206
    where only the part came that was asked for."""

    status: int
    headers: dict[str, str]
    content: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


class Recordings:
    """`private`: platforms may lie in our own network, and be spoken to in the clear."""

    def __init__(self, private: bool) -> None:
        self._private = private

    async def fetch(self, source: Source, link: Link, now: datetime, part: str | None = None) -> Fetched:
        """What the link leads to. One that has expired, or that leads nowhere any more, is renewed once where the
        platform tells fresh ones. `part`: a `Range` that somebody asks for, which platforms may pass over. Gone,
        Unreachable, Unsatisfiable."""
        if link.expires_at is not None and link.expires_at <= now:
            return await self._open(source, await self._renewed(source, link), part)
        try:
            return await self._open(source, link.url, part)
        except Gone:
            return await self._open(source, await self._renewed(source, link), part)

    async def _renewed(self, source: Source, link: Link) -> str:
        """A fresh address, as the platform's interface tells it. Gone."""
        if link.renewal is None:
            raise Gone
        fetched = await self._open(source, link.renewal.url)
        body = b""
        try:
            async for piece in fetched.content:
                body += piece
                if len(body) > MOST_ANSWER:
                    raise Unreachable("a long answer")
        finally:
            await fetched.close()
        try:
            fresh = at(msgspec.json.decode(body), link.renewal.path)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            fresh = None
        if not isinstance(fresh, str) or not fresh:
            raise Gone
        return fresh

    async def _open(self, source: Source, address: str, part: str | None = None) -> Fetched:
        for _ in range(MOST_REDIRECTIONS + 1):
            async with contextlib.AsyncExitStack() as closing:
                try:
                    answer = await self._ask(closing, source, httpx.URL(address), part)
                except (PrivateTarget, OSError, UnicodeError, httpx.HTTPError, httpx.InvalidURL) as wrong:
                    raise Unreachable(type(wrong).__name__) from None  # its text may hold the address
                if answer.status_code in _REDIRECTED and "location" in answer.headers:
                    address = urljoin(address, answer.headers["location"])
                    continue
                if answer.status_code in GONE:
                    raise Gone
                if part is not None and answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    raise Unsatisfiable
                if answer.status_code != httpx.codes.OK and (part is None or answer.status_code != PARTIAL):
                    raise Unreachable(f"answered {answer.status_code}")
                headers = {name: answer.headers[name] for name in LENGTHS if name in answer.headers}
                headers["content-type"] = _type_of(answer)
                return Fetched(answer.status_code, headers, _content(answer), closing.pop_all().aclose)
        raise Unreachable("too many redirections")

    async def _ask(
        self, closing: contextlib.AsyncExitStack, source: Source, url: httpx.URL, part: str | None
    ) -> httpx.Response:
        """As outgoing webhooks do it: the name is asked for once, and the connection goes to what was looked at."""
        if url.scheme != "https" and not (self._private and url.scheme == "http"):
            raise Unreachable("not https")
        host = url.raw_host.decode()
        headers = {"host": url.netloc.decode(), "accept-encoding": "identity", **_credential(source, host)}
        if part is not None:
            headers["range"] = part
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        client = await closing.enter_async_context(
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout)
        )
        async with asyncio.timeout(READ_S):  # TimeoutError is an OSError
            addresses = await addresses_of(host, url.port or (443 if url.scheme == "https" else 80), self._private)
            for address in addresses:
                asked = url.copy_with(host=address)
                request = client.build_request("GET", asked, headers=headers, extensions={"sni_hostname": host})
                try:
                    answer = await client.send(request, stream=True)
                except httpx.ConnectError:
                    if address == addresses[-1]:
                        raise
                    continue
                closing.push_async_callback(answer.aclose)
                return answer
        raise PrivateTarget


def _credential(source: Source, host: str) -> dict[str, str]:
    """The header that shows the source's newest credential, if the host may see it."""
    try:
        options = msgspec.convert(source.settings.options.get("recordings", {}), RecordingOptions)
    except msgspec.ValidationError:
        raise Unreachable("options.recordings of the source are not as they must be") from None
    secrets = source.secrets.by_scheme.get(SCHEME, ())
    if not secrets or host.lower() not in {*source.connector.hosts, *options.hosts}:
        return {}
    if options.auth == "basic":
        return {"authorization": "Basic " + base64.b64encode(secrets[-1].encode()).decode()}
    return {"authorization": f"Bearer {secrets[-1]}"}


def _type_of(answer: httpx.Response) -> str:
    """What the browser is told: nothing that it would run."""
    given = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return given if given.startswith(_SHOWN) and given.isascii() else "application/octet-stream"


async def _content(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes; cut off where there are too many. Unreachable when they stop coming."""
    size = 0
    try:
        async for piece in answer.aiter_raw():
            size += len(piece)
            if size > MOST_BYTES:
                raise Unreachable("too large")
            yield piece
    except httpx.HTTPError as wrong:
        raise Unreachable(type(wrong).__name__) from None
