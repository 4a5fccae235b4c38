"""Consumer groups within one process: who reads which partition, how it is handed over, and where it is read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from shared.ports import Record

Read = Callable[[Mapping[int, int], int], Awaitable[dict[int, list[Record]]]]
Callback = Callable[[frozenset[int]], Awaitable[None]]


class Group:
    """Divides the partitions of a topic among its members in turn, and moves only what must move."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._members: list[SqliteSubscription] = []
        self._holders: dict[int, SqliteSubscription] = {}
        self._changed = False
        self._task: asyncio.Task[None] | None = None

    def join(self, member: SqliteSubscription) -> None:
        """A new member; it gets its share in a task of the group's."""
        self._members.append(member)
        self._divide_again()

    def leave(self, member: SqliteSubscription) -> None:
        """What the member held is free from now on."""
        self._members.remove(member)
        self._holders = {partition: holder for partition, holder in self._holders.items() if holder is not member}
        self._divide_again()

    def wake(self) -> None:
        """There are new records: members that wait look again."""
        for member in self._members:
            member.wake()

    def _divide_again(self) -> None:
        self._changed = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._divide())

    async def _divide(self) -> None:
        while self._changed:
            self._changed = False
            members = list(self._members)
            await asyncio.gather(*(self._take(member, index, len(members)) for index, member in enumerate(members)))
            await asyncio.gather(*(self._give(member, index, len(members)) for index, member in enumerate(members)))

    async def _take(self, member: SqliteSubscription, index: int, members: int) -> None:
        surplus = frozenset(p for p, holder in self._holders.items() if holder is member and p % members != index)
        if surplus:
            await member.revoke(surplus)
            for partition in surplus:
                if self._holders.get(partition) is member:
                    del self._holders[partition]

    async def _give(self, member: SqliteSubscription, index: int, members: int) -> None:
        share = frozenset(p for p in range(index, self._partitions, members) if p not in self._holders)
        if share and member in self._members:
            self._holders |= dict.fromkeys(share, member)
            await member.assign(share)


class SqliteSubscription:
    """One member of a group. A partition that it never sought is read from its first record on."""

    def __init__(self, group: Group, read: Read, on_assigned: Callback, on_revoked: Callback) -> None:
        self._group = group
        self._read = read
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._positions: dict[int, int] = {}
        self._arriving: dict[int, int] = {}
        self._bell = asyncio.Event()
        self._failure: Exception | None = None
        self._closed = False

    async def poll(self, limit: int, timeout: float) -> Mapping[int, Sequence[Record]]:
        """See the port. What a callback raised is raised here; a waiting poll returns empty when the subscription is
        closed, a later one is a RuntimeError."""
        if self._closed:
            raise RuntimeError("the subscription is closed")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            # Cleared before looking: what is appended after the look rings again.
            self._bell.clear()
            found = await self._look(limit)
            if found or self._closed or loop.time() >= deadline:
                return found
            try:
                async with asyncio.timeout_at(deadline):
                    await self._bell.wait()
            except TimeoutError:
                return {}

    def owned(self) -> frozenset[int]:
        """See the port."""
        return frozenset(self._positions)

    def seek(self, partition: int, offset: int) -> None:
        """See the port. ValueError for a partition that this member does not have."""
        for positions in (self._positions, self._arriving):
            if partition in positions:
                positions[partition] = offset
                self.wake()
                return
        raise ValueError(f"partition {partition} is not owned")

    async def close(self) -> None:
        """See the port."""
        if not self._closed:
            self._closed = True
            self._positions.clear()
            self._arriving.clear()
            self._group.leave(self)
            self.wake()

    def wake(self) -> None:
        """A waiting poll looks again."""
        self._bell.set()

    async def assign(self, partitions: frozenset[int]) -> None:
        """The group gives partitions; they are owned, and polled, once `on_assigned` has sought them."""
        self._arriving |= dict.fromkeys(partitions, 0)
        await self._call(self._on_assigned, partitions)
        if self._failure is None:
            self._positions |= self._arriving
        self._arriving.clear()
        self.wake()

    async def revoke(self, partitions: frozenset[int]) -> None:
        """The group takes partitions away; nothing of them is polled from here on, while `on_revoked` ends the work
        on what was polled before."""
        for partition in partitions:
            self._positions.pop(partition, None)
        await self._call(self._on_revoked, partitions)

    async def _call(self, callback: Callback, partitions: frozenset[int]) -> None:
        try:
            await callback(partitions)
        except Exception as error:
            # The group must go on for its other members; the owner of this one hears of it in its next poll.
            self._failure = error
            self.wake()

    async def _look(self, limit: int) -> dict[int, list[Record]]:
        if self._failure is not None:
            raise self._failure
        starts = dict(self._positions)
        found = {}
        for partition, records in (await self._read(starts, limit) if starts else {}).items():
            # Unless it was sought, or taken away, while we read.
            if self._positions.get(partition) == starts[partition]:
                self._positions[partition] = records[-1].offset + 1
                found[partition] = records
        return found
