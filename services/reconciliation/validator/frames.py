"""How the worker and its process talk: frames of four bytes of length and so many bytes, one answer a question."""

from __future__ import annotations

from typing import BinaryIO, Literal

import msgspec

from services.reconciliation.invoices.validation import Validation

Job = Literal["validate", "embedded"]
HEAD = 4
MOST = 64 * 1024 * 1024


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a job: a validation, or a document, or a refusal as its code and detail."""

    validation: Validation | None = None
    document: bytes | None = None
    refusal: tuple[str, str] | None = None


def framed(payload: bytes) -> bytes:
    """A frame of the payload."""
    return len(payload).to_bytes(HEAD, "big") + payload


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next payload; None at the end."""
    head = stream.read(HEAD)
    if len(head) < HEAD:
        return None
    size = int.from_bytes(head, "big")
    payload = stream.read(size)
    return payload if len(payload) == size else None
