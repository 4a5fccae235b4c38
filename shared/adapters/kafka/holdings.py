"""The partitions of one group member: granted by the group, held by the owner's work, readable in between.

Granting and holding differ for a while: what the group takes away is held until `on_revoked` has returned, what it
grants is readable when `on_assigned` has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Callback = Callable[[frozenset[int]], Awaitable[None]]


class Holdings:
    """Keeps what is held in step with what is granted, one callback at a time.

    `positions` are the readable partitions and the offsets that come next. `changed` is called when they have changed,
    `released` when something that others wait for has been let go.
    """

    def __init__(
        self, on_assigned: Callback, on_revoked: Callback, changed: Callable[[], None], released: Callable[[], None]
    ) -> None:
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._changed = changed
        self._released = released
        self._granted: frozenset[int] = frozenset()
        self._claimed: frozenset[int] = frozenset()
        self._held: frozenset[int] = frozenset()
        self._forfeited: frozenset[int] = frozenset()
        self._arriving: dict[int, int] = {}
        self._settling: asyncio.Task[None] | None = None
        self._quiet = True
        self.positions: dict[int, int] = {}
        self.failure: Exception | None = None

    def begin(self) -> None:
        """Callbacks may be called from now on."""
        self._quiet = False
        self._settle()

    def claims(self) -> frozenset[int]:
        """What nobody else may be given in the round that begins."""
        self._claimed = self._granted | (self._held - self._forfeited)
        return self._claimed

    def grant(self, partitions: frozenset[int]) -> None:
        """The outcome of a round: these and no others."""
        self._granted = partitions
        for partition in self.positions.keys() - partitions:
            del self.positions[partition]
        if self._claimed - partitions - self._held:
            # Let go while the round was under way: it was held back for us, and is free only in the next one.
            self._released()
        self._settle()

    def forfeit(self) -> None:
        """The group has gone on without this member: all that it held may be somebody else's by now."""
        self._granted = frozenset()
        self._forfeited |= self._held
        self.positions.clear()
        self._settle()

    def seek(self, partition: int, offset: int) -> None:
        """Where reading goes on. ValueError for a partition that is not held."""
        for positions in (self.positions, self._arriving):
            if partition in positions:
                positions[partition] = offset
                return
        raise ValueError(f"partition {partition} is not owned")

    async def close(self) -> None:
        """Hold nothing, and call nobody any more."""
        self._quiet = True
        self._granted = frozenset()
        self.positions.clear()
        self._arriving.clear()
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.wait([self._settling])

    def _settle(self) -> None:
        self._changed()
        if not self._quiet and (self._settling is None or self._settling.done()):
            self._settling = asyncio.create_task(self._keep_step())

    async def _keep_step(self) -> None:
        while True:
            if lost := (self._held - self._granted) | self._forfeited:
                await self._release(lost)
            elif gained := self._granted - self._held:
                await self._take(gained)
            else:
                return

    async def _release(self, partitions: frozenset[int]) -> None:
        awaited = partitions - self._forfeited - self._granted
        await self._call(self._on_revoked, partitions)
        self._held -= partitions
        self._forfeited -= partitions
        if awaited:
            self._released()

    async def _take(self, partitions: frozenset[int]) -> None:
        self._held |= partitions
        self._arriving = dict.fromkeys(partitions, 0)
        await self._call(self._on_assigned, partitions)
        if self.failure is None:
            still = self._granted - self._forfeited
            self.positions |= {partition: at for partition, at in self._arriving.items() if partition in still}
        self._arriving = {}
        self._changed()

    async def _call(self, callback: Callback, partitions: frozenset[int]) -> None:
        try:
            await callback(partitions)
        except Exception as error:
            # The group must go on for its other members; the owner of this one hears of it in its next poll.
            self.failure = error
            self._changed()
