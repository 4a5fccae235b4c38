"""Partners' own Kafka topics: each record is a delivery of its source, authentic because we went there to fetch it.

A source is read this way when its settings say so: `options: {"kafka": {"bootstrap", "topic", "group"}}`. The store
being away makes a stream wait; a record that nobody can read goes to the dead letters and holds up nothing.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import Literal
from urllib.parse import quote

import msgspec

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.doors.followed import Followed
from services.calls.doors.ingest import Ingest
from services.calls.doors.sources import Source, Sources
from shared import metrics
from shared.clock import Clock
from shared.engine.streams import Access, Connect, ForeignRecord, Place, Stream, Take
from shared.ports import StoreUnavailable

log = logging.getLogger(__name__)

AGAIN_S = 10.0
"""How long a stream is left alone that could not be opened, and how often the brokers of the others are asked."""
SCHEME = "kafka-password"
"""The scheme of the credential that the source's brokers are shown."""
MOST_BYTES = 4 << 20
"""A larger record is refused; of its content the beginning is kept."""
KEPT_BYTES = 1 << 16
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


class StreamOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the topic is, and as which group it is read. `meta` is what the connector is told of every record.

    `ca` holds the certificates (PEM) that the brokers' come from, if not those that the system trusts. With `sasl_ssl`,
    the password of `user` is a credential of the source; it is never sent in the clear.
    """

    bootstrap: str
    topic: str
    group: str
    meta: dict[str, str] = {}
    security: Literal["plaintext", "ssl", "sasl_ssl"] = "plaintext"
    ca: str = ""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    user: str = ""


def options_of(source: Source) -> StreamOptions | None:
    """How the source is read; None if it delivers by itself. ValueError when its options are not as they must be."""
    given = source.settings.options.get("kafka")
    if given is None:
        return None
    try:
        return msgspec.convert(given, StreamOptions)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"options.kafka: {wrong}") from wrong


def place_of(source: Source, options: StreamOptions) -> Place:
    """Where it is read, and as whom. ValueError when the vault has no password for it."""
    access = Access(tls=options.security != "plaintext", ca=options.ca)
    if options.security == "sasl_ssl":
        passwords = source.secrets.by_scheme.get(SCHEME, ())
        if not passwords or not options.user:
            raise ValueError(f"options.kafka: sasl_ssl needs a user, and a credential {SCHEME} of the source")
        # The newest: until it is revoked, an old one counts beside it.
        access = dataclasses.replace(access, mechanism=options.mechanism, user=options.user, password=passwords[-1])
    return Place(options.bootstrap, options.topic, options.group, access)


def key_of(record: ForeignRecord) -> str:
    """The delivery's key: the record's place, and its time, since a topic made anew counts from 0 again."""
    return f"{record.topic}/{record.partition}/{record.offset}@{record.timestamp}"


def delivery_of(record: ForeignRecord, source: Source, options: StreamOptions, now: Clock) -> Delivery:
    """The record as if it had been posted; `ce_` headers as CloudEvents has them over HTTP."""
    headers = {}
    for name, value in record.headers:
        name = name.lower()
        if name.startswith("ce_"):
            headers[f"ce-{name[3:]}"] = quote(value, safe=_PRINTABLE)
        elif name == "content-type":
            headers[name] = value.decode("latin-1")
    place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
    url = source.settings.public_url
    return Delivery("POST", url, headers, record.value, now(), {**options.meta, **place})


Wanted = tuple[Place, StreamOptions]


class Streams(Followed[Wanted]):
    """Keeps a stream open for each source that has one, and hands its records to the ingest."""

    what = "stream"

    def __init__(self, sources: Sources, ingest: Ingest, connect: Connect, now: Clock) -> None:
        super().__init__(sources)
        self._ingest = ingest
        self._connect = connect
        self._now = now

    def wish(self, source: Source) -> Wanted | None:
        """Where the source's topic is, and how it is read."""
        options = options_of(source)
        return None if options is None else (place_of(source, options), options)

    async def keep(self, source_id: str, wish: Wanted) -> None:
        """Until cancelled. While its brokers are away it tries again."""
        place, options = wish
        up = metrics.PARTNER_STREAMS.labels(source_id)
        while True:
            stream: Stream | None = None
            try:
                stream = self._connect(place, self._taking(source_id, options))
                await stream.open()
                self.works(source_id)
                while True:
                    up.set(await stream.reachable())
                    await asyncio.sleep(AGAIN_S)
            except Exception as wrong:  # whatever it is, it may be over later
                up.set(0)
                known = isinstance(wrong, StoreUnavailable) or stream is None  # no text that a record can be in
                self.complain(source_id, str(wrong) if known else type(wrong).__name__)
            finally:
                if stream is not None:
                    await stream.close()
            await asyncio.sleep(AGAIN_S)

    def _taking(self, source_id: str, options: StreamOptions) -> Take:
        async def take(record: ForeignRecord) -> None:
            """Stored, or with the dead letters; else StoreUnavailable, and it comes again."""
            source = self._sources.get(source_id)
            if source is None:
                raise StoreUnavailable(f"the source {source_id} can't be served")
            await self.deliver(source, options, record)

        return take

    async def deliver(self, source: Source, options: StreamOptions, record: ForeignRecord) -> None:
        """Give the ingest one record, under the key of its place. StoreUnavailable: not stored."""
        delivery, key = delivery_of(record, source, options, self._now), key_of(record)
        try:
            if len(record.value) > MOST_BYTES:
                raise Unreadable(f"a record of {len(record.value)} bytes: only its beginning is kept")
            answer = await self._ingest.accept(source, delivery, key)
        except Unreadable as wrong:
            cut = dataclasses.replace(delivery, body=delivery.body[:KEPT_BYTES])
            answer = await self._ingest.refuse(source, cut, wrong, key)
        metrics.DELIVERIES.labels(source.id, answer.kind).inc()
