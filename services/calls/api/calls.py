"""Calls over HTTP: lists, one call's timeline, and what the platform sent."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.readers import AtDesk, Caller, CallReads, Desk, ReadsOf
from services.calls.api.selection import partners_of, zone_of
from services.calls.tracker.call_document import CALLS, CallDocument, document_ids, only_call
from services.calls.views.measures import milliseconds
from shared.contracts.partners import Counts
from shared.http import Problem, invalid, json_response, limited, not_found, require, time_range
from shared.security import Principal

router = APIRouter(prefix="/api/v1", tags=["calls"])

State = Literal["waiting", "in_progress", "ended", "no_end", "unclear"]
MOST = 500

_decode = msgspec.json.Decoder(CallDocument).decode


@router.get(
    "/calls",
    summary="Calls, newest first",
    description=(
        "By the time of the call's start, `from` <= start < `to`; a day without a time is one of `time_zone` (UTC "
        "without it). `call` finds those of one id, ours or a platform's, whatever else is asked for. `agent` is the "
        "last agent who took the call, or at whom it rings. Figures come from the views; a "
        "call that began a moment ago may be here before it is counted there."
    ),
    responses=examples.CALLS,
)
async def calls(
    reads: ReadsOf,
    desk: AtDesk,
    caller: Caller,
    start: Annotated[str | None, Query(alias="from", description="RFC 3339, or a day.")] = None,
    end: Annotated[str | None, Query(alias="to", description="RFC 3339, or a day; not included.")] = None,
    time_zone: Annotated[str, Query(description="IANA zone of the days.")] = "UTC",
    partner: str | None = None,
    campaign: str | None = None,
    agent: str | None = None,
    call: Annotated[str | None, Query(max_length=400, description="Of this id, ours or the platform's.")] = None,
    state: State | None = None,
    disposition: Annotated[str | None, Query(description="Canonical code.")] = None,
    counts: Counts = "production",
    limit: int = 50,
    cursor: str | None = None,
) -> Response:
    """One page of calls."""
    if call is not None:
        return json_response({"items": await _of_id(reads, desk, caller, call), "next": None})
    partners = partners_of(partner, caller)
    if partners is not None and len(partners) != 1:
        raise invalid("partner", "name one of your partners")
    asked = {"campaign": campaign, "agent": agent, "state": state, "disposition": disposition, "counts": counts}
    equal: dict[str, str | int] = {name: value for name, value in asked.items() if value is not None}
    if partners is not None:
        equal["partner"] = partners[0]
    low, high = _range(start, end, time_zone)
    try:
        found = await reads.documents.find(
            CALLS, equal, "started", low, high, descending=True, limit=limited(limit, MOST), cursor=cursor
        )
    except ValueError:
        raise invalid("cursor", "not a cursor of this list") from None
    return json_response({"items": [_listed(_decode(stored.body)) for stored in found.items], "next": found.next})


@router.get(
    "/calls/{call:path}/items/{key:path}/raw",
    summary="An item as the platform sent it",
    description=(
        "For administrators only: it holds customers' numbers. 410 when the key of its partner and month was "
        "destroyed, or the customer's data erased: then nobody can read it again."
    ),
    responses=examples.RAW,
)
async def raw(
    call: str,
    key: str,
    reads: ReadsOf,
    caller: Annotated[Principal, Depends(require("administration"))],
) -> Response:
    """The item's bytes: as text where they are text, else in base64."""
    document = await call_of(reads, caller, call)
    known = document.known.get(key)
    if known is None:
        raise not_found("item of this call")
    customer = document.summary.customer_ref if document.summary else None
    erased = customer is not None and await reads.customers.customer_number(customer) is None
    item = None if erased else await reads.raw.read(document.partition, known.offset)
    if item is None:
        raise Problem(
            410, "key_destroyed", "The item can't be read any more: its key was destroyed, or its customer erased."
        )
    try:
        content: dict[str, str] = {"text": item.body.decode()}
    except UnicodeDecodeError:
        content = {"base64": base64.b64encode(item.body).decode()}
    answer = json_response({"key": key, "received_at": known.received_at, "context": item.context} | content)
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get(
    "/calls/{call:path}",
    summary="One call: what was observed, what was told, what it rests on",
    description=(
        "`summary` as in the list; `observations` in order of time, each with the keys of the items that it rests on; "
        "`facts`, the events published last, by fact; `items` with verdict, delivery and a link to what was sent. "
        "Customers appear by reference only."
    ),
    responses=examples.CALL,
)
async def call_timeline(call: str, reads: ReadsOf, caller: Caller) -> Response:
    """The timeline of a call."""
    document = await call_of(reads, caller, call)
    return json_response(
        _listed(document)
        | {
            "observations": sorted(document.observations, key=lambda o: o.at),
            "facts": {key: told.event for key, told in sorted(document.told.items())},
            "items": [_item(call, document, key) for key in sorted(document.known, key=_arrival(document))],
        },
    )


async def _of_id(reads: CallReads, desk: Desk, caller: Principal, call: str) -> list[dict[str, Any]]:
    """The calls that a source knows by this id, or that we do. Every source is asked: ids are theirs."""
    own = [f"{source.id}:{call}" for source in desk.sources() if caller.sees(source.settings.partner)]
    names = {id_: name for name in (call, *own) for id_ in document_ids(name)}
    found = await reads.documents.get(CALLS, sorted(names))
    documents = [only_call(_decode(stored.body), names[id_].partition(":")[2]) for id_, stored in found.items()]
    return [_listed(one) for one in documents if one is not None and one.summary and caller.sees(one.partner)]


def _range(start: str | None, end: str | None, time_zone: str) -> tuple[int | None, int | None]:
    zone = zone_of(time_zone)
    if start is None and end is None:
        return None, None
    low, high = time_range(start or "1970-01-01", end or "9999-01-01", zone)
    return milliseconds(low) if start else None, milliseconds(high) if end else None


async def call_of(reads: CallReads, caller: Principal, call: str) -> CallDocument:
    """The document of a call that the caller may see; 404 else."""
    found = await reads.documents.get(CALLS, document_ids(call))
    documents = (only_call(_decode(stored.body), call.partition(":")[2]) for stored in found.values())
    document = next(filter(None, documents), None)
    if document is None or not caller.sees(document.partner):
        raise not_found("call")
    return document


def _listed(document: CallDocument) -> dict[str, Any]:
    call = f"{document.source}:{document.shown}"
    return {
        "call": call,
        "source": document.source,
        "partner": document.partner,
        "counts": document.counts,
        "summary": document.summary,
        "href": f"/api/v1/calls/{quote(call, safe=':')}",
    }


def _arrival(document: CallDocument) -> Any:
    def place(key: str) -> tuple[datetime, int, str]:
        known = document.known[key]
        return known.received_at, known.offset, key

    return place


def _item(call: str, document: CallDocument, key: str) -> dict[str, Any]:
    known = document.known[key]
    delivery, _, index = known.delivery.rpartition(".")
    return {
        "key": key,
        "verdict": known.verdict,
        "reason": known.reason,
        "delivery": delivery,
        "index": int(index),
        "received_at": known.received_at,
        "settings_revision": known.revision,
        "delivery_href": f"/api/v1/deliveries/{quote(delivery, safe='')}",
        "raw_href": f"/api/v1/calls/{quote(call, safe=':')}/items/{quote(key, safe='')}/raw",
    }
