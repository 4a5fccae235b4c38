"""Calls outside the contract's hours: each that was made or taken then stands on the work list, until its fact is taken
back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.calls.checks import LOOKS_BACK
from services.calls.domain.opening import is_open
from services.calls.domain.work import NoteFinding, work
from services.calls.views.agreed import agreed_terms, terms_at
from shared.contracts.calls import TOPIC, CallAnswered, CallStarted
from shared.engine.partitions import Checkpoint, Checkpoints, Seen
from shared.engine.reading import Reader
from shared.http import Deps
from shared.kernel import Recorded
from shared.ports import Record

ACTOR = "hours"


class Hours:
    """The worker. What it says a second time, under the same id, changes nothing."""

    name = "calls.hours"
    topic = TOPIC

    def __init__(self, deps: Deps, checkpoints: Checkpoints) -> None:
        self._deps = deps
        self._checkpoints = checkpoints
        self._reader = Reader(self.name, CallStarted | CallAnswered)
        self._seen: dict[int, Seen] = {}

    async def begin(self, partition: int) -> int:
        """From the checkpoint."""
        checkpoint = await self._checkpoints.load(self.name, partition)
        self._seen[partition] = dict(checkpoint.seen)
        return checkpoint.offset

    def end(self, partition: int) -> None:
        """Nothing is remembered."""
        self._seen.pop(partition, None)

    async def apply(self, partition: int, records: Sequence[Record]) -> None:
        """The items are written before the checkpoint moves."""
        seen = self._seen[partition]
        oldest = self._deps.clock() - LOOKS_BACK
        facts = [first.recorded for first in self._reader.first_copies(records, seen)]
        wanted = [one for one in facts if _was_made_or_taken(one.event) and one.event.at >= oldest]
        agreed = await self._deps.reads.get(agreed_terms, sorted({one.event.partner for one in wanted}))
        for recorded in wanted:
            terms = list(terms_at(agreed.get(recorded.event.partner), recorded.event.at))
            if terms and not any(is_open(one.schedule, recorded.event.at) for one in terms):
                await self._tell(recorded)
        await self._checkpoints.save(self.name, partition, Checkpoint(records[-1].offset + 1, seen))

    async def _tell(self, recorded: Recorded[Any]) -> None:
        event: CallStarted | CallAnswered = recorded.event
        command = NoteFinding(
            work=f"{event.partner}:outside_hours:{event.call}",
            kind="outside_hours",
            subject=event.call,
            holds=recorded.sign > 0,
            since=event.at,
            agent=event.agent,
            campaign=event.campaign,
            at=recorded.recorded_at,
        )
        by = f"{recorded.origin}:{recorded.position[0]}.{recorded.position[1]}"
        await self._deps.door.handle(work, command.work, command, command_id=by, actor=ACTOR)


def _was_made_or_taken(event: CallStarted | CallAnswered) -> bool:
    """A dial when it was made, a call in when a human took it: nobody can help it that customers call at night."""
    if event.counts != "production":
        return False
    return event.dialed if isinstance(event, CallStarted) else event.first and not event.dialed
