"""Files of a source, handed in over HTTP by whoever is signed in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.calls.api.callers import Connects
from services.calls.api.readers import AtDesk, ReadsOf, must_see_source
from services.calls.doors.ingest import TooLarge
from services.calls.doors.uploads import Uploads
from shared.http import MAX_FILE_BYTES, UPLOAD, Problem, answers, content_of, invalid, json_response, not_found

router = APIRouter(prefix="/api/v1/sources", tags=["intake"])

FILED = answers(
    "Stored.",
    {"delivery": "01945f0b1c2d9a3b", "items": 412, "unreadable": None, "href": "/api/v1/deliveries/01945f0b1c2d9a3b"},
    403,
    404,
    422,
    503,
    status=202,
)


async def _uploads(request: Request) -> Uploads:
    found: Uploads = request.app.state.uploads
    return found


@router.post(
    "/{source}/files",
    status_code=202,
    summary="Hand in a file of the platform",
    description=(
        "A file of call detail records, a call report, any delivery that the source's connector reads; plain or in "
        "gzip. It needs no key of the source: whoever is signed in answers for it. The same file twice is one. "
        '`meta` is what the connector is told of it, such as `{"kind": "cdr"}`; with `"backfill": true` it is '
        "measured as one. `unreadable` says why nobody can read it; it lies among the dead letters then."
    ),
    openapi_extra=UPLOAD,
    responses=FILED,
)
async def upload(
    source: str,
    request: Request,
    reads: ReadsOf,
    desk: AtDesk,
    uploads: Annotated[Uploads, Depends(_uploads)],
    caller: Connects,
    meta: Annotated[str, Query(description="A JSON object.")] = "{}",
) -> Response:
    """Stored before it is answered. 413 when it is too large, as it came or after decompression."""
    await must_see_source(reads, caller, source)
    found = desk.source(source)
    if found is None:
        raise not_found("source")
    content = await content_of(request, MAX_FILE_BYTES)
    if not content:
        raise invalid("body", "the file is empty")
    try:
        filed = await uploads.take(found, content, _meta(meta))
    except TooLarge:
        raise Problem(413, "too_large", "The file is too large after decompression.") from None
    href = f"/api/v1/deliveries/{filed.delivery}"
    return json_response(msgspec.structs.asdict(filed) | {"href": href}, status=202)


def _meta(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        raise invalid("meta", "a JSON object") from None
