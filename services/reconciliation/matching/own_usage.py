"""The quantities of a month by our facts: what a contract is rated by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.own_rows import seconds
from services.reconciliation.views.month_calls import MonthCall, sale_id
from services.reconciliation.views.month_handovers import MonthHandover
from services.reconciliation.views.month_stays import AgentStays
from shared.contracts.calls import CallAnswered, CallDispositioned, CallEnded, SaleRecorded
from shared.contracts.codes import disposition
from shared.contracts.rating import HOT_LEADS, AgentUsage, CallUsage, Figure, SaleUsage


def call_usage(call: MonthCall) -> CallUsage:
    """A call by its facts, in seconds. `contact`: a human answered, and no result says that it was the wrong one."""
    facts, started = call.in_order(), call.started
    legs = [fact for fact in facts if isinstance(fact, CallEnded) and fact.scope == "leg"]
    results = [fact for fact in facts if isinstance(fact, CallDispositioned)]
    answered = any(isinstance(fact, CallAnswered) and fact.answered_by != "machine" for fact in facts)
    spoken = any("customer_contact" in disposition(one.canonical).flags for one in results)
    first = facts[0]
    return CallUsage(
        id=call.call,
        at=call.began,
        direction="outbound" if first.direction == "outbound" else "inbound",
        campaign=first.campaign,
        talk_seconds=seconds(sum(leg.talk_ms or 0 for leg in legs)),
        hold_seconds=seconds(sum(leg.hold_ms or 0 for leg in legs)),
        wrap_seconds=seconds(sum(one.wrap_ms or 0 for one in results)),
        offered=started is not None and started.offered,
        answered=answered,
        handled=bool(legs),
        contact=answered and (spoken or not results),
    )


def sale_usage(call: MonthCall, basis: Basis) -> Iterator[SaleUsage]:
    """The sales of a call of the month. One told after the month's end counts where its call began, as the partner's
    line has both."""
    sales = [fact for fact in call.in_order() if isinstance(fact, SaleRecorded)]
    for place, sale in enumerate(sales, 1):
        yield SaleUsage(
            id=sale_id(sale, place),
            at=sale.at if basis.start <= sale.at < basis.end else call.began,
            amount_minor=sale.amount.minor if sale.amount else 0,
            currency=sale.amount.currency if sale.amount else basis.currency,
            campaign=sale.campaign,
        )


def once_each(sales: Iterable[SaleUsage]) -> list[SaleUsage]:
    """An order that several calls tell of is one sale: the first that was told."""
    found: dict[str, SaleUsage] = {}
    for sale in sales:
        if sale.id not in found or sale.at < found[sale.id].at:
            found[sale.id] = sale
    return list(found.values())


def stay_usage(days: Iterable[AgentStays], basis: Basis) -> list[AgentUsage]:
    """Stays that began in the month; one over its edge counts where it began. Of two of one agent, state and moment,
    which two sources may tell, the longer one counts."""
    found: dict[tuple[str, str, str], AgentUsage] = {}
    for day in days:
        for stay in day.stays:
            if not basis.start <= stay.since < basis.end:
                continue
            ms = round((stay.until - stay.since).total_seconds() * 1000)
            usage = AgentUsage(agent=day.agent, at=stay.since, state=stay.state, seconds=seconds(max(0, ms)))
            key = (day.agent, stay.since.isoformat(), stay.state)
            if key not in found or usage.seconds > found[key].seconds:
                found[key] = usage
    return [found[key] for key in sorted(found)]


def hot_lead_usage(handovers: Iterable[MonthHandover]) -> Figure:
    """The hot leads that were asked for in the month: how many were taken over in time, of those that are decided."""
    decided = [one.in_time for one in handovers if one.in_time is not None and not one.is_test]
    return Figure(name=HOT_LEADS, numerator=decided.count(True), denominator=len(decided))
