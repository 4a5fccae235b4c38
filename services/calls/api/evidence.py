"""Every figure opened: the calls, agent states and orders that it is the sum of, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.paging import cursor_of, place_of
from services.calls.api.performance import variants_of
from services.calls.api.readers import Caller, CallReads, ReadsOf
from services.calls.api.selection import Filters, evidence_of, filters, select
from services.calls.figures import kpis
from services.calls.figures.counters import called
from services.calls.tracker.call_document import CALLS, document_ids
from services.calls.views.evidence import Evidence
from services.calls.views.tally import HISTOGRAMS, MAPS, NUMBERS, Tally, tally_of
from shared.http import invalid, json_response, limited

router = APIRouter(prefix="/api/v1", tags=["performance"])

Amount = int | dict[str, int]


class Source(NamedTuple):
    """What stands behind an amount, sortable. `kind` `call`, `order`: `first` is its id; `state`: the partner."""

    kind: Literal["call", "order", "state"]
    first: str
    agent: str = ""
    since: str = ""


class _Told(msgspec.Struct):
    agents: list[str] = []
    started_at: datetime | None = None


class _Begun(msgspec.Struct):
    """Of a tracked call, only what is shown: the rest is passed over when it is read."""

    partner: str | None = None
    summary: _Told = msgspec.field(default_factory=_Told)
    calls: dict[str, _Told] = {}

    def of(self, vendor: str) -> _Begun:
        """Of one of a lead's calls."""
        return msgspec.structs.replace(self, summary=self.calls[vendor]) if vendor in self.calls else self


_begun_of = msgspec.json.Decoder(_Begun).decode
MOST = 1000
_MONEY = frozenset(("revenue", "revenue_confirmed", "upsell_confirmed", "revenue_cancelled"))


