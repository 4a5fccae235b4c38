"""Loops that measure what no step of the work passes by: the event loop itself, and what waits in the stores."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from shared import metrics
from shared.clock import Clock
from shared.engine.again import again

TURN_S = 0.25
"""How often the event loop is asked to come back."""
WAITING_EVERY_S = 5.0


class Measured(Protocol):
    """Something in a store that can say how much waits in it."""

    async def measure(self, now: datetime) -> None:
        """Tell the metrics. StoreUnavailable."""
        ...


async def loop_lag(stopping: asyncio.Event) -> None:
    """How late is the event loop? Whoever computes too long in one go delays everybody, heartbeats too."""
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
        due = loop.time() + TURN_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), TURN_S)
        metrics.LOOP_LAG.observe(max(0.0, loop.time() - due))


def waiting(them: Sequence[Measured], now: Clock) -> Callable[[asyncio.Event], Awaitable[None]]:
    """A loop that measures all of them. While a store is away, the last figures stand."""

    async def step() -> None:
        for one in them:
            await one.measure(now())

    return again(step, WAITING_EVERY_S)
