"""What is kept open for sources: one that died is opened again, and the others do not notice."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from services.calls.doors.followed import Followed


class Kept(Followed[str]):
    """Dies the first time that it is kept for `weak`."""

    what = "line"

    def __init__(self, sources: Any) -> None:
        super().__init__(sources)
        self.kept: list[str] = []
        self.again = asyncio.Event()

    def wish(self, source: Any) -> str:
        """Each asks for the same."""
        return "open"

    async def keep(self, source_id: str, wish: str) -> None:
        """Until cancelled."""
        self.kept.append(source_id)
        if source_id == "weak" and self.kept.count("weak") == 1:
            raise RuntimeError("a text that may hold what came")
        if source_id == "weak":
            self.again.set()
        await asyncio.Event().wait()


async def test_one_that_died_is_opened_again_and_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("services.calls.doors.followed.EVERY_S", 0.01)
    sources: Any = SimpleNamespace(all=lambda: [SimpleNamespace(id="weak"), SimpleNamespace(id="well")])
    kept, stopping = Kept(sources), asyncio.Event()
    with caplog.at_level(logging.WARNING):
        running = asyncio.create_task(kept.run(stopping))
        try:
            async with asyncio.timeout(5):
                await kept.again.wait()
        finally:
            stopping.set()
            await running
    assert kept.kept == ["weak", "well", "weak"]
    assert "the line of source weak is not read: RuntimeError" in caplog.text
    assert "may hold what came" not in caplog.text
