"""The door of the telephony: authenticate, split, seal, store, answer. Stores first and answers then.

Plain ASGI, because some platforms switch off a hook that is slow. Bodies are bounded one by one and all together;
nothing is parsed before it is known to be authentic.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import logging
import re
import secrets
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from starlette.types import Receive, Scope, Send

from services.calls.connectors.base import Delivery, NotAuthentic, Slice, Split, Unreadable
from services.calls.connectors.fields import check_nesting
from services.calls.connectors.signatures import is_key, shows_bearer
from services.calls.doors import batches
from services.calls.doors.sources import Source, Sources
from services.calls.tracker.intake import DELIVERIES, DeliveryNote, note_id
from services.calls.tracker.items import Content, Item, content_of, encode_item
from shared import metrics, tracing
from shared.clock import Clock
from shared.codec import encode
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine.dead_letters import DeadLetter, DeadLetters
from shared.faults import reach
from shared.http.problems import DESTROYED
from shared.ports import Documents, Outgoing, Put, StoreUnavailable
from shared.vault import KeyDestroyed, MonthKey, Vault

log = logging.getLogger(__name__)

PREFIX = "/v1/in/"
MAX_FLYING_BYTES = 256 << 20
"""Of all bodies being read or stored together; above it, 503."""
MAX_ITEMS = 20_000
MAX_ITEM_BYTES = 3 << 20
"""Of one item: every bus takes records of so much, sealed and with what stands beside it."""
READ_WITHIN_S = 60.0
MIN_YEAR = 2000
_LENGTH = re.compile(r"[0-9]{1,18}")


class Stores(Protocol):
    """Where items go: durable on return, or StoreUnavailable."""

    async def append_all(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Each record in the partition of its own key."""
        ...


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes. Webhooks are small; files and batches of records may be larger."""

    webhook: int
    transport: int
    decompressed: int


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    kind: str = "accepted"


class TooLarge(Exception):
    """The body is larger than the source may send, as it came or decompressed."""


class _Busy(Exception):
    pass


def problem(status: int, code: str, detail: str, *extra: tuple[str, str]) -> Answer:
    """A problem document (RFC 9457)."""
    body = {"type": f"/problems/{code}", "title": code.replace("_", " "), "status": status, "detail": detail}
    return Answer(status, msgspec.json.encode(body), (("content-type", "application/problem+json"), *extra), code)


_OF_THE_BATCH = frozenset({"authorization", "content-encoding", "content-length", "content-type", "transfer-encoding"})
"""Headers that say nothing of the records in it."""
TAKEN = ("accepted", "handshake")
"""Kinds of answers to what is as it should be."""
UNAUTHENTIC = problem(401, "not_authentic", "The delivery does not prove that it comes from this source.")
FOREIGN = dataclasses.replace(UNAUTHENTIC, kind="foreign_network")
"""The sender is told nothing that somebody elsewhere could learn from; we count it apart."""


class Ingest:
    """The ASGI application behind `/v1/in/{source_id}[/{rest}]`."""

    def __init__(
        self,
        sources: Sources,
        vault: Vault,
        store: Stores,
        documents: Documents,
        letters: DeadLetters,
        limits: Limits,
        now: Clock,
        refused: Callable[[str, str], None],
    ) -> None:
        self._sources = sources
        self._vault = vault
        self._store = store
        self._documents = documents
        self._letters = letters
        self._limits = limits
        self._now = now
        self._refused = refused
        self._flying = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = time.perf_counter()
        source_id, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        source = self._sources.get(source_id)
        try:
            answer = await self._answer(scope, receive, source, rest)
        except TooLarge:
            answer = problem(413, "too_large", "The body is larger than this source may send.")
        except KeyDestroyed:
            answer = problem(410, "key_destroyed", DESTROYED)
        except (_Busy, StoreUnavailable):
            answer = problem(503, "unavailable", "Not stored. Send it again later.", ("retry-after", "5"))
        if source is not None and answer.kind not in TAKEN:
            self._refused(source.id, answer.kind)
        metrics.DELIVERIES.labels(source.id if source else "unknown", answer.kind).inc()
        metrics.INGEST_SECONDS.observe(time.perf_counter() - begun)
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive, source: Source | None, rest: str) -> Answer:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        admitted = source is not None and source.admits((scope.get("client") or (None,))[0])
        # Only whoever shows the key of a source of files and records may send large bodies: others would fill the room
        # that all bodies share, without being known.
        known = source is not None and admitted and shows_bearer(headers, source.secrets)
        limit = self._limits.transport if known else self._limits.webhook
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                body = await self._read_body(headers, receive, limit)
        except TimeoutError:
            return problem(408, "too_slow", f"The body did not come within {READ_WITHIN_S:.0f} s.")
        try:
            if source is None:
                return UNAUTHENTIC
            if not admitted:
                return FOREIGN
            delivery = _delivery(scope, source, rest, headers, body, self._now())
            if known and rest == batches.PATH:
                return await self._take_batch(source, delivery)
            return await self._take(source, delivery)
        finally:
            self._flying -= len(body)

    async def _read_body(self, headers: dict[str, str], receive: Receive, limit: int) -> bytes:
        """At most `limit` bytes; counted into what is flying, also while they come in."""
        announced = _LENGTH.fullmatch(headers.get("content-length", ""))
        if announced and int(announced[0]) > limit:
            raise TooLarge
        parts: list[bytes] = []
        size = 0
        try:
            while True:
                message = await receive()
                part = message.get("body", b"")
                size += len(part)
                self._flying += len(part)
                if size > limit:
                    raise TooLarge
                if self._flying > MAX_FLYING_BYTES or message["type"] == "http.disconnect":
                    raise _Busy
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
        except BaseException:  # also when the server stops meanwhile
            self._flying -= size
            raise

    async def _take(self, source: Source, delivery: Delivery) -> Answer:
        try:
            received_at = _recorded(source, delivery)
            delivery = _replaced(delivery, received_at)
            source.connector.authenticate(delivery, source.settings, source.secrets_at(received_at))
        except NotAuthentic:
            return UNAUTHENTIC
        return await self.accept(source, delivery)

    async def _take_batch(self, source: Source, delivery: Delivery) -> Answer:
        """Records of a stream, posted by a bridge that shows the source's bearer key: each is a delivery of its own.

        200 with an answer for each; those that `failed` are to be sent again. 503 when all did.
        """
        try:
            received_at = _recorded(source, delivery)
            delivery = _replaced(delivery, received_at)
            if not shows_bearer(delivery.headers, source.secrets_at(received_at)):
                return UNAUTHENTIC
            records = batches.records_of(unpacked(delivery, self._limits.decompressed).body)
        except NotAuthentic:
            return UNAUTHENTIC
        except Unreadable as wrong:
            return dataclasses.replace(problem(400, "unreadable", wrong.reason), kind="invalid")
        answers = await asyncio.gather(*(self._take_record(source, delivery, record) for record in records))
        failed = sum(answer.status == "failed" for answer in answers)
        body = msgspec.json.encode({"records": answers, "failed": failed})
        if failed == len(answers):
            return Answer(503, body, (("content-type", "application/json"), ("retry-after", "5")), "unavailable")
        return Answer(200, body)

    async def _take_record(self, source: Source, batch: Delivery, record: batches.Record) -> batches.RecordAnswer:
        headers = {name: value for name, value in batch.headers.items() if name not in _OF_THE_BATCH}
        delivery = dataclasses.replace(
            batch, url=source.settings.public_url, headers=headers, meta=batch.meta | record.meta
        )
        key = f"record/{record.id}" if record.id else None
        try:
            try:
                delivery = dataclasses.replace(delivery, body=record.content)
                answer = await self.accept(source, delivery, key)
            except Unreadable as wrong:
                delivery = dataclasses.replace(delivery, body=record.data.encode())
                answer = await self.refuse(source, delivery, wrong, key)
        except (StoreUnavailable, TooLarge) as cause:
            reason = "too_large" if isinstance(cause, TooLarge) else "unavailable"
            return batches.RecordAnswer(record.id, "failed", reason=reason)
        told = msgspec.json.decode(answer.body)
        metrics.DELIVERIES.labels(source.id, answer.kind).inc()
        if answer.kind == "invalid":
            reason = str(told.get("unreadable") or told.get("detail"))
            return batches.RecordAnswer(record.id, "unreadable", str(told.get("delivery", "")), reason=reason)
        return batches.RecordAnswer(record.id, "stored", told["delivery"], told["items"])

    async def accept(self, source: Source, delivery: Delivery, key: str | None = None) -> Answer:
        """Store what is known to be authentic. `key` is the transport's own for the delivery, equal whenever it comes.

        StoreUnavailable when it may not have been stored. KeyDestroyed: its month is over; only what was recorded then
        can be so late.
        """
        received_at = delivery.received_at
        id_ = _new_id(received_at)
        month_key = await self._vault.month_key(source.settings.partner, f"{received_at:%Y-%m}")
        try:
            split = split_delivery(source, unpacked(delivery, self._limits.decompressed))
        except Unreadable as wrong:
            return await self.refuse(source, delivery, wrong, key)
        if key is not None:
            split = msgspec.structs.replace(split, key=key)
        if split.reply is not None:
            status, extra, body = split.reply
            return Answer(status, body, tuple(extra.items()), "handshake")
        items = items_of(id_, source, split, received_at, month_key)
        if not items:
            note = DeliveryNote(at=0, delivery=id_, source=source.id, received_at=received_at, of=0, key=split.key)
            await self._documents.put(DELIVERIES, [Put(note_id(id_, 0), 0, encode(note))])
        await self._store.append_all(TELEPHONY_TOPIC, [Outgoing(i.document, encode_item(i)) for i in items])
        reach("ingest.stored")
        if source.settings.clock == "live" and source.settings.counts == "production":
            metrics.aged("stored", [(self._now() - received_at).total_seconds()])
        return Answer(202, msgspec.json.encode({"delivery": id_, "items": len(items)}))

    async def refuse(self, source: Source, delivery: Delivery, wrong: Unreadable, key: str | None = None) -> Answer:
        """Put a delivery that is authentic with the dead letters, once for each `key`."""
        month_key = await self._vault.month_key(source.settings.partner, f"{delivery.received_at:%Y-%m}")
        known = f"{source.id} {key}".encode()
        id_ = _new_id(delivery.received_at) if key is None else hashlib.sha256(known).hexdigest()[:28]
        await self._letters.add([_letter(id_, source, delivery, month_key, wrong.reason)])
        return _unreadable(id_, source, wrong)


def _new_id(received_at: datetime) -> str:
    return f"{int(received_at.timestamp() * 1000):012x}{secrets.token_hex(8)}"


def unpacked(delivery: Delivery, limit: int) -> Delivery:
    """The delivery with its body decompressed, to at most `limit` bytes. TooLarge, Unreadable."""
    encoding = delivery.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return delivery
    if encoding not in ("gzip", "deflate"):
        raise Unreadable("unknown content encoding", 415)
    unpack = zlib.decompressobj(wbits=47)
    try:
        body = unpack.decompress(delivery.body, limit)
    except zlib.error as wrong:
        raise Unreadable("the body is not what its content encoding says") from wrong
    if unpack.unconsumed_tail:
        raise TooLarge
    if not unpack.eof:
        raise Unreadable("the compressed body is cut short")
    if unpack.unused_data:  # gzip allows several parts: what we would not read must not be taken as if we had
        raise Unreadable("the body goes on after its compressed part")
    return dataclasses.replace(delivery, body=body)


def split_delivery(source: Source, delivery: Delivery) -> Split:
    """As the connector does it; whatever goes wrong in it is Unreadable."""
    try:
        split = source.connector.split(delivery, source.settings)
    except Unreadable:
        raise
    except Exception as wrong:
        # The kind only: an exception's text may hold what the delivery held.
        log.error("the connector of %s can't split a delivery: %s", source.id, type(wrong).__name__)
        raise Unreadable(type(wrong).__name__) from wrong
    if len(split.slices) > MAX_ITEMS:
        raise Unreadable(f"more than {MAX_ITEMS} items")
    if any(len(part.raw) > MAX_ITEM_BYTES for part in split.slices):
        raise Unreadable(f"an item of more than {MAX_ITEM_BYTES} bytes")
    return msgspec.structs.replace(split, backfill=delivery.meta.get("backfill") is True)


def _delivery(scope: Scope, source: Source, rest: str, headers: dict[str, str], body: bytes, at: datetime) -> Delivery:
    """The address is the one that the platform was given, never what the request says of its host."""
    base = source.settings.public_url.rstrip("/")
    query = scope["query_string"].decode("latin-1")
    raw = scope.get("raw_path") or scope["path"].encode()
    rest = raw.decode("latin-1").partition(f"{PREFIX}{source.id}")[2].lstrip("/") or rest
    url = base + (f"/{rest}" if rest else "") + (f"?{query}" if query else "")
    return Delivery(scope["method"], url, headers, body, at)


def _recorded(source: Source, delivery: Delivery) -> datetime:
    """When the delivery was received: now, or for a replay source with its key, when it was recorded."""
    text = delivery.headers.get("tallyline-received-at")
    if text is None or source.settings.clock != "replay":
        return delivery.received_at
    mine = delivery.headers.get("tallyline-replay-key", "")
    # The replay key has to count today, since it lets the sender name the time by which the others are judged.
    if not is_key("replay", mine, source.secrets_at(delivery.received_at)):
        raise NotAuthentic
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise NotAuthentic from wrong
    if at.utcoffset() != timedelta(0) or at.year < MIN_YEAR:
        raise NotAuthentic
    return at


def _replaced(delivery: Delivery, at: datetime) -> Delivery:
    text = delivery.headers.get("tallyline-meta")
    meta: dict[str, Any] = {}
    if text:
        try:
            check_nesting(text.encode())
            meta = msgspec.json.decode(text, type=dict[str, Any])
        except (Unreadable, msgspec.MsgspecError) as wrong:
            raise NotAuthentic from wrong
    return dataclasses.replace(delivery, received_at=at, meta=meta)


def items_of(id_: str, source: Source, split: Split, received_at: datetime, month_key: MonthKey) -> list[Item]:
    """The items of a delivery, each sealed under the month's key for its own document."""
    return [_item(id_, index, part, source, split, received_at, month_key) for index, part in enumerate(split.slices)]


