"""Who works through much lets others in: however many workers there are, the loop is never held for long."""

from __future__ import annotations

import asyncio
import time

import pytest

from shared.engine.turns import TURN_S, in_turns, itself

WORK_S = TURN_S / 3


def work(item: int) -> int:
    """As folding does: it computes, and nobody else can."""
    until = time.perf_counter() + WORK_S
    while time.perf_counter() < until:
        pass
    return -item


async def test_everything_is_done_once_and_in_its_order() -> None:
    made = await asyncio.gather(*(in_turns(range(n, n + 20), work) for n in (0, 100, 200)))
    assert made == [[-item for item in range(n, n + 20)] for n in (0, 100, 200)]
    assert await in_turns([], work) == []
    assert await in_turns((item for item in "abc"), itself) == ["a", "b", "c"]


async def test_others_come_in_after_every_turn_however_many_work() -> None:
    passes, over = 0, False

    async def asks() -> None:
        nonlocal passes
        while not over:
            await asyncio.sleep(0)
            passes += 1

    asking = asyncio.ensure_future(asks())
    pieces, workers = 12, 8
    await asyncio.gather(*(in_turns(range(pieces), work) for _ in range(workers)))
    over = True
    await asking
    # A turn holds three pieces, or one more where the clock is a little late; alone, eight workers would let in one.
    assert passes >= workers * pieces // 4


async def test_who_fails_holds_up_nobody() -> None:
    def fails(_: int) -> int:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await in_turns(range(3), fails)
    assert await asyncio.wait_for(in_turns(range(3), work), 5) == [0, -1, -2]


async def test_a_worker_that_is_cancelled_between_two_turns_gives_its_turn_back() -> None:
    long = asyncio.ensure_future(in_turns(range(10_000), work))
    await asyncio.sleep(5 * TURN_S)
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long
    assert await asyncio.wait_for(in_turns(range(3), work), 5) == [0, -1, -2]


async def test_who_is_waited_for_has_every_second_turn_however_many_others_work() -> None:
    turns: list[int] = []

    def noted(item: int) -> None:
        work(item)
        if turns[-1:] != [item]:
            turns.append(item)

    others = [asyncio.ensure_future(in_turns([n] * 40, noted)) for n in range(1, 9)]
    await asyncio.sleep(2 * TURN_S)
    del turns[:]
    await in_turns([0] * 9, noted, ahead=True)
    between = "".join("0" if who == 0 else "x" for who in turns).strip("x")
    assert between in "0x" * 9, "two others between two turns of his"
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
