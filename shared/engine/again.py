"""A step taken again and again: beside everything else that a process does, or until something holds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from shared.kernel import ChangedMeanwhile
from shared.ports import Refused, StoreUnavailable

log = logging.getLogger(__name__)

SHOWN_WITHIN_S = 2.0
"""For how long whoever was too late waits until what somebody else did can be read."""


def again(
    step: Callable[[], Awaitable[object]], seconds: float, *, share: float = 1.0
) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A loop that takes a step every so often; a store that is away is asked again. A step that takes long is taken
    less often: it lasts for at most `share` of the time."""

    async def loop(stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            begun, rests = time.monotonic(), seconds
            try:
                await step()
                rests = max(seconds, (time.monotonic() - begun) * (1 / share - 1))
            except (Refused, StoreUnavailable) as cause:
                log.warning("%s: %s", step.__qualname__, type(cause).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), rests)

    return loop


async def within(seconds: float, holds: Callable[[], Awaitable[bool]], every: float = 0.05) -> bool:
    """Whether it comes to hold, looked at every so often: views follow commands after a moment."""
    for _ in range(int(seconds / every)):
        if await holds():
            return True
        await asyncio.sleep(every)
    return False


@contextlib.asynccontextmanager
async def overtaken_by(shown: Callable[[], Awaitable[bool]]) -> AsyncIterator[None]:
    """Whoever is told that somebody else was faster reads next what that one did: so is told once it is `shown`."""
    try:
        yield
    except ChangedMeanwhile:
        await within(SHOWN_WITHIN_S, shown, 0.02)
        raise
