"""Files as bodies and as answers: what an upload has to be, and how a file is given out as a file and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import Request, Response

from services.partners.domain.attachments import TYPES, media_of
from shared.http import MAX_FILE_BYTES, Deps, Problem, content_of, invalid

UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Uploaded(NamedTuple):
    """A file that was stored: its content hash, what it is, and how large (bytes)."""

    digest: str
    media: str
    size: int


async def uploaded(request: Request, deps: Deps, name: str) -> Uploaded:
    """Store the body. What it is, its content says, not its name. 413 above 20 MB, 415 for other types, 422 for a name
    that is none."""
    if not name.strip() or not name.isprintable():
        raise invalid("name", "the name of the file")
    content = await content_of(request, MAX_FILE_BYTES)
    media = await asyncio.to_thread(media_of, content)
    if media is None:
        raise Problem(415, "unknown_type", f"The file must be one of: {TYPES}.")
    return Uploaded(await deps.blobs.put(content), media, len(content))


def file_response(content: bytes, name: str, media: str) -> Response:
    """The file as it came: a browser saves it and runs nothing of it."""
    return Response(
        content,
        media_type=media,
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, no-store",
        },
    )


async def must_be_stored(deps: Deps, field: str, digests: Iterable[str]) -> None:
    """422 for a content hash that is no uploaded document's."""
    for digest in digests:
        if await deps.blobs.get(digest) is None:
            raise invalid(field, f"no document {digest} was uploaded")
