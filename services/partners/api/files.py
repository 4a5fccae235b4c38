"""Files as bodies: what an upload has to be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from fastapi import Request

from services.partners.domain.attachments import TYPES, media_of
from shared.http import MAX_FILE_BYTES, Deps, Problem, content_of, invalid


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


async def must_be_stored(deps: Deps, field: str, digests: Iterable[str]) -> None:
    """422 for a content hash that is no uploaded document's."""
    for digest in digests:
        if await deps.blobs.get(digest) is None:
            raise invalid(field, f"no document {digest} was uploaded")
