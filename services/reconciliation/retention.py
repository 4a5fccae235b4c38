"""Keys of months are destroyed when their time is over, and not while a month that they may be needed for is open.

First it is said, then it is done. Whoever is killed in between is followed by the next look, which finds the key still
there; so no key is gone of which the log does not say so.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, get_args

import msgspec

from services.reconciliation.domain.retention import ExpireMonthKey, Hold, evidence_of, expires, held, retention
from services.reconciliation.views.counterparts import Counterpart, counterparts
from services.reconciliation.views.invoices import invoices
from services.reconciliation.views.months import months
from services.reconciliation.views.released_months import released_months
from shared import metrics
from shared.contracts.rating import days_of
from shared.contracts.rating.calendar import days_held
from shared.faults import reach
from shared.http import Deps
from shared.settings import Settings
from shared.vault import KeptMonth

log = logging.getLogger(__name__)
ACTOR = "reconciliation.retention"
State = Literal["kept", "held", "destroyed"]


class SealedMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's month of which something was sealed. `at`: when its key was made, or destroyed; `until`: the first
    month in which it is kept no more; `held_by`: the month for which it is kept longer, and `why`. What was sealed for
    no partner has a name of ours in the partner's place: `company`, `_providers`."""

    partner_id: str
    month: str
    state: State
    at: datetime
    kept_months: int
    until: str
    held_by: str | None = None
    why: Hold | None = None


class Retention:
    """Looks at all keys of months."""

    def __init__(self, deps: Deps, settings: Settings) -> None:
        self._deps = deps
        self._months = settings.raw_months
        self._by_country = dict(settings.raw_months_by_country)
        for state in get_args(State):
            metrics.MONTH_KEYS.labels(state)

    async def step(self) -> None:
        """One look: what is over is destroyed."""
        count: Counter[State] = Counter(dict.fromkeys(get_args(State), 0))
        for one in await self.keys():
            over = one.state == "kept" and one.until <= self._this_month()
            if over:
                await self._expire(one)
            count["destroyed" if over else one.state] += 1
        for state, number in count.items():
            metrics.MONTH_KEYS.labels(state).set(number)

    async def keys(self) -> list[SealedMonth]:
        """Every month with what becomes of its key, by partner and month."""
        stored = await self._deps.vault.months()
        known = await self._deps.reads.get(counterparts, sorted({one.partner for one in stored}))
        disputes = await self._deps.reads.find(invoices, {"status": "disputed"})
        disputed = {(doc.partner_id, doc.month) for _, doc in disputes}
        return [await self._looked_at(one, known.get(one.partner), disputed) for one in stored]

    async def _looked_at(
        self, one: KeptMonth, known: Counterpart | None, disputed: Collection[tuple[str, str]]
    ) -> SealedMonth:
        kept = self._by_country.get((known.country if known else None) or "", self._months)
        told = SealedMonth(
            partner_id=one.partner,
            month=one.month,
            state="destroyed" if one.destroyed else "kept",
            at=one.at,
            kept_months=kept,
            until=f"{one.at:%Y-%m}" if one.destroyed else expires(one.month, one.at.date(), kept),
        )
        if one.destroyed or told.until > self._this_month():
            return told
        found = held(one.month, await self._open(one.partner, evidence_of(one.month), known, disputed))
        return (
            told if found is None else msgspec.structs.replace(told, state="held", held_by=found.month, why=found.why)
        )

    async def _open(
        self, partner_id: str, among: Sequence[str], known: Counterpart | None, disputed: Collection[tuple[str, str]]
    ) -> dict[str, Hold]:
        """Those of the months of which an invoice is disputed, a report is not agreed, or none came though there is a
        contract and nobody released it."""
        names = {one: f"{partner_id}:{one}" for one in among}
        docs = await self._deps.reads.get(months, list(names.values()))
        released = await self._deps.reads.get(released_months, list(names.values()))
        found: dict[str, Hold] = {}
        for one, name in names.items():
            doc = docs.get(name)
            if (partner_id, one) in disputed:
                found[one] = "disputed"
            elif doc is not None:
                if doc.agreed is None:
                    found[one] = "not_agreed"
            elif name not in released and _is_under_contract(known, one):
                found[one] = "no_report"
        return found

    async def _expire(self, one: SealedMonth) -> None:
        name = f"{one.partner_id}:{one.month}"
        command = ExpireMonthKey(
            partner_id=one.partner_id,
            month=one.month,
            kept_months=one.kept_months,
            at=self._deps.clock(),
            by=ACTOR,
        )
        await self._deps.door.handle(retention, name, command, command_id=f"expired:{name}", actor=ACTOR)
        reach("retention.said")
        await self._deps.vault.destroy_month(one.partner_id, one.month)
        log.info("the key of %s %s is destroyed after its time, %d months", one.partner_id, one.month, one.kept_months)

    def _this_month(self) -> str:
        return f"{self._deps.clock():%Y-%m}"


def _is_under_contract(known: Counterpart | None, month: str) -> bool:
    first, last = days_of(month)
    agreements = known.contracts.values() if known else ()
    return any(days_held(one, each.versions, first, last) > 0 for each in agreements for one in each.versions)
