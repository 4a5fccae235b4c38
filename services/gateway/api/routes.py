"""HTTP routes of the wallboard: the snapshot as JSON, and the live stream."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Header, Query, Request, Response

from services.gateway.api import examples
from services.gateway.api.feed import Full
from services.gateway.api.gateway import Door, Seen, Watching, shown_to, still_signed_in
from services.gateway.api.stream import EventStream
from shared.http import Problem

router = APIRouter(prefix="/api/v1", tags=["wallboard"])


@router.get(
    "/wallboard",
    summary="The live wallboard of a partner and campaign, or of all",
    response_class=Response,
    responses=examples.WALLBOARD,
)
async def wallboard(gateway: Door, viewer: Watching, scope: Seen) -> Response:
    """Key figures, the last five minutes, agents by state, ranking, what needs attention, and a row for each agent.

    A figure that is not known is null. Each has `n`, what it rests on, and `href`, where its calls are.
    """
    snapshot = shown_to(viewer, await gateway.feed.snapshot(scope))
    return Response(msgspec.json.encode(snapshot), media_type="application/json", headers={"cache-control": "no-store"})


@router.get(
    "/live",
    summary="Server-sent events of a view",
    response_class=Response,
    responses=examples.LIVE,
)
async def live(
    request: Request,
    gateway: Door,
    viewer: Watching,
    scope: Seen,
    view: Annotated[Literal["wallboard"], Query(description="Which view to follow.")],
    since: Annotated[str | None, Query(description="The id of the snapshot that the client has.")] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """What changes in the `view`, twice a second, in absolute values; `resync` asks to fetch the snapshot.

    `Last-Event-ID`, which a browser sends when it comes back by itself, counts before `since`.
    """
    await gateway.feed.snapshot(scope)  # what cannot be read is refused here, while there is still an answer to give
    try:
        leave = gateway.feed.admit(viewer.name)
    except Full:
        text = "Too many live streams are open. Close a page, or try again."
        raise Problem(503, "too_many_streams", text, headers={"retry-after": "5"}) from None
    return EventStream(
        gateway.feed.follow(scope, last_event_id or since),
        allowed=lambda: still_signed_in(request, gateway.access),
        stalled=gateway.feed.stalled,
        leave=leave,
    )
