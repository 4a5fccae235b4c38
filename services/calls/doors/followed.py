"""What is kept open for each source that asks for it, as its settings come and go: one task a source."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from services.calls.doors.sources import Source, Sources
from shared import metrics

log = logging.getLogger(__name__)
W = TypeVar("W")

EVERY_S = 1.0
"""How often we look whether sources and what is open still agree."""


class Followed(ABC, Generic[W]):
    """Each by itself: one that is away or slow holds up nobody else's, and one that died is opened again. `what` is
    open, in words for the log."""

    what: str

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._open: dict[str, tuple[W, asyncio.Task[None]]] = {}
        self._complained: dict[str, str] = {}

    @abstractmethod
    def wish(self, source: Source) -> W | None:
        """What a source asks for; None: nothing. ValueError when its options are not as they must be."""

    @abstractmethod
    async def keep(self, source_id: str, wish: W) -> None:
        """Keep it open until cancelled."""

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop: they come and go with the settings of their sources."""
        try:
            while not stopping.is_set():
                await self._follow_settings()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), EVERY_S)
        finally:
            await self._end(list(self._open))

    def complain(self, source_id: str, wrong: str) -> None:
        """Once for each thing that is wrong, not every second."""
        if self._complained.get(source_id) != wrong:
            self._complained[source_id] = wrong
            log.warning("the %s of source %s is not read: %s", self.what, source_id, wrong)

    def works(self, source_id: str) -> None:
        """What was wrong is so no more: it is said again when it comes back."""
        self._complained.pop(source_id, None)

    async def _follow_settings(self) -> None:
        wanted = self._wanted()
        for source_id, (_, task) in self._open.items():
            if task.done() and not task.cancelled() and (wrong := task.exception()) is not None:
                self.complain(source_id, type(wrong).__name__)  # its text may hold what came
        await self._end([name for name, (wish, task) in self._open.items() if wanted.get(name) != wish or task.done()])
        for source_id, wish in wanted.items():
            if source_id not in self._open:
                task = asyncio.create_task(self.keep(source_id, wish), name=f"{self.what} of {source_id}")
                self._open[source_id] = wish, task

    def _wanted(self) -> dict[str, W]:
        found: dict[str, W] = {}
        for source in self._sources.all():
            try:
                if (wish := self.wish(source)) is not None:
                    found[source.id] = wish
            except ValueError as wrong:
                self.complain(source.id, str(wrong))
        return found

    async def _end(self, source_ids: Sequence[str]) -> None:
        tasks = [self._open.pop(source_id)[1] for source_id in source_ids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for source_id in source_ids:
            with contextlib.suppress(KeyError):
                metrics.PARTNER_STREAMS.remove(source_id)
