"""Turns at the processor: who works through much does it a few milliseconds at a time, one worker after the other.

A process answers people and takes deliveries while its workers catch up. A worker by itself would hold the event loop
as long as its batch takes, and thirty of them thirty times as long; so whoever waits for an answer comes in between two
turns, however many workers there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")
R = TypeVar("R")

TURN_S = 0.003
"""How long the workers of a process may compute before they let others in: together, not each."""


class _Turns:
    """Whose turn it is on an event loop, and until when, by its clock."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.until = 0.0


_of: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


async def in_turns(items: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """What `work` makes of each of the items, in their order. What it raises ends it."""
    loop = asyncio.get_running_loop()
    turns: _Turns | None = _of.get(loop)
    if turns is None:
        turns = _of[loop] = _Turns()
    todo, made = iter(items), list[R]()
    while True:
        async with turns.lock:
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
