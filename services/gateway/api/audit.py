"""HTTP routes of the audit log: who changed something or took something out, and whether the log is what it was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from shared import cells
from shared.audit.entries import Entry, Kept, head_of, milliseconds
from shared.audit.log import AuditLog
from shared.http import answers, invalid, json_response, limited, not_found, require, time_range
from shared.security import Principal

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])
Reader = Annotated[Principal, Depends(require("audit.read", "company"))]
Admin = Annotated[Principal, Depends(require("administration", "company"))]
MOST = 500
FIRST_DAY, LAST_DAY = "1970-01-01", "9999-01-01"
COLUMNS = (
    "chain", "n", "at", "step", "who", "role", "by", "what", "route", "on", "status", "outcome", "recorded", "hash",
)  # fmt: skip

_HASH = "9c0f3b1d5a7e2f4489c1d0e6b7a35f2c18d94e60a7b2c3d4e5f60718293a4b5c"
_COMMIT = {
    "service": "partners",
    "stream": "ticket-adria:t-1",
    "version": 2,
    "events": ["TicketClosed"],
    "digest": _HASH,
}
_ENTRY = {
    "entry": {
        "chain": "partners",
        "n": 1841,
        "previous": _HASH,
        "at": "2026-03-02T09:05:00Z",
        "step": "done",
        "request": "5f2c18d94e60a7b2",
        "who": "Mira",
        "role": "manager",
        "by": "session",
        "what": "Close ticket",
        "route": "POST /api/v1/tickets/{ticket_id}/close",
        "on": {"ticket_id": "adria:t-1"},
        "status": 202,
        "outcome": "accepted",
        "commits": [_COMMIT],
    },
    "hash": _HASH,
    "seal": _HASH,
}
_CHANGE = {
    "service": "partners",
    "stream": "ticket-adria:t-1",
    "version": 2,
    "event": "TicketMoved",
    "new": {"queue": "billing"},
    "old": {"queue": "telephony"},
    "as_it_was": True,
}
_CHAIN = {
    "chain": "partners",
    "entries": 1841,
    "head": f"partners:1841:{_HASH}",
    "unfinished": 0,
    "broken": None,
}


async def audit_of(request: Request) -> AuditLog:
    """The audit log of the application that the request came to."""
    found = request.app.state.audit
    if not isinstance(found, AuditLog):
        raise TypeError("app.state.audit is not an AuditLog")
    return found


Log = Annotated[AuditLog, Depends(audit_of)]


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for: index values, and from when until when (ms, the end not included)."""

    equal: dict[str, str | int]
    low: int | None
    high: int | None


async def wanted(
    who: Annotated[str | None, Query(description="Who asked, by their whole name.")] = None,
    what: Annotated[str | None, Query(description="What was asked for, as entries name it.")] = None,
    outcome: Annotated[Literal["accepted", "refused", "failed"] | None, Query(description="What came of it.")] = None,
    chain: Annotated[str | None, Query(description="The service.")] = None,
    start: Annotated[str | None, Query(alias="from", description="An instant, or a day in UTC.")] = None,
    end: Annotated[str | None, Query(alias="to", description="An instant, or the day after the last.")] = None,
    asked: Annotated[bool, Query(description="What was written before it was tried, not what came of it.")] = False,
) -> Wanted:
    """The parameters of a search, checked."""
    low, high = time_range(start or FIRST_DAY, end or LAST_DAY, ZoneInfo("UTC"))
    given = {"who": who, "what": what, "outcome": outcome, "chain": chain, "step": "asked" if asked else "told"}
    equal: dict[str, str | int] = {name: value for name, value in given.items() if value}
    return Wanted(equal, milliseconds(low) if start else None, milliseconds(high) if end else None)


Search = Annotated[Wanted, Depends(wanted)]


