"""Our side of a month as rows: what is shown of each call, and its facts as the replay knows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from services.reconciliation.matching.own import EVENTS, RECORDS
from services.reconciliation.views.month_calls import Fact, MonthCall, Shown, outcome_of, sale_id
from shared.contracts.calls import CallAnswered, CallDispositioned, CallEnded, CallStarted, SaleRecorded

Row = tuple[Any, ...]


def records_of(seen: Iterable[Shown], numbers: Mapping[str, str], cancelled: Mapping[str, datetime]) -> pl.DataFrame:
    """The statistics shown. `numbers`: by the token of the customer, none for one who was erased; `cancelled`: when a
    sale was cancelled, by its id."""
    rows = [_record(one, numbers, cancelled) for one in seen]
    return pl.DataFrame(rows, schema=RECORDS, orient="row")


def _record(one: Shown, numbers: Mapping[str, str], cancelled: Mapping[str, datetime]) -> Row:
    row: Row = (
        one.call,
        one.ref,
        one.campaign,
        one.direction,
        naive(one.began),
        numbers.get(one.customer_ref) if one.customer_ref else None,
        one.agent,
        seconds(one.talk_ms),
        one.disposition,
    )
    if not one.sales:
        return (*row, None, None, None, None, None, None)
    first = one.sales[0]
    amounts = [sale.amount_minor for sale in one.sales if sale.amount_minor is not None]
    gone = [cancelled[sale.sale] for sale in one.sales if sale.sale in cancelled]
    whole = len(gone) == len(one.sales)
    return (
        *row,
        first.sale,
        first.sku,
        sum(amounts) if amounts else None,
        next((sale.currency for sale in one.sales if sale.currency), None),
        "cancelled" if whole else "confirmed",
        naive(max(gone)) if whole else None,
    )


def events_of(
    calls: Iterable[MonthCall], numbers: Mapping[str, str], cancelled: Mapping[str, datetime]
) -> pl.DataFrame:
    """The facts of the calls, and the cancellations of their sales; without numbers in sequence yet.

    It looks at nothing that is shown: a difference between the two must show.
    """
    rows = [row for call in calls for row in _of_call(call, numbers, cancelled)]
    return pl.DataFrame(rows, schema=EVENTS, orient="row")


def in_sequence(events: pl.DataFrame) -> pl.DataFrame:
    """In the order of time, numbered without gaps: what is missing is told by the holes."""
    return events.sort("at", "call_id", maintain_order=True).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("seq")
    )


def _of_call(call: MonthCall, numbers: Mapping[str, str], cancelled: Mapping[str, datetime]) -> Iterable[Row]:
    facts = call.in_order()
    sales = 0
    for fact in facts:
        match fact:
            case CallStarted():
                phone = numbers.get(fact.customer_ref) if fact.customer_ref else None
                ref = call.call.removeprefix(f"{fact.source}:")
                agent = _answering(facts) or fact.agent
                yield _event(fact, "call.started", phone, agent, fact.campaign, fact.direction, ref)
            case CallAnswered(answered_by="human" | "unknown", first=True):
                yield _event(fact, "call.answered")
            case CallEnded(scope="call"):
                talk = fact.talk_ms if fact.talk_ms is not None else _talk_of_legs(facts)
                yield _event(fact, "call.ended", talk_s=seconds(talk))
            case CallDispositioned():
                yield _event(fact, "call.dispositioned", disposition=outcome_of(fact.canonical))
            case SaleRecorded():
                sales += 1
                name, amount = sale_id(fact, sales), fact.amount
                minor, currency = (None, None) if amount is None else (amount.minor, amount.currency)
                yield _event(fact, "order.accepted", sale=(name, fact.sku, minor, currency))
                if name in cancelled:
                    yield _event(fact, "order.cancelled", sale=(name, None, None, None), at=cancelled[name])
            case _:
                pass


def _event(
    fact: Fact,
    kind: str,
    phone: str | None = None,
    agent: str | None = None,
    campaign: str | None = None,
    direction: str | None = None,
    ref: str | None = None,
    *,
    talk_s: int | None = None,
    disposition: str | None = None,
    sale: tuple[str | None, str | None, int | None, str | None] = (None, None, None, None),
    at: datetime | None = None,
) -> Row:
    when = naive(at or fact.at)
    return (None, when, fact.call, kind, phone, agent, campaign, direction, ref, talk_s, disposition, *sale)


def _answering(facts: Sequence[Fact]) -> str | None:
    """The agent who answered first."""
    answers = (f for f in facts if isinstance(f, CallAnswered) and f.answered_by != "machine")
    return next((fact.agent for fact in answers if fact.agent), None)


def _talk_of_legs(facts: Sequence[Fact]) -> int:
    return sum(each.talk_ms or 0 for each in facts if isinstance(each, CallEnded) and each.scope == "leg")


def naive(at: datetime) -> datetime:
    """As the frames have it: UTC, without saying so."""
    return at.astimezone(UTC).replace(tzinfo=None)


def seconds(ms: int) -> int:
    """Whole seconds, halves up."""
    return (ms + 500) // 1000


def roster(agents: Mapping[str, str], codes: Mapping[str, str]) -> dict[str, str]:
    """The partner's codes of agents to ours: ids, names that only one has, and before all what a person told."""
    names = list(agents.values())
    by_name = {name: agent for agent, name in agents.items() if name and names.count(name) == 1}
    return by_name | {agent: agent for agent in agents} | dict(codes)
