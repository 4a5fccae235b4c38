"""When what a service has recorded stands in its views: for whoever reads what they have just written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.codec import partition_of
from shared.engine.partitions import Checkpoints
from shared.engine.views import AnyView, Views
from shared.ports import Bus, EventStore

LOOK_EVERY_S = 0.02


class Following:
    """How far the views follow the service's own topic, in whatever process they are kept.

    Views of other services, and what process managers do next, come later: they are not waited for.
    """

    def __init__(
        self, topic: str, views: Sequence[AnyView], live: Views, store: EventStore, bus: Bus, checkpoints: Checkpoints
    ) -> None:
        self._topic = topic
        self._views = [view for view in views if view.topic == topic]
        self._live = live
        self._store = store
        self._bus = bus
        self._checkpoints = checkpoints

    async def shown(self, stream: str, version: int, within: float) -> bool:
        """Whether the views hold the stream up to `version`, or do after `within` s at the most. StoreUnavailable."""
        clock = asyncio.get_running_loop().time
        until, end = clock() + within, None
        partition = partition_of(stream, self._bus.partitions(self._topic))
        while True:
            if end is None and await self._published(stream, version):
                end = (await self._bus.ends(self._topic))[partition]
            if end is not None and await self._applied(partition, end):
                return True
            if clock() >= until:
                return False
            await asyncio.sleep(LOOK_EVERY_S)

    async def _published(self, stream: str, version: int) -> bool:
        """A commit gets its number when it stands in the topic. A stream's are published in order."""
        if version == 0:
            return True
        found = await self._store.history((stream, version - 1), 1)
        return bool(found) and found[0].commit.stream == stream and found[0].number is not None

    async def _applied(self, partition: int, end: int) -> bool:
        reached = await self._checkpoints.least(map(self._live.collection, self._views), partition)
        return reached is None or reached >= end
