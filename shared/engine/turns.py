"""Turns at the processor: who works through much does it a few milliseconds at a time, one worker after the other.

A process answers people and takes deliveries while its workers catch up. A worker by itself would hold the event loop
as long as its batch takes, and thirty of them thirty times as long; so whoever waits for an answer comes in between two
turns, however many workers there are. One that the others wait for has every second turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")
R = TypeVar("R")

TURN_S = 0.003
"""How long the workers of a process may compute before they let others in: together, not each."""


class _Turns:
    """Whose turn it is on an event loop, and until when, by its clock."""

    def __init__(self) -> None:
        self.until = 0.0
        self._taken = False
        self._ahead, self._others = deque[asyncio.Future[None]](), deque[asyncio.Future[None]]()

    @asynccontextmanager
    async def turn(self, ahead: bool) -> AsyncIterator[None]:
        """Nobody else's; `ahead`: before all who are not."""
        if self._taken:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            (self._ahead if ahead else self._others).append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if not mine.cancelled():  # it was given to us all the same
                    self._give()
                raise
        self._taken = True
        try:
            yield
        finally:
            self._give()

    def _give(self) -> None:
        for waiting in (self._ahead, self._others):
            while waiting:
                if not (following := waiting.popleft()).done():
                    following.set_result(None)
                    return
        self._taken = False


_of: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


async def in_turns(items: Iterable[T], work: Callable[[T], R], *, ahead: bool = False) -> list[R]:
    """What `work` makes of each of the items, in their order. What it raises ends it. Who goes `ahead` has the next
    turn whenever another's ends."""
    loop = asyncio.get_running_loop()
    turns: _Turns | None = _of.get(loop)
    if turns is None:
        turns = _of[loop] = _Turns()
    todo, made = iter(items), list[R]()
    while True:
        async with turns.turn(ahead):
            if loop.time() >= turns.until:
                await asyncio.sleep(0)
                turns.until = loop.time() + TURN_S
            for item in todo:
                made.append(work(item))
                if loop.time() >= turns.until:
                    break
            else:
                return made


def itself(item: Any) -> Any:
    """Of items that are made one by one: the item."""
    return item
