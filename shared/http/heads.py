"""Bounds the head of a request: the parser itself takes an address and headers without end, from anybody."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 << 10


class _TooMuch(Exception):
    """Raised within the parser, which gives the request up: 400, and the connection is closed."""


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol on httptools, with at most MAX_HEAD_BYTES of address and headers a request.

    The parser keeps what is unfinished to itself: a header without an end never comes to `on_header`. So the bytes
    since it last said anything are counted too, whether they belong to the head or stand behind a chunked body.
    """

    _head = 0
    _silent = 0

    def data_received(self, data: bytes) -> None:
        """Some bytes of one or more requests."""
        self._silent += len(data)
        super().data_received(data)
        if self._silent > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head = self._silent = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of its address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; also those that follow a chunked body."""
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """A piece of the body, which others bound."""
        self._silent = 0
        super().on_body(body)

    def _count(self, more: int) -> None:
        self._head += more
        self._silent = 0
        if self._head > MAX_HEAD_BYTES:
            raise _TooMuch
