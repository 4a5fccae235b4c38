"""A partner that does not answer in time: where the contract says that silence is an answer, the month is agreed."""

from __future__ import annotations

import logging
from datetime import date
from zoneinfo import ZoneInfo

from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import DeemAgreed
from services.reconciliation.gathering import Gathering
from services.reconciliation.views.months import KnownMonth, months
from shared.http import Deps
from shared.kernel import Rejected

log = logging.getLogger(__name__)
ACTOR = "reconciliation.silence"


class Silence:
    """Looks at months whose partner was asked."""

    def __init__(self, deps: Deps, gathering: Gathering) -> None:
        self._deps = deps
        self._gathering = gathering
        self._refused: dict[str, tuple[int, date]] = {}
        """How far the month was, and which day it was, when it was refused last: while both are the same, so is the
        answer, and a whole month of calls would be gathered every minute for nothing."""

    async def step(self) -> None:
        """Agree those that are over. One that the rules don't let pass waits for people."""
        for month_id, doc in await self._deps.reads.find(months, {"stage": "asked"}):
            try:
                await self._look(month_id, doc)
            except Rejected as refused:
                log.info("%s is not deemed agreed: %s", month_id, refused.code)

    async def _look(self, month_id: str, doc: KnownMonth) -> None:
        now = self._deps.clock()
        terms = await self._gathering.terms(doc.partner_id, doc.month)
        day = now.astimezone(ZoneInfo(terms.schedule.time_zone)).date()
        last = doc.requests[-1]
        if not terms.month.deemed_accepted or day <= last.due:
            return
        if self._refused.get(month_id) == (doc.changes, day):
            return
        usage = await self._gathering.kept_usage(doc.partner_id, doc.month, self._deps.blobs)
        command = DeemAgreed(month_id=month_id, usage=usage, day=day, at=now, by=ACTOR)
        try:
            await self._deps.door.handle(
                month, month_id, command, command_id=f"{month_id}:silence:{last.number}", actor=ACTOR
            )
        except Rejected:
            self._refused[month_id] = doc.changes, day
            raise
