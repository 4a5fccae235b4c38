"""What a route answers: JSON, the tags of reads, and lists page by page."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from shared.http.problems import invalid

T = TypeVar("T")
TAGGED = frozenset({"application/json", "application/yaml"})
"""What has a tag on whatever route: what may be read, changed and written back."""


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; `next` is the `cursor` of the page after, null on the last."""

    items: list[T]
    next: str | None = None


def tag_of(body: bytes) -> str:
    """A strong tag, from the bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def same(headers: Headers, name: str, tag: str) -> bool:
    """Whether a header names the tag, by weak comparison (RFC 9110, 13.1.2): the strength plays no part."""
    seen = {part.strip().removeprefix("W/") for header in headers.getlist(name) for part in header.split(",")}
    return "*" in seen or tag.removeprefix("W/") in seen


def json_response(content: object, *, status: int = 200, state: object = None) -> Response:
    """The content as JSON. What a read answers is given its tag around the routes (`Conditional`), from its bytes.

    `state` is what of the content does not move by itself: where that is given the tag is from it, or nobody could send
    it back in time.
    """
    tagged = None if state is None else {"etag": tag_of(msgspec.json.encode(state))}
    return Response(msgspec.json.encode(content), status, tagged, "application/json")


def page(found: Sequence[tuple[str, T]], limit: int, cursor: str | None) -> Listing[T]:
    """One page of documents that are sorted by key. 422 when the cursor is not one of ours.

    The cursor holds the last key, so a document that comes or goes between two pages moves no other one.
    """
    after = _key_of(cursor) if cursor is not None else None
    rest = [(key, item) for key, item in found if after is None or key > after]
    more = len(rest) > limit
    return Listing([item for _, item in rest[:limit]], _cursor(rest[limit - 1][0]) if more else None)


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _key_of(cursor: str) -> str:
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid("cursor", "not a cursor of this list") from None
    return key
