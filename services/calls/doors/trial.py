"""Tries deliveries of a source in memory: what the door would say, and what would come of them. Nothing is stored.

Customers' numbers stand as they were sent: no vault has a part in it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from services.calls.connectors.base import Delivery, Split, Unreadable
from services.calls.doors.fixtures import Outcome, Recording, calls_of, events_of, replay
from services.calls.doors.ingest import TooLarge, split_delivery, unpacked
from services.calls.doors.sources import Source
from shared.contracts.calls import PublicCallEvent
from shared.contracts.conformance import checklist, shown_by

MOST_DELIVERIES = 200
MOST_ITEMS = 500
"""Of one trial; documents are folded item by item, so that many of one call cost the square of their number."""
_decode_fact: Callable[[bytes], PublicCallEvent] = msgspec.json.Decoder(PublicCallEvent).decode


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request as the platform would send it. `path` is what follows the source's address, with its query; the body
    is text, or anything in `base64`; `received_at` is now where it is left out."""

    method: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3,7}$(?!\n)")] = "POST"
    path: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    headers: dict[str, str] = {}
    body: str = ""
    base64: str | None = None
    received_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    meta: dict[str, Any] = {}


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be tried, in order of arrival. Without `signed`, nobody asks who sent it."""

    deliveries: Annotated[tuple[Tried, ...], msgspec.Meta(min_length=1, max_length=MOST_DELIVERIES)]
    signed: bool = True


def delivery_of(tried: Tried, source: Source, now: datetime) -> Delivery:
    """As ingest would see it. ValueError when the body is not base64."""
    try:
        content = tried.body.encode() if tried.base64 is None else base64.b64decode(tried.base64, validate=True)
    except binascii.Error as wrong:
        raise ValueError("not base64") from wrong
    return Delivery(
        tried.method,
        source.settings.public_url.rstrip("/") + tried.path,
        {name.lower(): value for name, value in tried.headers.items()},
        content,
        tried.received_at or now,
        tried.meta,
    )


def try_out(source: Source, deliveries: Sequence[Delivery], signed: bool, limit: int, now: datetime) -> dict[str, Any]:
    """The whole answer. `limit` is the largest body after decompression, in bytes."""
    secrets = source.secrets_at(now).by_scheme
    recording = Recording(source.id, source.settings, secrets, list(enumerate(deliveries)))
    left = MOST_ITEMS

    def split(delivery: Delivery) -> Split:
        nonlocal left
        try:
            found = split_delivery(source, unpacked(delivery, limit))
        except TooLarge as wrong:
            raise Unreadable(f"more than {limit} bytes after decompression") from wrong
        left -= len(found.slices)
        if left < 0:
            raise Unreadable(f"more than {MOST_ITEMS} items can't be tried at once")
        return found

    outcome = replay(recording, signed, split)
    facts = [
        _decode_fact(bytes(told.event)) for document in outcome.documents.values() for told in document.told.values()
    ]
    return {
        "source": source.id,
        "revision": source.revision,
        "deliveries": [_delivery(n, verdict, reason, outcome) for n, verdict, reason in outcome.verdicts],
        "observations": events_of(outcome),
        "calls": list(calls_of(outcome)),
        "facts": facts,
        "not_understood": _not_understood(outcome),
        "checks": checklist(source.settings.connector, {check for fact in facts for check in shown_by(fact)}),
    }


def _delivery(n: int, verdict: str, reason: str | None, outcome: Outcome) -> dict[str, Any]:
    return {
        "n": n,
        "authentic": verdict != "rejected",
        "verdict": verdict,
        "reason": reason,
        "reply": outcome.replies.get(n),
        "items": [item for item in outcome.items if item.n == n],
    }


def _not_understood(outcome: Outcome) -> dict[str, Any]:
    """Items of unknown kinds or unreadable, and codes that no map has."""
    codes = {code for document in outcome.documents.values() for code in document.undecided}
    return {
        "items": [item for item in outcome.items if item.verdict in ("unknown", "invalid")],
        "codes": [dict(zip(("map", "code"), code.split(":", 1), strict=True)) for code in sorted(codes)],
    }
