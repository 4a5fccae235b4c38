"""What would come of deliveries, for the partner's developer: tried in memory, stored nowhere and counted nowhere."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.callers import Connected
from services.calls.api.readers import AtDesk, ReadsOf, must_see_source
from services.calls.doors.trial import Trial, delivery_of, try_out
from shared.http import body, invalid, json_response, not_found, takes

router = APIRouter(prefix="/api/v1/sources", tags=["integration"])


@router.post(
    "/{source}/try",
    summary="Try deliveries, and see what would come of them",
    description=(
        "For each delivery whether it is authentic, and if not why not, the verdict, and the items with their keys; "
        "then the canonical observations, the calls and the facts that would follow from all of them together, what "
        "was not understood, and what of the platform's checklist these facts show. Nothing is stored or counted. "
        "Customers' numbers stand as sent."
    ),
    openapi_extra=takes(Trial),
    responses=examples.TRIED,
)
async def try_deliveries(source: str, request: Request, reads: ReadsOf, caller: Connected, desk: AtDesk) -> Response:
    """For everybody who may see the source."""
    asked = await body(request, Trial)
    await must_see_source(reads, caller, source)
    found = desk.source(source)
    if found is None:
        raise not_found("source")
    now, deliveries = desk.now(), []
    for n, tried in enumerate(asked.deliveries):
        try:
            deliveries.append(delivery_of(tried, found, now))
        except ValueError as wrong:
            raise invalid(f"deliveries[{n}].base64", str(wrong)) from None
    answer = await asyncio.to_thread(try_out, found, deliveries, asked.signed, desk.most_bytes, now)
    response = json_response(answer)
    response.headers["cache-control"] = "no-store"
    return response