@router.get(
    "/performance/evidence",
    summary="The calls behind a figure",
    description=(
        "The same filters as the figure's own, and `measure`: a KPI, of which `side` is opened, or one counter of the "
        "tally, such as `talk_ms` or `dispositions:sale`; `label` says what is counted, `unit` in what, and `kpi` the "
        "whole figure that a side belongs to. Each item gives a call with "
        "its start and the last agent who took it, for agents' time a state, or an order, and its amount; `total` is "
        "the sum over all pages and equals the figure's numerator or denominator, `before` that of the pages before."
    ),
    responses=examples.EVIDENCE,
)
async def evidence(
    reads: ReadsOf,
    caller: Caller,
    asked: Annotated[Filters, Depends(filters)],
    measure: Annotated[str, Query(description="A KPI or a counter.")],
    side: Annotated[Literal["numerator", "denominator"], Query(description="Of a KPI.")] = "numerator",
    variant: Annotated[str, Query(description="The KPI's variant, `kpi:variant`.")] = "",
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """One page of what stands behind the figure, sorted by call."""
    limited(limit, MOST)
    after = None if cursor is None else place_of(cursor, Source)
    variants = variants_of(variant)
    of = amount_of(measure, side, variants)
    selection = select(asked, caller)
    people = await reads.directory.people(asked.partner) if asked.team is not None else {}
    as_of, documents = await evidence_of(reads.views, selection, people)
    amounts = _amounts(documents, of)
    rest = [source for source in sorted(amounts) if after is None or source > after]
    shown = rest[:limit]
    started = await _begun(reads, [source.first for source in shown if source.kind == "call"])
    return json_response(
        {
            "label": label_of(measure, side, variants),
            "unit": unit_of(measure, side),
            "kpi": whole_of(measure, variants),
            "items": [_item(source, amounts[source], started) for source in shown],
            "next": cursor_of(rest[limit - 1]) if len(rest) > limit else None,
            "before": _sum(amount for source, amount in amounts.items() if after is not None and source <= after),
            "total": _sum(amounts.values()),
            "count": len(amounts),
            "as_of": as_of,
        },
    )


def amount_of(measure: str, side: str, variants: Mapping[str, str]) -> Callable[[Tally], Amount]:
    """How much of the figure a tally is."""
    definition = kpis.KPIS.get(measure)
    if definition is None:
        return _counter(measure)
    chosen = _chosen(definition, variants.get(measure))
    if side == "numerator":
        return chosen.numerator
    if chosen.denominator is None:
        raise invalid("side", f"{measure} is divided by nothing")
    return chosen.denominator


def _chosen(definition: kpis.Kpi | kpis.MoneyKpi, variant: str | None) -> kpis.Variant | kpis.MoneyKpi:
    return definition if isinstance(definition, kpis.MoneyKpi) else definition.variant(variant)


def _counter(measure: str) -> Callable[[Tally], Amount]:
    field, colon, entry = measure.partition(":")
    if not colon and field in NUMBERS:
        return lambda tally: int(getattr(tally, field))
    if not colon and field in MAPS:
        return lambda tally: dict(getattr(tally, field))
    if colon and field in MAPS:
        return lambda tally: int(getattr(tally, field).get(entry, 0))
    if colon and field in HISTOGRAMS and entry.isdecimal():
        return lambda tally: sum(getattr(tally, field)[int(entry) : int(entry) + 1])
    raise invalid("measure", "neither a KPI (see /api/v1/kpis) nor a counter of the tally")


def _amounts(documents: Iterable[Evidence], amount_of: Callable[[Tally], Amount]) -> dict[Source, Amount]:
    """What each call, state and order adds, without those that add nothing."""
    tallies: dict[Source, Tally] = {}
    for doc in documents:
        for call, amounts in doc.calls.items():
            tallies.setdefault(Source("call", call), Tally()).add(tally_of(amounts))
        for ident, amounts in doc.orders.items():
            tallies.setdefault(Source("order", ident), Tally()).add(tally_of(amounts))
        for since, amounts in doc.states.items():
            tallies.setdefault(Source("state", doc.partner, doc.agent or "", since), Tally()).add(tally_of(amounts))
    found = {source: amount_of(tally) for source, tally in tallies.items()}
    return {source: amount for source, amount in found.items() if amount}


def _sum(amounts: Iterable[Amount]) -> Amount:
    numbers, by_name = 0, dict[str, int]()
    for amount in amounts:
        if isinstance(amount, int):
            numbers += amount
        else:
            for name, part in amount.items():
                by_name[name] = by_name.get(name, 0) + part
    return by_name or numbers


def label_of(measure: str, side: str, variants: Mapping[str, str]) -> str:
    """What is counted, in the words of the KPI's formula."""
    definition = kpis.KPIS.get(measure)
    if definition is None:
        return called(measure)
    chosen = _chosen(definition, variants.get(measure))
    over, divided, under = chosen.formula.partition(" / ")
    return f"{definition.label}: {over if side == 'numerator' else under}" if divided else definition.label


def unit_of(measure: str, side: str) -> str:
    """What amounts are counted in: `ms`, `money` (minor units of their currency), or `count`."""
    definition = kpis.KPIS.get(measure)
    if definition is None:
        field = measure.partition(":")[0]
        return "ms" if field.endswith("_ms") else "money" if field in _MONEY else "count"
    if definition.unit in ("money", "ms"):
        return definition.unit if side == "numerator" else "count"
    of_time = definition.unit == "time_share" or (definition.unit == "per_hour" and side == "denominator")
    return "ms" if of_time else "count"


def whole_of(measure: str, variants: Mapping[str, str]) -> dict[str, Any] | None:
    """Of a KPI, what both sides make together."""
    definition = kpis.KPIS.get(measure)
    if definition is None:
        return None
    formula = _chosen(definition, variants.get(measure)).formula
    return {"key": measure, "label": definition.label, "unit": definition.unit, "formula": formula}


async def _begun(reads: CallReads, calls: Sequence[str]) -> dict[str, _Begun]:
    """When each of these calls began, and who took it last."""
    places = {call: document_ids(call) for call in calls}
    ids = sorted({id_ for of_call in places.values() for id_ in of_call})
    stored = await reads.documents.get(CALLS, ids) if ids else {}
    found = {id_: _begun_of(document.body) for id_, document in stored.items()}
    return {
        call: found[id_].of(call.partition(":")[2])
        for call, of_call in places.items()
        for id_ in of_call
        if id_ in found
    }


def _item(source: Source, amount: Amount, begun: Mapping[str, _Begun]) -> dict[str, Any]:
    kind, first, agent, since = source
    if kind == "call":
        call = begun.get(first, _Begun())
        return {
            "call": first,
            "partner": call.partner,
            "agent": call.summary.agents[-1] if call.summary.agents else None,
            "started_at": call.summary.started_at,
            "amount": amount,
            "href": f"/api/v1/calls/{quote(first, safe=':')}",
        }
    if kind == "order":
        return {
            "order": first,
            "partner": first.partition(":")[0],
            "amount": amount,
            "href": f"/api/v1/orders/{quote(first, safe=':')}",
        }
    return {"state": {"partner": first, "agent": agent, "since": since}, "amount": amount}
