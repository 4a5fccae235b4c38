"""Calls outside the contract's hours: each that was made or taken then stands on the work list, until its fact is taken
back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.calls.domain.opening import is_open
from services.calls.domain.work import NoteFinding, work
from services.calls.views.agreed import agreed_terms, terms_at
from services.calls.watch.checks import LOOKS_BACK
from shared.contracts.calls import TOPIC, CallAnswered, CallStarted
from shared.engine.partitions import Checkpoints
from shared.engine.reading import First
from shared.engine.taking import Taking
from shared.http import Deps
from shared.kernel import Recorded
from shared.ports import Record

ACTOR = "hours"


class Hours(Taking):
    """The worker. What it says a second time, under the same id, changes nothing."""

    def __init__(self, deps: Deps, checkpoints: Checkpoints) -> None:
        super().__init__("calls.hours", TOPIC, CallStarted | CallAnswered, checkpoints)
        self._deps = deps

    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """The items are written."""
        oldest = self._deps.clock() - LOOKS_BACK
        facts = [first.recorded for first in firsts]
        wanted = [one for one in facts if _was_made_or_taken(one.event) and one.event.at >= oldest]
        agreed = await self._deps.reads.get(agreed_terms, sorted({one.event.partner for one in wanted}))
        for recorded in wanted:
            terms = list(terms_at(agreed.get(recorded.event.partner), recorded.event.at))
            if terms and not any(is_open(one.schedule, recorded.event.at) for one in terms):
                await self._tell(recorded)

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
