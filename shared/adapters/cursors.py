"""Where the next page of a search begins, as an opaque text that is good for that very search only."""

from __future__ import annotations

import base64
import binascii
from hashlib import blake2b
from typing import Any

import msgspec

Position = list[str | int]
DIGEST_BYTES = 8


def encode(search: object, position: Position) -> str:
    """The cursor of `position` (order value, if any, and id of the last document) within `search`."""
    content = msgspec.json.encode(position)
    return base64.urlsafe_b64encode(_digest(search, content) + content).decode()


def decode(search: object, cursor: str) -> Position:
    """The position. ValueError when the text was altered or belongs to another search."""
    try:
        raw = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not a cursor") from error
    content = raw[DIGEST_BYTES:]
    # The first condition: base64 leaves bits at its end that can be altered without a change of the content.
    if base64.urlsafe_b64encode(raw).decode() != cursor or raw[:DIGEST_BYTES] != _digest(search, content):
        raise ValueError("not a cursor of this search")
    return msgspec.json.decode(content, type=Position)


def _digest(search: Any, content: bytes) -> bytes:
    return blake2b(
        content, digest_size=DIGEST_BYTES, key=blake2b(msgspec.json.encode(search), digest_size=32).digest()
    ).digest()
