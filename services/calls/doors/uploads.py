"""Files that somebody hands us: each is a delivery, known by its content, so that the same file twice counts once."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from services.calls.connectors.base import Delivery
from services.calls.doors.ingest import Answer, Ingest
from services.calls.doors.sources import Source
from shared.clock import Clock


class Filed(msgspec.Struct, frozen=True):
    """What the door said of a file: our id of the delivery and how many items it has, or why nobody can read it."""

    delivery: str
    items: int = 0
    unreadable: str | None = None


class Uploads:
    """Takes files into the ingest."""

    def __init__(self, ingest: Ingest, now: Clock) -> None:
        self._ingest = ingest
        self._now = now

    async def take(self, source: Source, content: bytes, meta: dict[str, Any]) -> Filed:
        """Durable on return. TooLarge when it is after decompression; StoreUnavailable: it may not have been stored."""
        headers = {"content-encoding": "gzip"} if content[:2] == b"\x1f\x8b" else {}
        url = source.settings.public_url
        delivery = Delivery("POST", url, headers, content, self._now(), meta)
        return told_of(await self._ingest.accept(source, delivery, key_of(content, meta)))


def key_of(content: bytes, meta: dict[str, Any]) -> str:
    """The delivery's key: what it holds, and as what it is read."""
    told = msgspec.json.encode(sorted(meta.items(), key=str))
    return f"file/{hashlib.sha256(content + b' ' + told).hexdigest()}"


def told_of(answer: Answer) -> Filed:
    """What an answer of the ingest says of a file."""
    told = msgspec.json.decode(answer.body)
    unreadable = str(told.get("unreadable") or told.get("detail")) if answer.kind == "invalid" else None
    return Filed(str(told.get("delivery", "")), int(told.get("items", 0)), unreadable)
