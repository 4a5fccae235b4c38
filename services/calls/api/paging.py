"""Cursors of lists that are not sorted by key alone."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

import msgspec

from shared.http import invalid

T = TypeVar("T")


def cursor_of(place: Any) -> str:
    """An opaque text for the last place of a page."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_of(cursor: str, kind: type[T]) -> T:
    """The place that a cursor stands for. 422 when it is not one of ours."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(text, type=kind)
    except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError):
        raise invalid("cursor", "not a cursor of this list") from None
