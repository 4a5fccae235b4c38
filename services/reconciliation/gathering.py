"""Our side of a partner's month, from views and the vault: what is compared, and the quantities that are rated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.contract_basis import contract_basis, held_in
from services.reconciliation.matching.own import EVENTS, RECORDS, OwnSide
from services.reconciliation.views.counterparts import Counterpart, counterparts
from services.reconciliation.views.month_calls import (
    Fact,
    MonthCall,
    Shown,
    month_calls,
    outcome_of,
    sale_id,
    shown,
)
from services.reconciliation.views.month_stays import AgentStays, month_stays
from shared.contracts.calls import CallAnswered, CallDispositioned, CallEnded, CallStarted, SaleRecorded
from shared.contracts.codes import DISPOSITIONS
from shared.contracts.rating import AgentUsage, CallUsage, SaleUsage, Usage
from shared.http import Reads
from shared.kernel import Rejected
from shared.vault import Vault

EDGE = timedelta(days=1)
"""Calls so long before and after the month are gathered too: clocks and cuts of months differ."""
LATE = timedelta(days=35)
"""How late a fact of a call may be told and still be found."""
CHUNK = 2_000
"""Calls turned into rows before others have their turn."""

Told = Callable[[int, int], None]


class Gathering:
    """Reads what the service's views hold of a partner."""

    def __init__(self, reads: Reads, vault: Vault, company_tz: str) -> None:
        self._reads = reads
        self._vault = vault
        self._company_tz = company_tz

    async def counterpart(self, partner_id: str) -> Counterpart:
        """The partner. Rejected: `unknown_partner`."""
        found = (await self._reads.get(counterparts, [partner_id])).get(partner_id)
        if found is None:
            raise Rejected("unknown_partner", f"Nobody is known as {partner_id}.")
        return found

    async def basis(self, partner_id: str, month: str) -> Basis:
        """What the month is compared by. Rejected: `unknown_partner`, `no_terms`, `several_contracts`."""
        partner = await self.counterpart(partner_id)
        _, version = held_in(partner.contracts, month)
        return contract_basis(
            partner_id,
            month,
            version.terms,
            partner_tz=None,
            country=partner.country,
            company_tz=self._company_tz,
            rates={},
        )

    async def own_side(
        self, partner_id: str, month: str, codes: Mapping[str, str], told: Told | None = None
    ) -> OwnSide:
        """Statistics shown and events of the month, with its edges. `codes`: the partner's codes of agents that a
        person told; `told` hears how many calls are done, of how many. Rejected as `basis` is."""
        basis = await self.basis(partner_id, month)
        calls = await self._calls(partner_id, basis.start - EDGE, basis.end + EDGE)
        seen = [shown(call) for call in calls]
        numbers = await self._vault.customer_numbers({one.customer_ref for one in seen if one.customer_ref})
        records: list[pl.DataFrame] = []
        events: list[pl.DataFrame] = []
        for at in range(0, len(calls), CHUNK):
            part = slice(at, at + CHUNK)
            records.append(_records(seen[part], numbers))
            events.append(_events(calls[part], seen[part], numbers))
            if told is not None:
                told(min(at + CHUNK, len(calls)), len(calls))
            await asyncio.sleep(0)
        partner = await self.counterpart(partner_id)
        return OwnSide(
            basis=basis,
            records=pl.concat([pl.DataFrame(schema=RECORDS), *records]),
            events=_in_sequence(pl.concat([pl.DataFrame(schema=EVENTS), *events])),
            roster=roster(partner.agents, codes),
        )

    async def usage(self, partner_id: str, month: str) -> Usage:
        """The quantities of the month by our facts. Rejected as `basis` is."""
        basis = await self.basis(partner_id, month)
        calls = await self._calls(partner_id, basis.start, basis.end)
        low, high = f"{basis.start - EDGE:%Y-%m-%d}", f"{basis.end + EDGE:%Y-%m-%d}"
        stays = await self._reads.find(month_stays, {"partner": partner_id}, "day", low, high)
        return Usage(
            calls=[_call_usage(one) for one in calls],
            sales=[sale for one in calls for sale in _sale_usage(one, basis.currency)],
            agents=[stay for _, doc in stays for stay in _agent_usage(doc, basis)],
        )

    async def _calls(self, partner_id: str, low: datetime, high: datetime) -> list[MonthCall]:
        """The calls that began in this time, in the order of their beginning."""
        found = await self._reads.find(month_calls, {"partner": partner_id}, "began", _ms(low - EDGE), _ms(high + LATE))
        calls = [doc for _, doc in found if doc.facts and low <= doc.began < high]
        return sorted(calls, key=lambda doc: (doc.began, doc.call))


def roster(agents: Mapping[str, str], codes: Mapping[str, str]) -> dict[str, str]:
    """The partner's codes of agents to ours: ids, names that only one has, and before all what a person told."""
    names = list(agents.values())
    by_name = {name: agent for agent, name in agents.items() if name and names.count(name) == 1}
    return by_name | {agent: agent for agent in agents} | dict(codes)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _seconds(ms: int) -> int:
    return (ms + 500) // 1000


