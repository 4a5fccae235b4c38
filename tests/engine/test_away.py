"""A broker that is away makes the loops wait; none of them ends for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shared import clock
from shared.ports import StoreUnavailable
from shared.runtime import Runtime
from shared.settings import Settings


async def test_a_broker_that_is_away_does_not_end_the_watch_over_the_lag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime(Settings(data=tmp_path), (), clock.now)
    asked = asyncio.Event()

    async def away() -> int:
        asked.set()
        raise StoreUnavailable("nobody answers")

    monkeypatch.setattr(runtime, "lag", away)
    await runtime.start()
    await asyncio.wait_for(asked.wait(), 5)
    await asyncio.sleep(0)
    assert runtime.ready() == {}
    await runtime.stop()
