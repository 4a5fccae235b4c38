"""Why a figure is another one than before: the calls of which something came since, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.evidence import Amount, amount_of, label_of, unit_of, whole_of
from services.calls.api.performance import variants_of
from services.calls.api.readers import AtDesk, Caller, CallReads, Desk, ReadsOf
from services.calls.api.selection import Filters, Selection, evidence_of, filters, select
from services.calls.figures import kpis
from services.calls.tracker.call_document import CALLS, CallDocument, document_ids
from services.calls.tracker.facts import Facts
from services.calls.tracker.tracker import Context, known_at
from services.calls.views.measures import Cell, measures, milliseconds
from services.calls.views.tally import Tally, tally_of
from shared.http import invalid, json_response
from shared.ports import every

router = APIRouter(prefix="/api/v1", tags=["performance"])

MOST_DAYS = 7
PAGE = 500
AROUND = timedelta(hours=38)
"""A day of any zone, and a day more for calls that began before it: so far from its midnight in UTC calls are looked
for."""
_FOREVER = datetime.max.replace(tzinfo=UTC)


class _Came(msgspec.Struct):
    received_at: datetime


class _Known(msgspec.Struct):
    """Of a tracked call, when what is known of it came: the rest is passed over when it is read."""

    known: dict[str, _Came] = {}


class _Moved(NamedTuple):
    """What a call added to the figure before and adds now, and what came of it since."""

    then: int
    now: int
    document: CallDocument


_known = msgspec.json.Decoder(_Known).decode
_decode = msgspec.json.Decoder(CallDocument).decode


@router.get(
    "/performance/changes",
    summary="Why a figure is another one than before",
    description=(
        "The filters and `measure` of the evidence, at most seven days of one `partner` or two of all, and `since`: "
        "what the measure was by all that had been received until then, what it is now, and each call that moved it, "
        "with the items that came later: late events, corrections, what a gap was healed with. `now` is the evidence's "
        "total, and `now` less `then` is the sum of the changes. Both are worked out by the settings of today: what a "
        "new map of codes changed is in both. Of an item that came again with a newer content only the newer one is "
        "known. Agents' time and orders are not looked into: `unmoved` is how much of `now` is theirs."
    ),
    responses=examples.CHANGES,
)
async def changes(
    reads: ReadsOf,
    desk: AtDesk,
    caller: Caller,
    asked: Annotated[Filters, Depends(filters)],
    measure: Annotated[str, Query(description="A KPI or a counter.")],
    since: Annotated[datetime, Query(description="What had been received until then counts as before.")],
    side: Annotated[Literal["numerator", "denominator"], Query(description="Of a KPI.")] = "numerator",
    variant: Annotated[str, Query(description="The KPI's variant, `kpi:variant`.")] = "",
) -> Response:
    """All calls that moved it, the greatest change first."""
    if since.tzinfo is None:
        raise invalid("since", "with an offset, such as 2026-03-02T00:00:00Z")
    variants = variants_of(variant)
    of = _plain(amount_of(measure, side, variants), measure)
    selection = select(asked, caller)
    if selection.days is None or selection.length > MOST_DAYS:
        raise invalid("to", f"days, at most {MOST_DAYS} after `from`")
    if asked.team is not None:
        raise invalid("team", "is not told apart here")
    as_of, documents = await evidence_of(reads.views, selection, {})
    now, unmoved, calls = 0, 0, set[str]()
    for doc in documents:
        calls |= doc.calls.keys()
        others = sum(of(tally_of(amounts)) for part in (doc.orders, doc.states) for amounts in part.values())
        now += others + sum(of(tally_of(amounts)) for amounts in doc.calls.values())
        unmoved += others
    found: dict[str, _Moved] = {}
    for document in await _late(reads, selection, calls, since):
        found |= _moved(document, since, selection, of, desk)
    told = [_item(call, moved, since) for call, moved in found.items() if moved.then != moved.now]
    told.sort(key=lambda one: (-abs(one["change"]), one["call"]))
    moved = sum(one["change"] for one in told)
    return json_response(
        {
            "label": label_of(measure, side, variants),
            "unit": unit_of(measure, side),
            "kpi": whole_of(measure, variants),
            "since": since,
            "then": now - moved,
            "now": now,
            "change": moved,
            "unmoved": unmoved,
            "items": told,
            "next": None,
            "as_of": as_of,
        },
    )


def _plain(of: Callable[[Tally], Amount], measure: str) -> Callable[[Tally], int]:
    """Amounts of one currency, or of what is counted."""
    if isinstance(kpis.KPIS.get(measure), kpis.MoneyKpi):
        raise invalid("measure", "name a currency, such as `revenue:EUR`")

    def plain(tally: Tally) -> int:
        amount = of(tally)
        if not isinstance(amount, int):
            raise invalid("measure", "name one entry of it, such as `dispositions:sale`")
        return amount

    return plain


async def _late(reads: CallReads, selection: Selection, calls: Iterable[str], since: datetime) -> list[CallDocument]:
    """The documents of which something was received after the moment: those of the calls that count in the selection
    now, and those of calls that began about then and may have counted before."""
    found: dict[str, CallDocument] = {}

    def keep(id_: str, body: bytes) -> None:
        if any(known.received_at > since for known in _known(body).known.values()):
            found[id_] = _decode(body)

    ids = sorted({id_ for call in calls for id_ in document_ids(call)})
    for place in range(0, len(ids), PAGE):
        for id_, stored in (await reads.documents.get(CALLS, ids[place : place + PAGE])).items():
            keep(id_, stored.body)
    low, high = (datetime.combine(date.fromisoformat(day), time(), UTC) for day in selection.days or ("", ""))
    began = milliseconds(low - AROUND), milliseconds(high + AROUND)
    whose = [{}] if selection.partners is None else [{"partner": partner} for partner in selection.partners]
    for equal in whose:
        async for stored in every(reads.documents, CALLS, equal, "started", *began, limit=PAGE):
            keep(stored.id, stored.body)
    return list(found.values())


def _moved(
    document: CallDocument, since: datetime, selection: Selection, of: Callable[[Tally], int], desk: Desk
) -> dict[str, _Moved]:
    """By call of the document."""
    source = desk.source(document.source)
    if source is None:
        return {}
    context = Context(source.connector, source.settings, "", 1, 0)
    before, after = (_amounts(known_at(document, moment, context)[1], selection, of) for moment in (since, _FOREVER))
    return {call: _Moved(before.get(call, 0), after.get(call, 0), document) for call in before.keys() | after.keys()}


def _amounts(facts: Facts, selection: Selection, of: Callable[[Tally], int]) -> Mapping[str, int]:
    """What each call of these facts adds to the measure."""
    tallies: dict[str, Tally] = {}
    for fact in facts.values():
        for cell, source, _kind, steps in measures(fact):
            if _within(cell, selection):
                tally = tallies.setdefault(source, Tally())
                for field, entry, amount in steps:
                    tally.apply(field, entry, amount)
    return {call: of(tally) for call, tally in tallies.items()}


def _within(cell: Cell, selection: Selection) -> bool:
    asked, (low, high) = selection.filters, selection.days or ("", "")
    wanted = ((asked.campaign, cell.campaign), (asked.agent, cell.agent), (asked.direction, cell.direction))
    return (
        low <= cell.day < high
        and (selection.partners is None or cell.partner in selection.partners)
        and cell.counts == asked.counts
        and all(want is None or want == (is_ or "") for want, is_ in wanted)
    )


def _item(call: str, moved: _Moved, since: datetime) -> dict[str, Any]:
    late = [(known.received_at, key, known) for key, known in moved.document.known.items() if known.received_at > since]
    return {
        "call": call,
        "partner": moved.document.partner,
        "then": moved.then,
        "now": moved.now,
        "change": moved.now - moved.then,
        "arrived": [
            {
                "key": key,
                "received_at": received_at,
                "at": max((note.at for note in known.notes), default=None),
                "kinds": sorted({note.kind for note in known.notes}),
                "verdict": known.verdict,
                "backfill": known.backfill,
            }
            for received_at, key, known in sorted(late, key=lambda one: one[:2])
        ],
        "href": f"/api/v1/calls/{quote(call, safe=':')}",
    }
