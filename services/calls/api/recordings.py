"""Recordings and transcripts of a call, over HTTP: what there is, and its content, fetched through us."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from services.calls.api.calls import call_of
from services.calls.api.readers import AtDesk, CallReads, Desk, ReadsOf
from services.calls.connectors.base import Link, Slice, Unreadable
from services.calls.connectors.links import latest
from services.calls.doors.sources import Source
from services.calls.recordings import Fetched, Gone, Recordings, Unreachable, Unsatisfiable
from services.calls.tracker.call_document import CallDocument, Known
from shared.http import Problem, Responses, Streamed, answers, json_response, not_found, require
from shared.security import Principal

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1", tags=["calls"])

_ONE_PART = re.compile(r"bytes=(\d{1,18}-\d{0,18}|-\d{1,18})", re.ASCII)
MOST_ITEMS = 200
"""Of a call, in which links are looked for: the newest."""
Hears = Annotated[Principal, Depends(require("recordings.hear"))]

LISTED = answers(
    "What there is.",
    {
        "items": [
            {
                "id": "5d2c9a0b41e7f6a3c8d1e2f0",
                "kind": "recording",
                "expires_at": "2026-03-02T10:05:00Z",
                "renewable": True,
                "href": "/api/v1/calls/adria-aircall:90001/recordings/5d2c9a0b41e7f6a3c8d1e2f0",
            }
        ],
        "next": None,
    },
    403,
    404,
    410,
)
CONTENT: Responses = {
    200: {
        "description": "The content, in the platform's own format.",
        "content": {"audio/mpeg": {"example": "(the bytes of the recording)"}},
    },
    206: {
        "description": "The part that was asked for.",
        "content": {"audio/mpeg": {"example": "(some of the bytes)"}},
    },
    416: {"description": "`no_such_part`"},
    **{status: found for status, found in answers("", {}, 403, 404, 410, 503).items() if status != 200},
}


async def _recordings(request: Request) -> Recordings:
    found: Recordings = request.app.state.recordings
    return found


@router.get(
    "/calls/{call:path}/recordings",
    summary="Recordings and transcripts of a call",
    description=(
        "What the platform named in what it sent of the call, each once. Its own addresses are not shown: the content "
        "is fetched through us. `expires_at`: when the platform's address stops working; `renewable`: it tells fresh "
        "ones. 410 when the customer's data was erased."
    ),
    responses=LISTED,
)
async def recordings(call: str, reads: ReadsOf, desk: AtDesk, caller: Hears) -> Response:
    """Looked for when asked."""
    _, found = await _links(reads, desk, caller, call)
    items = [
        {
            "id": name,
            "kind": link.kind,
            "expires_at": link.expires_at,
            "renewable": link.renewal is not None,
            "href": f"/api/v1/calls/{quote(call, safe=':')}/recordings/{name}",
        }
        for name, link in sorted(found.items())
    ]
    answer = json_response({"items": items, "next": None})
    answer.headers["cache-control"] = "no-store"
    return answer


@router.get(
    "/calls/{call:path}/recordings/{recording}",
    summary="The content of a recording or a transcript",
    description=(
        "Fetched from the platform in the name of the source; who fetched what is logged. An address that has expired "
        "is renewed where the platform tells fresh ones. 206 with the one part that `Range` names, where the platform "
        "gives parts, and 416 `no_such_part` where there is none. 410 `recording_gone` when the platform has it no "
        "more, 503 `platform_away` when it does not answer, or lies where we fetch nothing from."
    ),
    responses=CONTENT,
    response_class=Response,
)
async def recording(
    call: str,
    recording: str,
    reads: ReadsOf,
    desk: AtDesk,
    fetcher: Annotated[Recordings, Depends(_recordings)],
    caller: Hears,
    part: Annotated[str | None, Header(alias="range", description="`bytes=0-1023`")] = None,
    changed: Annotated[str | None, Header(alias="if-range", include_in_schema=False)] = None,
) -> Response:
    """Streamed as it comes. None has a tag that an `If-Range` could name: then it is the whole."""
    source, found = await _links(reads, desk, caller, call)
    link = found.get(recording)
    if link is None:
        raise not_found("recording of this call")
    try:
        fetched = await fetcher.fetch(source, link, desk.now(), _one_part(part) if changed is None else None)
    except Gone:
        _logged(caller, call, recording, "gone")
        raise Problem(410, "recording_gone", "The platform has it no more.") from None
    except Unreachable as wrong:
        _logged(caller, call, recording, str(wrong))
        raise Problem(503, "platform_away", f"The platform does not give it now: {wrong}.") from None
    except Unsatisfiable:
        raise Problem(416, "no_such_part", "It has no such part.") from None
    _logged(caller, call, recording, "given")
    return _streamed(fetched, recording)


def _one_part(asked: str | None) -> str | None:
    """What is asked for, if it is one part of bytes: anything else may be passed over (RFC 9110, 14.2)."""
    return asked if asked is not None and _ONE_PART.fullmatch(asked) else None


def _logged(caller: Principal, call: str, recording: str, outcome: str) -> None:
    """Who asked for which recording, and what came of it; never where the platform keeps it."""
    log.info("recording %s of call %s for %s: %s", recording, call, caller.name, outcome)


def _streamed(fetched: Fetched, name: str) -> Response:
    headers = fetched.headers | {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
    return Streamed(fetched.content, fetched.close, fetched.status, headers)


async def _links(reads: CallReads, desk: Desk, caller: Principal, call: str) -> tuple[Source, dict[str, Link]]:
    """The links that the items of a call name. 404 for a call that the caller may not see, 410 after an erasure."""
    document = await call_of(reads, caller, call)
    customer = document.summary.customer_ref if document.summary else None
    if customer is not None and await reads.customers.customer_number(customer) is None:
        raise Problem(410, "key_destroyed", "The customer's data was erased.")
    source = desk.source(document.source)
    if source is None:
        raise not_found("call")
    found: list[Link] = []
    for known in _newest(document):
        raw = await reads.raw.read(document.partition, known.offset)
        if raw is None:
            continue
        try:
            found += source.connector.links(Slice(raw.body, document.correlation, dict(raw.context)), source.settings)
        except Unreadable:
            continue
    return source, latest(found)


def _newest(document: CallDocument) -> Iterable[Known]:
    """Of the items from outside those received last, the oldest of them first."""
    items = [known for known in document.known.values() if known.from_outside]
    return sorted(items, key=lambda known: (known.received_at, known.offset))[-MOST_ITEMS:]
