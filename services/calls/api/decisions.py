"""The codes of a platform that wait for somebody to say what they mean, and reading again by what was said since."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.callers import Connected, Connects
from services.calls.api.readers import CallReads, ReadsOf, must_see_source
from services.calls.tracker.call_document import AGENTS, CALLS, CallDocument
from services.calls.tracking.reread import Appended, Reread
from shared.http import body, invalid, json_response, not_found, takes
from shared.ports import every

router = APIRouter(prefix="/api/v1/sources", tags=["integration"])

MOST = 10_000
"""Calls and agents' days of which the work list tells; more waiting than that is no list to work through."""
_decode = msgspec.json.Decoder(CallDocument).decode


class Undecided(msgspec.Struct, kw_only=True):
    """A code that no map has: in how many calls or agents' days it came, between when, and one of them."""

    map: str
    code: str
    count: int
    first_seen: datetime
    last_seen: datetime
    example: str


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be read again: what began within `from <= t < to`; without them, what waits for a decision."""

    start: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(name="from", default=None)
    end: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(name="to", default=None)


async def _reread(request: Request) -> Reread:
    found: Reread = request.app.state.reread
    return found


Reader = Annotated[Reread, Depends(_reread)]


@router.get(
    "/{source}/unmapped",
    summary="Codes of the platform that nobody has decided on",
    description=(
        "Results, agent states, campaigns, queues, our numbers and agents that came and that no map of the source has, "
        "the most frequent first. They count as `other`, or nowhere, until `POST /sources/{source}/maps` says what "
        "they mean; then what waited is read again. `complete`: false when more wait than are counted here."
    ),
    responses=examples.UNMAPPED,
)
async def unmapped(source: str, reads: ReadsOf, caller: Connected) -> Response:
    """The work list of a source."""
    await must_see_source(reads, caller, source)
    items, complete = await undecided_of(reads, source)
    return json_response({"items": items, "next": None, "complete": complete})


@router.post(
    "/{source}/reprocess",
    status_code=202,
    summary="Read stored items again by the settings of today",
    openapi_extra=takes(Period),
    responses=examples.REPROCESSED,
)
async def reprocess(source: str, request: Request, reads: ReadsOf, reader: Reader, caller: Connects) -> Response:
    """Corrections follow: what is told otherwise now is taken back, and told anew. Asking twice changes nothing.

    What waits for a decision is read again by itself; ask for a period after changing what a code means. `complete`:
    false when there is more than one request reads; ask again when it has been applied.
    """
    asked = await body(request, Period)
    await must_see_source(reads, caller, source)
    try:
        done = await _read_again(reader, source, asked)
    except LookupError:
        raise not_found("source") from None
    return json_response(done, status=202)


async def _read_again(reader: Reread, source: str, asked: Period) -> Appended:
    if asked.start is None and asked.end is None:
        return await reader.waiting(source)
    if asked.start is None or asked.end is None or asked.start >= asked.end:
        raise invalid("to", "a period has a `from` and a later `to`")
    return await reader.period(source, asked.start, asked.end)


async def undecided_of(reads: CallReads, source: str) -> tuple[list[Undecided], bool]:
    """What waits, the most frequent first, and whether that is all."""
    found: dict[str, Undecided] = {}
    seen = 0
    for collection in (CALLS, AGENTS):
        async for stored in every(reads.documents, collection, {"source": source}, "waiting", low=0):
            if seen >= MOST:
                return _most_first(found), False
            seen += 1
            document = _decode(stored.body)
            for name, at in document.undecided.items():
                _count(found, name, at, f"{document.source}:{document.shown}")
    return _most_first(found), True


def _count(found: dict[str, Undecided], name: str, at: datetime, example: str) -> None:
    known = found.get(name)
    if known is None:
        kind, _, code = name.partition(":")
        found[name] = Undecided(map=kind, code=code, count=1, first_seen=at, last_seen=at, example=example)
        return
    known.count += 1
    known.first_seen = min(known.first_seen, at)
    if at > known.last_seen:
        known.last_seen, known.example = at, example


def _most_first(found: dict[str, Undecided]) -> list[Undecided]:
    return sorted(found.values(), key=lambda one: (-one.count, one.map, one.code))