def _item(
    id_: str, index: int, part: Slice, source: Source, split: Split, received_at: datetime, month_key: MonthKey
) -> Item:
    document = f"{source.id}:{part.correlation}"
    return Item(
        source=source.id,
        partner=source.settings.partner,
        correlation=part.correlation,
        delivery=id_,
        index=index,
        of=len(split.slices),
        received_at=received_at,
        revision=source.revision,
        key=split.key,
        sealed=month_key.seal(content_of(part), document.encode()),
        digest=hashlib.sha256(part.raw).hexdigest()[:32],
        backfill=split.backfill or part.context.get("kind") in source.connector.backfills,
        trace=tracing.context(),
    )


def _letter(id_: str, source: Source, delivery: Delivery, month_key: MonthKey, cause: str) -> DeadLetter:
    whole = {
        "method": delivery.method,
        "url": delivery.url,
        "headers": delivery.headers,
        "meta": delivery.meta,
    }
    sealed = month_key.seal(msgspec.msgpack.encode(Content(delivery.body, whole)), id_.encode())
    return DeadLetter(
        id=f"delivery:{id_}",
        kind="delivery",
        source=source.id,
        at=delivery.received_at,
        cause=cause,
        payload=sealed,
        context={"delivery": id_, "revision": source.revision},
    )


def _unreadable(id_: str, source: Source, wrong: Unreadable) -> Answer:
    """Native senders are told; a vendor's platform might switch the hook off, so it hears that all is well."""
    if source.settings.connector == "native":
        answer = problem(wrong.status, "unreadable", wrong.reason)
        return Answer(answer.status, answer.body, answer.headers, "invalid")
    return Answer(202, msgspec.json.encode({"delivery": id_, "items": 0, "unreadable": wrong.reason}), kind="invalid")
