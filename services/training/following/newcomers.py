"""How new agents learn, measured once a day for each partner that has some, so that others may rest on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from services.training.domain.learning import MeasureLearning, learning
from services.training.following.learning import Newcomers, of_newcomers
from services.training.views.learnings import learnings
from services.training.views.worked import worked_since
from shared.clock import Clock
from shared.http import Door, Reads

ACTOR = "training.learning"
BEHIND = timedelta(hours=14)
"""A day is over everywhere 12 hours after it is in UTC; telephony tells some facts late."""


class Measuring:
    """Looks at the day that is over everywhere, once: what comes late is in the next day's figures."""

    def __init__(self, reads: Reads, door: Door, now: Clock) -> None:
        self._reads = reads
        self._door = door
        self._now = now
        self._looked: dict[str, date] = {}

    async def step(self) -> None:
        """One look."""
        now = self._now()
        until = (now - BEHIND).date() - timedelta(days=1)
        partners = sorted({doc.partner for _, doc in await self._reads.find(worked_since, {})})
        known = await self._reads.get(learnings, partners)
        for partner in partners:
            last = known[partner].measured.until if partner in known else date.min
            if max(last, self._looked.get(partner, date.min)) >= until:
                continue
            found = await of_newcomers(self._reads, partner, until)
            if found is not None:
                command = command_of(partner, found, until, now)
                by = f"{ACTOR}:{until}"
                await self._door.handle(learning, partner, command, command_id=by, actor=ACTOR)
            # Also of one without new agents: it is not read again today.
            self._looked[partner] = until


def command_of(partner: str, found: Newcomers, until: date, at: datetime) -> MeasureLearning:
    """The command for what was found; decimals in text, so that everybody compares the same figures."""
    curve = found.curve
    return MeasureLearning(
        partner_id=partner,
        agents=found.agents,
        began=found.began,
        until=until,
        contacts=curve.contacts,
        sales=curve.sales,
        earlier=curve.earlier,
        earlier_contacts=curve.earlier_contacts,
        expected=str(Decimal(curve.expected).quantize(Decimal("0.01"))),
        verdict=curve.verdict,
        share_percent="" if curve.share is None else str(Decimal(100 * curve.share).quantize(Decimal("0.1"))),
        chance="" if curve.chance is None else f"{curve.chance:.3g}",
        evidence=curve.evidence,
        at=at,
        by=ACTOR,
    )
