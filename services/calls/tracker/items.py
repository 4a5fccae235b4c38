"""One item of a delivery as it stands on the telephony topic: what everybody may see, and the sealed slice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from services.calls.connectors.base import Slice

READINGS = 1 << 20
"""Generations of readings that one revision of the settings has room for: the first is by the settings, each further
one by a later connector."""


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item. `delivery` is our id of the delivery, `index` of `of` the item's place in it; `key` the vendor's id of
    the delivery (equal on a retry); `correlation` names the document; `revision` is that of the source's settings when
    the item came; `sealed` is a `Slice`, encrypted under the key of partner and month, or, where we say it ourselves,
    nothing.

    `backfill`: it came to heal gaps, after what it tells of was over.

    `generation` is above 0 where a stored item is read again: of two readings of it the later generation counts.

    `timer` is what time brings about: `no_end` (no end of the call came), `carry` (an agent's state goes on into the
    next day), `closed` (an agent's day is over). `panel`: an agent said it on our panel. `lead`: since when the
    lead is one for whom the call was made. `trace` is the context of the request that brought it, where it is traced.
    """

    source: str
    partner: str
    correlation: str
    delivery: str
    index: int
    of: int
    received_at: datetime
    revision: int
    key: str | None = None
    sealed: bytes = b""
    digest: str = ""
    timer: str | None = None
    panel: bool = False
    lead: bool = False
    backfill: bool = False
    retried: bool = False
    generation: int = 0
    data: dict[str, Any] = {}
    trace: str = ""

    @property
    def document(self) -> str:
        """The id of the document that the item belongs to; also its key on the topic."""
        return f"{self.source}:{self.correlation}"

    @property
    def came(self) -> bool:
        """Whether it came from outside: it is counted, and its delivery is told what became of it."""
        return not self.ours and not self.generation

    @property
    def ours(self) -> bool:
        """Whether we say it ourselves: it has no content of a platform."""
        return self.timer is not None or self.panel or self.lead


def generation_of(revision: int, reading: int = 0) -> int:
    """The generation of an item that is read again by these settings, for the n-th time beside the first."""
    return revision * READINGS + reading


class Content(msgspec.Struct, frozen=True):
    """What is sealed of a slice."""

    raw: bytes
    context: dict[str, Any] = {}


encode_item = msgspec.msgpack.encode
decode_item = msgspec.msgpack.Decoder(Item).decode
decode_content = msgspec.msgpack.Decoder(Content).decode


def content_of(part: Slice) -> bytes:
    """The bytes to seal."""
    return msgspec.msgpack.encode(Content(part.raw, part.context))
