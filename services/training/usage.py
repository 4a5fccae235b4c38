"""What is held of the panel's use: counts by agent, day and step, for as many days as the settings say and no longer.

It is not in the log, which is for ever: these are counts about people, and they have an end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from services.training.measuring.usage import UsageDay, Visit, count
from shared.clock import Clock
from shared.codec import encode
from shared.engine.moving import Keep
from shared.ports import Documents, Put, Refused, every

USAGE = "panel_usage"
CHUNK = 500
_decode = msgspec.json.Decoder(UsageDay).decode


def _fields(body: bytes) -> Mapping[str, str | int | None]:
    doc = _decode(body)
    return {"partner": doc.partner, "agent": doc.agent, "day": doc.day}


KEEP = Keep(USAGE, ("partner", "agent", "day"), _fields)


class Usage:
    """One document for an agent and a day. `on`: whether anything is collected; `days`: how long it is held."""

    def __init__(self, documents: Documents, now: Clock, on: bool, days: int) -> None:
        self._documents = documents
        self._now = now
        self.on = on
        self.days = days

    async def add(self, partner: str, agent: str, batch: str, visits: Sequence[Visit]) -> bool:
        """Count a batch on the day of now (UTC). False where it was counted before, be it yesterday: who got no answer
        tells it again after midnight too."""
        today = self._now().date()
        day, id_ = today.isoformat(), f"{partner}/{today}/{agent}"
        before = f"{partner}/{today - timedelta(days=1)}/{agent}"
        while True:
            found = await self._documents.get(USAGE, [before, id_])
            if before in found and batch in _decode(found[before].body).batches:
                return False
            stored = found.get(id_)
            doc = _decode(stored.body) if stored else UsageDay(partner=partner, agent=agent, day=day)
            if not count(doc, batch, visits):
                return False
            body = encode(doc)
            try:
                await self._documents.put(USAGE, [Put(id_, stored.revision if stored else 0, body, _fields(body))])
            except Refused:  # another tab of the agent's was quicker
                continue
            return True

    async def of_agent(self, partner: str, agent: str) -> list[UsageDay]:
        """All that is held of an agent, oldest first."""
        return await self._found({"partner": partner, "agent": agent}, None, None)

    async def of_partner(self, partner: str, since: str, until: str) -> list[UsageDay]:
        """All that is held of a partner's agents from the day `since` to before `until`, by day and agent."""
        return await self._found({"partner": partner}, since, until)

    async def _found(self, equal: Mapping[str, str | int], low: str | None, high: str | None) -> list[UsageDay]:
        found = [_decode(one.body) async for one in every(self._documents, USAGE, equal, "day", low, high)]
        return sorted(found, key=lambda doc: (doc.day, doc.agent))

    async def sweep(self) -> None:
        """What is held longer than it may be is deleted; all of it, where nothing may be collected any more."""
        oldest = (self._now().date() - timedelta(days=self.days - 1)).isoformat() if self.on else None
        gone = [one.id async for one in every(self._documents, USAGE, None, "day", None, oldest)]
        for start in range(0, len(gone), CHUNK):
            await self._documents.delete(USAGE, gone[start : start + CHUNK])
