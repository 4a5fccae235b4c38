"""How a run's process answers: a letter, eight bytes of length, and so many bytes."""

from __future__ import annotations

import asyncio

PROGRESS, FOUND, FAILED = b"p", b"k", b"f"
_LENGTH = 8


def answer(kind: bytes, payload: bytes) -> bytes:
    """One answer."""
    return kind + len(payload).to_bytes(_LENGTH, "big") + payload


async def next_answer(stream: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The next one. IncompleteReadError where the process ended before."""
    kind = await stream.readexactly(1)
    size = int.from_bytes(await stream.readexactly(_LENGTH), "big")
    return kind, await stream.readexactly(size)
