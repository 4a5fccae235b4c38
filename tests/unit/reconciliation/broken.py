"""Folds that are broken on purpose, and what the self-audit finds of them in a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import polars as pl
from msgspec.structs import replace

from services.reconciliation.domain.defect import Identity
from services.reconciliation.matching.own import calls_of
from services.reconciliation.matching.own_rows import events_of, in_sequence, records_of
from services.reconciliation.matching.replaying import Fold, released
from services.reconciliation.matching.specifying import Named, defects_of, found_in
from services.reconciliation.views.month_calls import Fact, MonthCall, Shown, month_calls
from shared.contracts.calls import CallAnswered, CallStarted, SaleRecorded
from tests.spec import seen
from tests.unit.reconciliation.telling import month
from tests.unit.reconciliation.test_contract_basis import basis

BASIS = basis(of="2026-03")
CAMPAIGNS = ("vital", "nova", "lux")
ARTICLES = ("SKU-1", "SKU-2", "SKU-3")


def facts_of_march(calls: int = 150, seed: int = 1) -> list[Fact]:
    """A month in which campaigns and articles take turns."""
    facts: list[Fact] = []
    for one in month(calls, seed):
        if not isinstance(one, Fact):
            continue
        number = int(one.call.removeprefix("s1:c"))
        told = replace(one, campaign=CAMPAIGNS[number % 3])
        if isinstance(told, SaleRecorded):
            told = replace(told, sku=ARTICLES[number // 3 % 3])
        facts.append(told)
    return facts


def loses_article(facts: Sequence[Fact]) -> Shown | None:
    """Sales of one article are not shown."""
    one = released(facts)
    return None if one is None else replace(one, sales=tuple(sale for sale in one.sales if sale.sku != "SKU-2"))


def counts_ringing(facts: Sequence[Fact]) -> Shown | None:
    """Talk is counted from the first ring on."""
    one = released(facts)
    if one is None or not one.talk_ms:
        return one
    started = min(fact.at for fact in facts if isinstance(fact, CallStarted))
    answered = max(fact.at for fact in facts if isinstance(fact, CallAnswered) and fact.first)
    return replace(one, talk_ms=one.talk_ms + round((answered - started).total_seconds()) * 1000)


def loses_campaign(facts: Sequence[Fact]) -> Shown | None:
    """Calls of one campaign are not shown."""
    one = released(facts)
    return None if one is None or one.campaign == "nova" else one


def loses_agent(facts: Sequence[Fact]) -> Shown | None:
    """Calls of one agent are not shown."""
    one = released(facts)
    return None if one is None or one.agent == "a3" else one


def doubles_amounts(facts: Sequence[Fact]) -> Shown | None:
    """Amounts of one campaign count twice."""
    one = released(facts)
    if one is None or one.campaign != "lux":
        return one
    return replace(one, sales=tuple(replace(sale, amount_minor=(sale.amount_minor or 0) * 2) for sale in one.sales))


BROKEN: dict[str, tuple[Fold, str, str]] = {
    "article": (loses_article, "sale_missing_own", "sku is SKU-2"),
    "ringing": (counts_ringing, "own_duration_ring", "direction is outbound"),
    "campaign": (loses_campaign, "call_missing_own", "campaign is nova"),
    "agent": (loses_agent, "call_missing_own", "agent is a3"),
    "amounts": (doubles_amounts, "own_amount", "campaign is lux"),
}


def documents(facts: Iterable[Fact]) -> dict[str, MonthCall]:
    """The calls as the view keeps them."""
    return seen(month_calls, *facts)


def compared(
    docs: Mapping[str, MonthCall], fold: Fold, cancelled: Mapping[str, datetime] | None = None
) -> pl.DataFrame:
    """Our calls with what is shown of them by a fold."""
    shown = [one for doc in docs.values() if (one := fold(doc.facts)) is not None]
    records = records_of(shown, {}, cancelled or {})
    events = in_sequence(events_of(docs.values(), {}, cancelled or {}))
    return calls_of(records, events, BASIS)


def found(
    facts: Iterable[Fact],
    fold: Fold,
    known: Mapping[str, Identity] | None = None,
    cancelled: Mapping[str, datetime] | None = None,
) -> tuple[pl.DataFrame, list[Named]]:
    """The calls, and the defects that a fold has in a month."""
    docs = documents(facts)
    calls = compared(docs, fold, cancelled)
    by_call = {call: doc.facts for call, doc in docs.items()}
    return calls, defects_of(found_in(calls, BASIS), calls, by_call, BASIS, "2026-03", known or {})
