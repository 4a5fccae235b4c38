"""Steps that are taken again and again."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from shared.engine.again import again, overtaken_by
from shared.kernel import ChangedMeanwhile, Rejected
from shared.ports import StoreUnavailable


def test_a_step_that_takes_long_is_taken_less_often_and_a_store_that_is_away_is_asked_in_time() -> None:
    taken: list[tuple[float, float]] = []
    stopping = asyncio.Event()

    async def step() -> None:
        begun = time.monotonic()
        await asyncio.sleep(0.02 if len(taken) < 2 else 0.3)
        taken.append((begun, time.monotonic()))
        if len(taken) == 3:
            raise StoreUnavailable("away")
        if len(taken) == 4:
            stopping.set()

    async def loop() -> None:
        await again(step, 0.001, share=0.2)(stopping)

    asyncio.run(loop())
    rests = [following[0] - one[1] for one, following in pairwise(taken)]
    worked = [end - begun for begun, end in taken]
    assert all(rest >= 3.9 * work for rest, work in zip(rests[:2], worked[:2], strict=True))
    assert rests[2] < 3.9 * worked[2], "it did not work, it waited"


def test_whoever_was_too_late_is_told_once_what_the_other_did_can_be_read() -> None:
    looks = 0

    async def shown() -> bool:
        nonlocal looks
        looks += 1
        return looks == 3

    async def late(refusal: Rejected) -> None:
        async with overtaken_by(shown):
            raise refusal

    with pytest.raises(ChangedMeanwhile):
        asyncio.run(late(ChangedMeanwhile()))
    assert looks == 3
    with pytest.raises(Rejected, match="retired"):
        asyncio.run(late(Rejected("retired", "It is.")))
    assert looks == 3, "of what nobody overtook nothing is waited for"
