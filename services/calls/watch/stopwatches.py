"""What time brings to hot leads: each is escalated before its deadline breaks and missed when it has, once.

A hand-over that is killed between two steps is found again by the next look; the decider has the say, so a view that
is behind makes nobody say a thing twice.
"""

from __future__ import annotations

from services.calls.domain.handover import PassTime, handover
from services.calls.views.handovers import KnownHandover, handovers
from services.calls.views.measures import milliseconds
from shared.http import Deps

ACTOR = "stopwatches"


class Stopwatches:
    """Looks at the hand-overs that nobody has taken."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def step(self) -> int:
        """One look; how many were told how late it is. A deadline is over only after its own millisecond."""
        now = self._deps.clock()
        due: list[tuple[str, KnownHandover]] = await self._deps.reads.find(
            handovers, {"state": "open"}, "next", 0, milliseconds(now) + 1
        )
        told = 0
        for key, doc in due:
            if doc.asked is None or (doc.escalated_at is not None and now <= doc.asked.due_at):
                continue
            command = PassTime(handover=key, at=now)
            by = "missed" if now > doc.asked.due_at else "escalated"
            await self._deps.door.handle(handover, key, command, command_id=by, actor=ACTOR)
            told += 1
        return told
