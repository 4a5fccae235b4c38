"""How well a source delivers, over HTTP."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.callers import Connected
from services.calls.api.decisions import undecided_of
from services.calls.api.readers import AtDesk, ReadsOf, must_see_source
from services.calls.figures.health import WEEKS, causes_of, gaps_of, lag_of, latest_of, rate_of
from services.calls.tracker.call_document import CALLS, CallDocument
from services.calls.tracker.intake import add_intake
from shared.http import json_response, limited, not_found

router = APIRouter(prefix="/api/v1/sources", tags=["integration"])

NEWEST = 200
"""Calls in which gaps are looked for."""
_decode = msgspec.json.Decoder(CallDocument).decode


@router.get(
    "/{source}/health",
    summary="How well a source delivers",
    description=(
        "Of the last `days` (UTC): items by verdict and the share of duplicates, deliveries that were not taken by "
        "cause, the dead letters that wait by cause (of the newest 1,000), and how much later than the vendor's time "
        "items were received. `latest`: the last receipt, and the latest of each kind by the vendor's clock. `rate`: "
        "the last full hour beside the same hour of the four weeks before. `gaps`: in the newest 200 calls. "
        "`undecided`: codes that no map has. A replay source is looked at by its recorded clock."
    ),
    responses=examples.HEALTH,
)
async def health(
    source: str,
    reads: ReadsOf,
    caller: Connected,
    desk: AtDesk,
    days: Annotated[int, Query(description="1 to 31.")] = 7,
) -> Response:
    """Added up when asked."""
    await must_see_source(reads, caller, source)
    found = desk.source(source)
    if found is None:
        raise not_found("source")
    span = timedelta(days=limited(days, 31, "days"))
    now = desk.now()
    if found.settings.clock == "replay":
        now = max((day.last_at for day in await reads.deliveries.intake(source, None, None)), default=now)
    high = now + timedelta(days=1)
    back = max(span, timedelta(weeks=WEEKS, days=1))
    past = await reads.deliveries.intake(source, now - back, high)
    since = (high - span).date().isoformat()
    recent = [day for day in past if day.day >= since]
    counts = add_intake(recent)
    newest = await reads.documents.find(CALLS, {"source": source}, order="started", descending=True, limit=NEWEST)
    letters = await reads.deliveries.waiting(source)
    undecided, complete = await undecided_of(reads, source)
    today = desk.now() + timedelta(days=1)
    return json_response(
        {
            "source": source,
            "at": now,
            "days": days,
            "latest": {"received_at": max((d.last_at for d in past), default=None), "kinds": latest_of(past)},
            "rate": rate_of(past, now),
            "items": counts,
            "duplicate_share": counts["duplicate"] / counts["received"] if counts["received"] else None,
            "refused": causes_of(await reads.deliveries.refused(source, today - span, today)),
            "dead_letters": {"waiting": len(letters), "causes": Counter(letter.cause for letter in letters)},
            "lag": lag_of(recent),
            "gaps": gaps_of([_decode(stored.body) for stored in newest.items], found.connector),
            "undecided": {"codes": len(undecided), "count": sum(u.count for u in undecided), "complete": complete},
        },
    )
