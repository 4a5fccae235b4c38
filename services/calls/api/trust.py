"""The trust card of a source, and those of all sources, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from services.calls.api.callers import Connected
from services.calls.api.decisions import undecided_of
from services.calls.api.readers import AtDesk, CallReads, Desk, ReadsOf, must_see_source
from services.calls.doors.sources import Source
from services.calls.figures.trust import WEEKS, Looked, Trust, trust_of
from services.calls.tracker.call_document import CALLS, CallDocument
from shared.http import answers, json_response, limited, not_found

router = APIRouter(prefix="/api/v1", tags=["integration"])

NEWEST = 500
"""Calls in which gaps are looked for."""
NEWEST_IN_LIST = 100
LONGEST = 31
_decode = msgspec.json.Decoder(CallDocument).decode
_CARD = {
    "source": "adria-asterisk",
    "at": "2026-03-04T16:40:00Z",
    "days": 7,
    "proof": {"strength": "key", "schemes": ["bearer"], "networks": True},
    "lateness": {"items": 4980, "p50_s": 1, "p90_s": 2, "p95_s": 3, "p99_s": 15, "skew_s": 0},
    "gaps": {"calls": 500, "backfilled": 3, "rate": 0.006, "healed": 4, "backfill": 512},
    "items": {
        "received": 5210, "accepted": 4980, "duplicate": 201, "stale": 3, "ignored": 25, "unknown": 1, "invalid": 0,
    },
    "duplicate_rate": 0.0386,
    "unknown_rate": 0.0002,
    "unmapped": 2,
    "kinds": [
        {
            "kind": "CallStarted", "last_at": "2026-03-04T14:58:12Z", "received": 0, "usual": 41.5, "weeks": 4,
            "alarm": True,
        }
    ],
    "warnings": ["unmapped_codes", "silent"],
}  # fmt: skip
CARD = answers("The card.", _CARD, 304, 404, 422)
CARDS = answers("The cards, by source.", {"items": [_CARD], "next": None}, 304, 422)
_SAYS = (
    "Over the last `days` (UTC). `proof`: the strength of the weakest way that is open, from `signed_and_dated` over "
    "`signed`, `fetched`, `key` and `key_in_address` to `none`. `lateness`: percentiles of how much later than the "
    "vendor's time items came, each the upper bound of its class, and by how much at least its clock is ahead. "
    "`gaps`: of the newest calls those that only a backfill told of, and items of backfills that told something new. "
    "`kinds`: the latest of each kind, and the last full hour beside the median of the same hour of the four weeks "
    "before; `alarm`: none came, though 7 or more are usual. A replay source is looked at by its recorded clock."
)


@router.get("/sources/{source}/trust", summary="How far a source can be trusted", description=_SAYS, responses=CARD)
async def trust(
    source: str,
    reads: ReadsOf,
    caller: Connected,
    desk: AtDesk,
    days: Annotated[int, Query(description="1 to 31.")] = 7,
) -> Response:
    """One card, added up when asked."""
    await must_see_source(reads, caller, source)
    found = desk.source(source)
    if found is None:
        raise not_found("source")
    return json_response(await _card(reads, desk, found, limited(days, LONGEST, "days"), NEWEST))


@router.get("/trust", summary="How far each source can be trusted", description=_SAYS, responses=CARDS)
async def cards(
    reads: ReadsOf,
    caller: Connected,
    desk: AtDesk,
    days: Annotated[int, Query(description="1 to 31.")] = 7,
) -> Response:
    """The card of each source that the caller may see; gaps are looked for in its newest 100 calls."""
    most = limited(days, LONGEST, "days")
    mine = [source for source in desk.sources() if caller.sees(source.settings.partner)]
    found = [await _card(reads, desk, source, most, NEWEST_IN_LIST) for source in sorted(mine, key=lambda s: s.id)]
    return json_response({"items": found, "next": None})


async def _card(reads: CallReads, desk: Desk, source: Source, days: int, newest: int) -> Trust:
    now = desk.now()
    if source.settings.clock == "replay":
        now = max((day.last_at for day in await reads.deliveries.intake(source.id, None, None)), default=now)
    high = now + timedelta(days=1)
    back = max(timedelta(days=days), timedelta(weeks=WEEKS, days=1))
    past = await reads.deliveries.intake(source.id, now - back, high)
    since = (high - timedelta(days=days)).date().isoformat()
    calls = await reads.documents.find(CALLS, {"source": source.id}, order="started", descending=True, limit=newest)
    undecided, _ = await undecided_of(reads, source.id)
    looked = Looked(
        source=source.id,
        settings=source.settings,
        schemes=await reads.directory.schemes_of(source.id),
        past=past,
        recent=[day for day in past if day.day >= since],
        calls=[_decode(stored.body) for stored in calls.items],
        unmapped=len(undecided),
    )
    return trust_of(looked, now, days)
