"""Our side of a partner's month, from views and the vault: what is compared, and the quantities that are rated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import polars as pl

from services.reconciliation.calls_service import CallsService
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.contract_basis import contract_basis, held_in
from services.reconciliation.matching.day_totals import ShownElsewhere, Totals, added, differences
from services.reconciliation.matching.own import EVENTS, RECORDS, OwnSide
from services.reconciliation.matching.own_rows import events_of, in_sequence, records_of, roster
from services.reconciliation.matching.own_usage import call_usage, hot_lead_usage, once_each, sale_usage, stay_usage
from services.reconciliation.views.counterparts import Counterpart, counterparts
from services.reconciliation.views.month_calls import MonthCall, add, month_calls, shown
from services.reconciliation.views.month_handovers import month_handovers
from services.reconciliation.views.month_stays import month_stays
from shared.contracts.rating import Figure, SaleUsage, Usage, days_of
from shared.contracts.terms.sheet import TermSheet
from shared.http import Reads
from shared.kernel import Rejected
from shared.ports import Blobs
from shared.vault import Vault

EDGE = timedelta(days=1)
"""Calls so long before and after the month are gathered too: clocks and cuts of months differ. No call lasts longer."""
LATE = timedelta(days=92)
"""How long after a call something may be told of it and still be found."""
LOOKS_BACK = timedelta(days=35)
"""How long before the month a call may have begun whose sale is still counted on its day in the month."""
NO_CANCELLATIONS: Mapping[str, datetime] = {}

Told = Callable[[int, int], None]


class Gathering:
    """Reads what the service's views hold of a partner, a day at a time: a month of calls need not be in memory."""

    def __init__(self, reads: Reads, vault: Vault, company_tz: str, calls: CallsService) -> None:
        self._reads = reads
        self._vault = vault
        self._company_tz = company_tz
        self._calls_service = calls

    async def counterpart(self, partner_id: str) -> Counterpart:
        """The partner. Rejected: `unknown_partner`."""
        found = (await self._reads.get(counterparts, [partner_id])).get(partner_id)
        if found is None:
            raise Rejected("unknown_partner", f"Nobody is known as {partner_id}.")
        return found

    async def terms(self, partner_id: str, month: str) -> TermSheet:
        """What the contract says of the month. Rejected as `basis` is."""
        _, version = held_in((await self.counterpart(partner_id)).contracts, month)
        return version.terms

    async def basis(self, partner_id: str, month: str, rates: Mapping[str, float] | None = None) -> Basis:
        """What the month is compared by. `rates`: units of a currency for one euro. Rejected: `unknown_partner`,
        `no_terms`, `several_contracts`."""
        return self._basis(await self.counterpart(partner_id), month, rates or {})

    def _basis(self, partner: Counterpart, month: str, rates: Mapping[str, float]) -> Basis:
        _, version = held_in(partner.contracts, month)
        return contract_basis(
            partner.partner_id,
            month,
            version.terms,
            partner_tz=None,
            country=partner.country,
            company_tz=self._company_tz,
            rates=rates,
        )

    async def own_side(
        self,
        partner_id: str,
        month: str,
        codes: Mapping[str, str],
        told: Told | None = None,
        *,
        cancelled: Mapping[str, datetime] = NO_CANCELLATIONS,
        rates: Mapping[str, float] | None = None,
    ) -> OwnSide:
        """Statistics shown and events of the month, with its edges.

        `codes`: the partner's codes of agents that a person told; `told` hears how many days are done, of how many;
        `cancelled`: when a sale was cancelled, by its id. Rejected as `basis` is; StoreUnavailable.
        """
        partner = await self.counterpart(partner_id)
        basis = self._basis(partner, month, rates or {})
        low, high = basis.start - EDGE, basis.end + EDGE
        records, events = [pl.DataFrame(schema=RECORDS)], [pl.DataFrame(schema=EVENTS)]
        async for calls in self._by_day(partner_id, low, high, told):
            refs = {started.customer_ref for one in calls if (started := one.started) and started.customer_ref}
            numbers = await self._vault.customer_numbers(refs)
            # In a thread: a day of calls is too much for those who wait meanwhile.
            records.append(await asyncio.to_thread(records_of, map(shown, calls), numbers, cancelled))
            events.append(await asyncio.to_thread(events_of, calls, numbers, cancelled))
        return OwnSide(
            basis=basis,
            records=pl.concat(records),
            events=in_sequence(pl.concat(events)),
            roster=roster(partner.agents, codes),
            holes=await self._calls_service.holes(partner.sources, low, high),
        )

    async def usage(self, partner_id: str, month: str) -> Usage:
        """The quantities of the month by our facts. Rejected as `basis` is."""
        basis = await self.basis(partner_id, month)
        low, high = f"{basis.start - EDGE:%Y-%m-%d}", f"{basis.end + EDGE:%Y-%m-%d}"
        stays = await self._reads.find(month_stays, {"partner": partner_id}, "day", low, high)
        calls, sales = [], list[SaleUsage]()
        async for day in self._by_day(partner_id, basis.start, basis.end):
            calls += [call_usage(one) for one in day]
            sales += [sale for one in day for sale in sale_usage(one, basis)]
        return Usage(
            calls=calls,
            sales=once_each(sales),
            agents=stay_usage((doc for _, doc in stays), basis),
            figures=await self._figures(partner_id, month, basis),
        )

    async def _figures(self, partner_id: str, month: str, basis: Basis) -> Sequence[Figure]:
        """What the contract's credits go by, where it has any that we measure."""
        if not (await self.terms(partner_id, month)).measures.hot_lead_credits:
            return ()
        low, high = _ms(basis.start), _ms(basis.end)
        found = await self._reads.find(month_handovers, {"partner": partner_id}, "asked", low, high)
        return (hot_lead_usage(doc for _, doc in found),)

    async def kept_usage(self, partner_id: str, month: str, blobs: Blobs) -> str:
        """The quantities of the month, kept; their hash, by which an agreement names them. Rejected as `basis` is."""
        usage = await self.usage(partner_id, month)
        return await blobs.put(msgspec.json.encode(usage, order="deterministic"))

    async def shown_elsewhere(self, partner_id: str, month: str) -> Sequence[ShownElsewhere]:
        """The second level of the self-audit: totals by day of our facts that the dashboards show otherwise.

        Facts may come in while both sides are read, so that only what differs twice is told. Rejected as `basis` is;
        StoreUnavailable.
        """
        first = await self._compared(partner_id, month)
        if not first:
            return ()
        again = await self._compared(partner_id, month)
        places = {(one.day, one.measure) for one in first}
        return [one for one in again if (one.day, one.measure) in places]

    async def _compared(self, partner_id: str, month: str) -> Sequence[ShownElsewhere]:
        basis = await self.basis(partner_id, month)
        replayed: Totals = {}
        # A sale counts on its own day, which may be in the month when its call was long before.
        async for calls in self._by_day(partner_id, basis.start - LOOKS_BACK, basis.end + EDGE):
            for call in calls:
                added(replayed, call.facts)
        first, last = days_of(month)
        shown_there = await self._calls_service.totals(
            partner_id, first.isoformat(), (last + timedelta(days=1)).isoformat()
        )
        return differences(replayed, shown_there, month)

    async def _by_day(
        self, partner_id: str, low: datetime, high: datetime, told: Told | None = None
    ) -> AsyncIterator[list[MonthCall]]:
        """The calls that began from `low` until `high`, whole, in the order of their beginning: some days' at a time.

        A call's facts lie in shards of several partitions, of which each is found by its own first fact. One whose
        beginning has not come is in nobody's month yet.
        """
        equal = {"partner": partner_id}
        waiting = dict(await self._reads.find(month_calls, equal, "late", _ms(low), _ms(high + LATE)))
        at, until, done = low - EDGE, high + EDGE, 0
        days = -(-(until - at) // EDGE)
        while at < until:
            end = min(at + EDGE, until)
            for key, doc in await self._reads.find(month_calls, equal, "began", _ms(at), _ms(end)):
                waiting[key] = add(waiting[key], doc) if key in waiting else doc
            # The last shard of a call that began before this day lies within it.
            ripe = [key for key, doc in waiting.items() if (begun := doc.started) and (begun.at < at or end == until)]
            calls = [waiting.pop(key) for key in ripe]
            done += 1
            if told is not None:
                told(done, days)
            yield sorted((one for one in calls if low <= one.began < high), key=lambda one: (one.began, one.call))
            at = end


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
