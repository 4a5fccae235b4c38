"""A door that answers when what was done can be read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.http import Accepted, ShowingDoor
from shared.http.door import READABLE_WITHIN_S
from shared.kernel import Rejected
from shared.ports import StoreUnavailable


class Inner:
    """Accepts at version 7, or refuses."""

    refused: Rejected | None = None

    async def handle(self, decider: Any, stream_id: str, command: Any, *, command_id: str, actor: str) -> Accepted:
        if self.refused is not None:
            raise self.refused
        return Accepted(f"alert-{stream_id}", 7)


class Views:
    """Which streams were waited for; not before they are `there`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, float]] = []
        self.there = asyncio.Event()
        self.away = False

    async def readable(self, stream: str, version: int, within: float) -> bool:
        self.asked.append((stream, version, within))
        if self.away:
            raise StoreUnavailable("away")
        await self.there.wait()
        return True


def handled(inner: Inner, views: Views) -> asyncio.Task[Accepted]:
    done = ShowingDoor(inner, views.readable).handle(None, "a", None, command_id="c", actor="ana")  # type: ignore[arg-type]
    return asyncio.create_task(done)


async def test_it_answers_not_before_the_version_can_be_read() -> None:
    views = Views()
    task = handled(Inner(), views)
    await asyncio.sleep(0.01)
    assert not task.done()
    assert views.asked == [("alert-a", 7, READABLE_WITHIN_S)]
    views.there.set()
    assert await task == Accepted("alert-a", 7)


async def test_what_is_done_is_done_while_the_store_is_away() -> None:
    views = Views()
    views.away = True
    assert await handled(Inner(), views) == Accepted("alert-a", 7)


async def test_nothing_is_waited_for_where_it_was_refused() -> None:
    inner, views = Inner(), Views()
    inner.refused = Rejected("not_open", "It is over.")
    with pytest.raises(Rejected):
        await handled(inner, views)
    assert views.asked == []
