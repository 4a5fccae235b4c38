"""The basis of a month from the contract: its zone and instants, what is tolerated, and how durations are counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.reconciliation.matching.basis import Basis, Clause, Tolerance
from shared.contracts.agreements import Agreement
from shared.contracts.rating import Version, days_of
from shared.contracts.rating.calendar import days_held
from shared.contracts.terms.sheet import TermSheet
from shared.contracts.terms.sheet import Tolerance as Told
from shared.kernel import Rejected

START_S = 120.0
"""How far apart, in seconds, clocks of two systems are where a contract says nothing of it: no contract does."""
TALK_S = 2.0
CUTOFF_DAYS = 5
"""Days after the month until which a cancellation takes a sale out of it, unless the report is due later."""


def held_in(contracts: Mapping[str, Agreement], month: str) -> tuple[str, Version]:
    """The contract of a month with the version that holds on its last day that has one. Rejected: `no_terms` where no
    contract has terms in the month, `several_contracts` where several do: months are agreed contract by contract."""
    first, last = days_of(month)
    found = {}
    for contract, agreement in contracts.items():
        held = [one for one in agreement.versions if days_held(one, agreement.versions, first, last) > 0]
        if held:
            found[contract] = max(held, key=lambda one: one.starts)
    if not found:
        raise Rejected("no_terms", f"No contract has terms in {month}.")
    if len(found) > 1:
        raise Rejected("several_contracts", f"Several contracts hold in {month}: {', '.join(sorted(found))}.")
    return next(iter(found.items()))


def contract_basis(
    partner_id: str,
    month: str,
    terms: TermSheet,
    *,
    partner_tz: str | None,
    country: str | None,
    company_tz: str,
    rates: Mapping[str, float],
) -> Basis:
    """What a month is compared by. `partner_tz`: in which the partner's own systems tell the time, else the contract's;
    `country`: whose numbers are written short (ISO 3166); `rates`: units of a currency for one euro."""
    zone = terms.schedule.time_zone
    first, last = days_of(month)
    end = _midnight(last + timedelta(days=1), zone)
    allowed = {one.name: one for one in terms.month.tolerances}
    until = max(CUTOFF_DAYS, terms.month.report_due_day)
    steps = {(one.first_seconds, one.next_seconds) for one in terms.pricing.per_minute if one.counts == "talk"}
    step = next(iter(steps)) if len(steps) == 1 else None
    return Basis(
        partner_id=partner_id,
        partner_tz=partner_tz or zone,
        company_tz=company_tz,
        country=country or "",
        currency=terms.payment.currency,
        start=_midnight(first, zone),
        end=end,
        cutoff=_midnight(last + timedelta(days=1 + until), zone),
        time_s=Tolerance(below=START_S, above=START_S),
        duration_s=_tolerance(allowed.get("talk"), TALK_S),
        amount_minor=_tolerance(allowed.get("amount"), 0.5),
        rates=dict(rates),
        clause=Clause(first_seconds=step[0], next_seconds=step[1]) if step is not None else None,
    )


def _tolerance(told: Told | None, least: float) -> Tolerance:
    """Absolute parts alone: a share of a single call's talk or amount says nothing of the month's. `least`: what two
    systems differ by when both are right, so that no contract can mean less."""
    if told is None:
        return Tolerance(below=least, above=least)
    return Tolerance(below=max(least, float(told.below)), above=max(least, float(told.above)))


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
