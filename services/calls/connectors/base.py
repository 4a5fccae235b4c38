"""What a connector is: how deliveries of one telephony platform are authenticated, split, read and understood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from shared.contracts.partners import SourceSettings
from shared.kernel import Observation

Verdict = Literal["accepted", "partial", "duplicate", "stale", "ignored", "unknown", "invalid", "rejected", "handshake"]


class NotAuthentic(Exception):
    """The delivery does not prove that it comes from the source: 401, and nothing of it is stored."""


class Unreadable(Exception):
    """Authentic, but not readable as what it claims to be: the delivery goes to the dead letters whole.

    `status` is the answer where the sender is a native one (400, or 415 for an unknown format).
    """

    def __init__(self, reason: str, status: Literal[400, 415] = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True)
class Delivery:
    """One request as it came. `url` is the source's public address with the request's path rest and query; header
    names are lower-case; `meta` is what a transport without headers of its own says (stream, file name)."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    received_at: datetime
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Secrets:
    """The secrets that count for a source, by scheme (`twilio-signature`, `standard-webhooks`, `bearer` …), as they are
    kept: of bearer and replay keys the digests."""

    by_scheme: dict[str, tuple[str, ...]]


class Slice(msgspec.Struct, frozen=True):
    """One item of a delivery: the bytes as sent, what `read` needs beside them, and the correlation key.

    `correlation` is worked out from the payload alone: `call:<vendor's call id>`, `agent:<vendor's agent id>:<day>`
    (UTC day of the event's own time, `2026-03-02`), `lead:<vendor's lead id>` where a platform has events of calls that
    name the lead only, or `other:<anything>` where there is none of them. `context` holds only what is needed of
    headers, query and meta.
    """

    raw: bytes
    correlation: str
    context: dict[str, Any] = {}


class Split(msgspec.Struct, frozen=True):
    """A delivery split. `key` is the vendor's id of the delivery (equal on a retry), or None.

    `reply` answers a set-up request: status, headers, body; there are no slices then. `backfill`: it was delivered to
    heal gaps, whatever its items are.
    """

    slices: tuple[Slice, ...] = ()
    key: str | None = None
    reply: tuple[int, dict[str, str], bytes] | None = None
    backfill: bool = False


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One item as understood by itself.

    `key` is the fact's key within its document; `version` orders two contents under one key (compared as text; the
    greater wins, the hash of the raw bytes decides between equals). `notes` are observations, some perhaps private to
    the connector. `verdict`: `accepted`, or `ignored` / `unknown` where nothing canonical can come of it by itself
    (notes may still be kept). An item that is not valid raises `Unreadable`.
    """

    key: str
    version: str = ""
    verdict: Literal["accepted", "ignored", "unknown"] = "accepted"
    notes: tuple[Observation, ...] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Renewal:
    """Where a platform tells a fresh address for a link: `url` answers with JSON that has it at `path`."""

    url: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """Where a recording or a transcript of a call is kept, as the platform says. `expires_at` is what the address says
    of itself."""

    kind: str
    url: str = field(repr=False)
    expires_at: datetime | None = None
    renewal: Renewal | None = None


def no_links(item: Slice, settings: SourceSettings) -> Sequence[Link]:
    """Of a platform whose items name no recordings."""
    return ()


@dataclass(frozen=True)
class Connector:
    """One platform. All four are pure.

    `authenticate` raises NotAuthentic; it sees the whole delivery and must not parse more than it needs. `split` runs
    at ingest, `read` in the tracker for each item alone, `translate` for all notes of one document: a pure function of
    their set (they come sorted, each with `items` set to the key of its item), giving canonical observations only, in
    the order of `fields.in_order`.
    `sequence` reads from an item's key what it counts and its number, from 0, where the platform numbers what it sends.
    `backfills` are the kinds of slices (`kind` of their context) that tell afterwards what others told at the time.
    `links` finds recordings and transcripts in an item that `read` took; `hosts` are those that may see the credential
    by which they are fetched.
    `silent_on_holds` are kinds of notes whose items never tell of holds, whatever else the source reports. `by_lead`:
    its calls lie together by their lead.
    """

    name: str
    authenticate: Callable[[Delivery, SourceSettings, Secrets], None]
    split: Callable[[Delivery, SourceSettings], Split]
    read: Callable[[Slice, SourceSettings, datetime], Reading]
    translate: Callable[[Sequence[Observation], SourceSettings], list[Observation]]
    silent_on_holds: frozenset[str] = frozenset()
    sequence: Callable[[str], tuple[str, int] | None] | None = None
    by_lead: bool = False
    backfills: frozenset[str] = frozenset()
    links: Callable[[Slice, SourceSettings], Sequence[Link]] = no_links
    hosts: frozenset[str] = frozenset()
