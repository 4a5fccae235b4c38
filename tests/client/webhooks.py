"""Webhooks as a client sees them, and how a receiver verifies what it is sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

import msgspec

TOLERANCE_S = 300


class Configured(msgspec.Struct, frozen=True):
    """What an endpoint is told of."""

    name: str
    url: str
    events: tuple[str, ...]
    revision: int
    partners: tuple[str, ...] = ()


class Stopped(msgspec.Struct, frozen=True):
    """Why it is told nothing."""

    why: str
    at: datetime
    message: str = ""


class Endpoint(msgspec.Struct, frozen=True):
    """An endpoint as it is now."""

    webhook: str
    configured: Configured
    stopped: Stopped | None = None
    older_key_until: datetime | None = None


class Made(msgspec.Struct, frozen=True):
    """A new endpoint, with its key."""

    webhook: str
    secret: str


class Attempt(msgspec.Struct, frozen=True):
    """One time that a message was sent."""

    at: datetime
    seconds: float
    status: int | None = None
    cause: str = ""


class Message(msgspec.Struct, frozen=True):
    """A message, and what became of it."""

    id: str
    type: str
    standing: str
    attempts: tuple[Attempt, ...] = ()
    subject: str | None = None


def verified(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether a message is from who has the key, and of these minutes. Header names are lower-case."""
    second = headers["webhook-timestamp"]
    if abs(now - int(second)) > TOLERANCE_S:
        return False
    signed = b".".join((headers["webhook-id"].encode(), second.encode(), body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers["webhook-signature"].split(" "))
