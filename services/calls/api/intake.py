"""What became of deliveries and of a source's items, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.callers import Connected
from services.calls.api.readers import CallReads, ReadsOf, must_see_source
from services.calls.tracker.intake import add_intake, delivery_verdict
from shared.http import invalid, json_response, not_found, time_range
from shared.security import Principal

router = APIRouter(prefix="/api/v1", tags=["intake"])


@router.get(
    "/deliveries/{delivery}",
    summary="What became of a delivery",
    description=(
        "The verdict on the whole, added up from its items; null while some of them are not settled yet. A delivery "
        "without items is `ignored`; one that could not be read at all is `invalid`, `of` is null then, and `reason` "
        "says why: it lies whole among the dead letters."
    ),
    responses=examples.DELIVERY,
)
async def delivery(delivery: str, reads: ReadsOf, caller: Connected) -> Response:
    """One delivery with the verdict on each item."""
    notes = await reads.deliveries.delivery(delivery)
    if not notes:
        return await _unread(reads, caller, delivery)
    await must_see_source(reads, caller, notes[0].source, "delivery")
    items = [
        {"index": int(index), "verdict": verdict, "reason": note.reasons.get(index)}
        for note in notes
        for index, verdict in note.verdicts.items()
    ]
    return json_response(
        {
            "delivery": delivery,
            "source": notes[0].source,
            "received_at": notes[0].received_at,
            "of": notes[0].of,
            "verdict": delivery_verdict(notes),
            "reason": None,
            "items": sorted(items, key=lambda item: int(str(item["index"]))),
        },
    )


async def _unread(reads: CallReads, caller: Principal, delivery: str) -> Response:
    """A delivery that ingest could not read. Sent again from the dead letters it has notes, a moment later."""
    letter = await reads.deliveries.dead(delivery)
    if letter is None:
        raise not_found("delivery")
    await must_see_source(reads, caller, letter.source, "delivery")
    return json_response(
        {
            "delivery": delivery,
            "source": letter.source,
            "received_at": letter.at,
            "of": None,
            "verdict": "invalid" if letter.state == "waiting" else None,
            "reason": letter.cause,
            "items": [],
        },
    )


@router.get(
    "/sources/{source}/intake",
    summary="A source's items by verdict",
    description=(
        "`received` = `accepted` + `duplicate` + `stale` + `ignored` + `unknown` + `invalid`; days are UTC days of "
        "receipt. Deliveries that failed authentication are not stored and not counted here. `schemes`: of which there "
        "are credentials that count. `credentials`: the ids of those by which the door knows the source; a new one is "
        "among them once it counts there."
    ),
    responses=examples.INTAKE,
)
async def intake(
    source: str,
    reads: ReadsOf,
    caller: Connected,
    start: Annotated[str | None, Query(alias="from", description="First day.")] = None,
    end: Annotated[str | None, Query(alias="to", description="Day after the last.")] = None,
) -> Response:
    """The counts of the period, or of all time."""
    await must_see_source(reads, caller, source)
    low, high = time_range(start or "1970-01-01", end or "9999-01-01", ZoneInfo("UTC"))
    for name, at in (("from", low), ("to", high)):
        if at != at.replace(hour=0, minute=0, second=0, microsecond=0):
            raise invalid(name, "must be a day, such as 2026-03-02")
    days = await reads.deliveries.intake(source, low if start else None, high if end else None)
    last: datetime | None = max((day.last_at for day in days), default=None)
    return json_response(
        {
            "source": source,
            "schemes": await reads.directory.schemes_of(source),
            "credentials": await reads.directory.credentials_of(source),
            "last_received_at": last and last.astimezone(UTC),
            "counts": add_intake(days),
        },
    )