@router.get(
    "/entries",
    summary="Who changed something or took something out",
    responses=answers("Entries, newest first.", {"items": [_ENTRY], "next": None}, 403, 422),
)
async def entries(log: Log, who_asks: Reader, search: Search, limit: int = 50, cursor: str | None = None) -> Response:
    """What came of each request that changes something, and what was taken out: exports, files, payloads, numbers."""
    try:
        found, following = await log.newest(search.equal, search.low, search.high, limited(limit, MOST), cursor)
    except ValueError:
        raise invalid("cursor", "not a cursor of this list") from None
    return json_response({"items": found, "next": following})


@router.get(
    "/entries/{chain}/{n}",
    summary="An entry with what it changed",
    responses=answers("The entry, and old and new values.", {"entry": _ENTRY, "changes": [_CHANGE]}, 403, 404),
)
async def entry(log: Log, who_asks: Admin, chain: str, n: int) -> Response:
    """Each event that the request recorded, and the one of its kind before it. They are read from the log of events."""
    found = await log.one(chain, n)
    if found is None:
        raise not_found("entry")
    return json_response({"entry": found, "changes": await log.changes(found.entry.commits)})


@router.get(
    "/csv",
    summary="The entries of a search as a CSV file",
    response_class=StreamingResponse,
    responses={200: {"description": "The file.", "content": {"text/csv": {"example": ",".join(COLUMNS)}}}},
)
async def as_csv(log: Log, who_asks: Reader, search: Search) -> Response:
    """All of them, newest first. No text in it becomes a formula."""
    return _file(_rows(log, search), "audit.csv", "text/csv; charset=utf-8")


@router.get(
    "/export",
    summary="The whole audit log",
    response_class=StreamingResponse,
    responses={200: {"description": "The file.", "content": {"application/jsonl": {"example": "{}"}}}},
)
async def export(log: Log, who_asks: Reader) -> Response:
    """An entry a line, with hash and seal: `tallyline audit verify --file` checks its chains anywhere."""
    return _file(log.lines(), "audit.jsonl", "application/jsonl")


@router.get(
    "/verification",
    summary="Is the audit log what it was?",
    responses=answers("What was found of each chain.", {"items": [_CHAIN], "next": None}, 403, 422),
)
async def verification(
    log: Log,
    who_asks: Reader,
    head: Annotated[list[str] | None, Query(description="Heads that were told before: chain:n:hash.")] = None,
) -> Response:
    """Reads all of it. `broken` names the first entry that is missing or not what it was, or whose commit is not."""
    try:
        heads = [head_of(text) for text in head or ()]
    except ValueError:
        raise invalid("head", "a head such as calls:1841:9c0f…, as it was told") from None
    return json_response({"items": await log.verify(heads), "next": None})


def _file(content: AsyncIterator[bytes], name: str, media: str) -> Response:
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    return StreamingResponse(content, media_type=media, headers=headers)


async def _rows(log: AuditLog, search: Wanted) -> AsyncIterator[bytes]:
    yield cells.as_csv([COLUMNS])
    cursor: str | None = None
    while True:
        found, cursor = await log.newest(search.equal, search.low, search.high, MOST, cursor)
        yield cells.as_csv(row(one) for one in found)
        if cursor is None:
            return


def row(stored: Kept) -> tuple[str, ...]:
    """An entry as cells, in the order of `COLUMNS`."""
    entry = stored.entry
    texts: tuple[Any, ...] = (
        entry.chain, entry.n, entry.at.isoformat(timespec="seconds"), entry.step, entry.who, entry.role, entry.by,
        entry.what, entry.route, concerning(entry), entry.status or "", entry.outcome or "", recorded(entry),
        stored.hash,
    )  # fmt: skip
    return tuple(cells.guarded(str(text)) for text in texts)


def concerning(entry: Entry) -> str:
    """What it was about, in one line."""
    return ", ".join(f"{name} {value}" for name, value in entry.on.items())


def recorded(entry: Entry) -> str:
    """The events that came of it, in one line."""
    return ", ".join(f"{commit.stream} {commit.version}: {' '.join(commit.events)}" for commit in entry.commits)