def _records(seen: Sequence[Shown], numbers: Mapping[str, str]) -> pl.DataFrame:
    rows = [
        {
            "call_id": one.call,
            "partner_ref": one.ref,
            "campaign": one.campaign,
            "direction": one.direction,
            "started_at": _naive(one.began),
            "customer_phone": numbers.get(one.customer_ref or ""),
            "agent_id": one.agent,
            "duration_s": _seconds(one.talk_ms),
            "disposition": one.disposition,
            "sale_id": one.sales[0].sale if one.sales else None,
            "sku": one.sales[0].sku if one.sales else None,
            "sale_minor": sum(sale.amount_minor or 0 for sale in one.sales) if one.sales else None,
            "currency": one.sales[0].currency if one.sales else None,
            "sale_status": "confirmed" if one.sales else None,
            "sale_status_at": None,
        }
        for one in seen
    ]
    return pl.DataFrame(rows, schema=RECORDS)


def _events(calls: Iterable[MonthCall], seen: Iterable[Shown], numbers: Mapping[str, str]) -> pl.DataFrame:
    rows = []
    for call, one in zip(calls, seen, strict=True):
        phone = numbers.get(one.customer_ref or "")
        places: dict[str, int] = {}
        for fact in sorted(
            call.facts, key=lambda fact: (fact.at, type(fact).__name__, fact.leg or "", fact.agent or "")
        ):
            told = _event(fact, call, one, phone, places)
            if told is not None:
                rows.append(dict.fromkeys(EVENTS) | {"at": _naive(fact.at), "call_id": call.call} | told)
    return pl.DataFrame(rows, schema=EVENTS)


def _event(fact: Fact, call: MonthCall, one: Shown, phone: str | None, places: dict[str, int]) -> dict[str, Any] | None:
    """A fact as the replay knows it; None for what says nothing there."""
    match fact:
        case CallStarted():
            return {
                "type": "call.started",
                "phone": phone,
                "agent_id": _answering(call) or fact.agent,
                "campaign": fact.campaign,
                "direction": fact.direction,
                "partner_ref": one.ref,
            }
        case CallAnswered(answered_by="human" | "unknown", first=True):
            return {"type": "call.answered"}
        case CallEnded(scope="call"):
            legs = sum(each.talk_ms or 0 for each in call.facts if isinstance(each, CallEnded) and each.scope == "leg")
            return {"type": "call.ended", "talk_s": _seconds(fact.talk_ms if fact.talk_ms is not None else legs)}
        case CallDispositioned():
            return {"type": "call.dispositioned", "disposition": outcome_of(fact.canonical)}
        case SaleRecorded():
            places["sale"] = places.get("sale", 0) + 1
            return {
                "type": "order.accepted",
                "sale_id": sale_id(fact, places["sale"]),
                "sku": fact.sku,
                "amount_minor": fact.amount.minor if fact.amount else 0,
                "currency": fact.amount.currency if fact.amount else None,
            }
        case _:
            return None


def _answering(call: MonthCall) -> str | None:
    """The agent who answered first."""
    answers = [f for f in call.facts if isinstance(f, CallAnswered) and f.answered_by != "machine" and f.agent]
    return min(answers, key=lambda fact: (fact.at, fact.leg or "", fact.agent or "")).agent if answers else None


def _in_sequence(events: pl.DataFrame) -> pl.DataFrame:
    return events.sort("at", "call_id", maintain_order=True).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("seq")
    )


def _call_usage(call: MonthCall) -> CallUsage:
    facts = call.facts
    started = next((fact for fact in facts if isinstance(fact, CallStarted)), None)
    legs = [fact for fact in facts if isinstance(fact, CallEnded) and fact.scope == "leg"]
    results = [fact for fact in facts if isinstance(fact, CallDispositioned)]
    answered = any(isinstance(fact, CallAnswered) and fact.answered_by != "machine" for fact in facts)
    flags = {flag for one in results for flag in _flags(one.canonical)}
    return CallUsage(
        id=call.call,
        at=call.began,
        direction="outbound" if facts[0].direction == "outbound" else "inbound",
        campaign=facts[0].campaign,
        talk_seconds=_seconds(sum(leg.talk_ms or 0 for leg in legs)),
        hold_seconds=_seconds(sum(leg.hold_ms or 0 for leg in legs)),
        wrap_seconds=_seconds(sum(one.wrap_ms or 0 for one in results)),
        offered=started is not None and started.offered,
        answered=answered,
        handled=bool(legs),
        contact=answered and ("customer_contact" in flags or not results),
    )


def _flags(canonical: str) -> frozenset[str]:
    known = DISPOSITIONS.get(canonical)
    return frozenset(known.flags) if known is not None else frozenset()


def _sale_usage(call: MonthCall, currency: str) -> list[SaleUsage]:
    sales = sorted(
        (f for f in call.facts if isinstance(f, SaleRecorded)), key=lambda f: (f.at, f.leg or "", f.agent or "")
    )
    return [
        SaleUsage(
            id=sale_id(sale, place),
            at=sale.at,
            amount_minor=sale.amount.minor if sale.amount else 0,
            currency=sale.amount.currency if sale.amount else currency,
            campaign=sale.campaign,
        )
        for place, sale in enumerate(sales, 1)
    ]


def _agent_usage(doc: AgentStays, basis: Basis) -> list[AgentUsage]:
    """Stays that began in the month; one over its edge counts where it began."""
    return [
        AgentUsage(
            agent=doc.agent,
            at=stay.since,
            state=stay.state,
            seconds=max(0, round((stay.until - stay.since).total_seconds())),
        )
        for stay in doc.stays
        if basis.start <= stay.since < basis.end
    ]
