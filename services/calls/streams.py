"""Partners' own Kafka topics: each record is a delivery of its source, authentic because we went there to fetch it.

A source is read this way when its settings say so: `options: {"kafka": {"bootstrap", "topic", "group"}}`. The store
being away makes a stream wait; a record that nobody can read goes to the dead letters and holds up nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from urllib.parse import quote

import msgspec

from services.calls.connectors.base import Delivery, Unreadable
from services.calls.ingest import Ingest
from services.calls.sources import Source, Sources
from shared import metrics
from shared.clock import Clock
from shared.engine.streams import Connect, ForeignRecord, Place, Stream, Take
from shared.ports import StoreUnavailable

log = logging.getLogger(__name__)

EVERY_S = 1.0
"""How often we look whether sources and streams still agree."""
AGAIN_S = 10.0
"""How long a stream is left alone that could not be opened, and how often the others are asked whether they live."""
MOST_BYTES = 4 << 20
"""A larger record is refused; of its content the beginning is kept."""
KEPT_BYTES = 1 << 16
_PRINTABLE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


class StreamOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the topic is, and as which group it is read. `meta` is what the connector is told of every record."""

    bootstrap: str
    topic: str
    group: str
    meta: dict[str, str] = {}

    @property
    def place(self) -> Place:
        """Where it is read."""
        return Place(self.bootstrap, self.topic, self.group)


def options_of(source: Source) -> StreamOptions | None:
    """How the source is read; None if it delivers by itself. ValueError when its options are not as they must be."""
    given = source.settings.options.get("kafka")
    if given is None:
        return None
    try:
        return msgspec.convert(given, StreamOptions)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"options.kafka: {wrong}") from wrong


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


@dataclasses.dataclass
class _Open:
    """How a source is read, its stream (None: it could not be opened), and when we last asked after it."""

    options: StreamOptions
    stream: Stream | None
    looked_at: float


class Streams:
    """Keeps a stream open for each source that has one, and hands its records to the ingest."""

    def __init__(self, sources: Sources, ingest: Ingest, connect: Connect, now: Clock) -> None:
        self._sources = sources
        self._ingest = ingest
        self._connect = connect
        self._now = now
        self._open: dict[str, _Open] = {}
        self._complained: dict[str, str] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Until told to stop: streams come and go with the settings of their sources."""
        try:
            while not stopping.is_set():
                await self.step()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), EVERY_S)
        finally:
            await asyncio.gather(*(self._close(source_id) for source_id in list(self._open)))

    async def step(self) -> None:
        """Open what is missing, close what is not wanted any more, and ask after those that are open."""
        wanted = self._wanted()
        gone = [source_id for source_id, held in self._open.items() if wanted.get(source_id) != held.options]
        await asyncio.gather(*(self._close(source_id) for source_id in gone))
        await asyncio.gather(*(self._keep(source_id, options) for source_id, options in wanted.items()))

    def _wanted(self) -> dict[str, StreamOptions]:
        found = {}
        for source in self._sources.all():
            try:
                options = options_of(source)
            except ValueError as wrong:
                self._complain(source.id, str(wrong))
            else:
                if options is not None:
                    found[source.id] = options
        return found

    async def _keep(self, source_id: str, options: StreamOptions) -> None:
        now = asyncio.get_running_loop().time()
        held = self._open.get(source_id)
        if held is not None and now - held.looked_at < AGAIN_S:
            return
        if held is not None and held.stream is not None:
            held.looked_at = now
            metrics.PARTNER_STREAMS.labels(source_id).set(await held.stream.reachable())
            return
        stream = self._connect(options.place, self._taking(source_id, options))
        held = self._open[source_id] = _Open(options, None, now)
        try:
            await stream.open()
        except StoreUnavailable as away:
            self._complain(source_id, str(away))
            metrics.PARTNER_STREAMS.labels(source_id).set(0)
        else:
            held.stream = stream
            self._complained.pop(source_id, None)
            metrics.PARTNER_STREAMS.labels(source_id).set(1)

    async def _close(self, source_id: str) -> None:
        held = self._open.pop(source_id)
        metrics.PARTNER_STREAMS.remove(source_id)
        if held.stream is not None:
            await held.stream.close()

    def _complain(self, source_id: str, what: str) -> None:
        """Once for each thing that is wrong, not every second."""
        if self._complained.get(source_id) != what:
            self._complained[source_id] = what
            log.warning("the stream of source %s is not read: %s", source_id, what)

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
