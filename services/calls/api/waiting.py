"""Answers that wait until there is something new: they go through any proxy, and cost a slow line nothing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query

from shared.http import invalid

MOST_WAIT_S = 25
"""Shorter than what proxies on the way allow an answer to take."""
LOOK_EVERY_S = 0.2

Known = Annotated[str | None, Query(description="The version that is known.")]
Wait = Annotated[int, Query(description="Seconds to wait for another version.")]
T = TypeVar("T")


async def changed(
    look: Callable[[], Awaitable[T]], of: Callable[[T], Any], known: str | None, wait: int, bell: asyncio.Event
) -> tuple[str, T]:
    """What is found, with its version: at once where that is another one than `known`, else when it has become another
    one or after `wait` seconds. `of` is what of it the version stands for. Whoever knows that there is something new
    sets the bell; others are found out by looking. 422 for a wait that is too long."""
    if not 0 <= wait <= MOST_WAIT_S:
        raise invalid("wait", f"between 0 and {MOST_WAIT_S}")
    clock = asyncio.get_running_loop().time
    until = clock() + wait
    while True:
        bell.clear()  # before looking: what is written after the look rings again
        found = await look()
        version = hashlib.sha256(msgspec.json.encode(of(found))).hexdigest()[:16]
        if version != known or clock() >= until:
            return version, found
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), LOOK_EVERY_S)
