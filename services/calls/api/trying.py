"""What would come of deliveries, for the partner's developer: tried in memory, stored nowhere and counted nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.calls.api import examples
from services.calls.api.decisions import must_see_source
from services.calls.api.readers import Caller, ReadsOf
from services.calls.sources import Source
from services.calls.trial import Trial, delivery_of, try_out
from shared.clock import Clock
from shared.http import body, invalid, json_response, not_found, takes

router = APIRouter(prefix="/api/v1/sources", tags=["integration"])


@dataclass(frozen=True)
class Bench:
    """What a trial needs: the sources with their secrets, the largest body after decompression, the time."""

    source: Callable[[str], Source | None]
    limit: int
    now: Clock


def bench(request: Request) -> Bench:
    """The dependency that gives it."""
    found: Bench = request.app.state.trial_bench
    return found


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
async def try_deliveries(
    source: str, request: Request, reads: ReadsOf, caller: Caller, on: Annotated[Bench, Depends(bench)]
) -> Response:
    """For everybody who may see the source."""
    asked = await body(request, Trial)
    await must_see_source(reads, caller, source)
    found = on.source(source)
    if found is None:
        raise not_found("source")
    now, deliveries = on.now(), []
    for n, tried in enumerate(asked.deliveries):
        try:
            deliveries.append(delivery_of(tried, found, now))
        except ValueError as wrong:
            raise invalid(f"deliveries[{n}].base64", str(wrong)) from None
    answer = await asyncio.to_thread(try_out, found, deliveries, asked.signed, on.limit, now)
    response = json_response(answer)
    response.headers["cache-control"] = "no-store"
    return response
