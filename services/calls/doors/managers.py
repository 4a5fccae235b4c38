"""Asterisk's manager interface over TCP: we sign in, and what it tells is taken like any other delivery.

A source is read this way when its settings say so: `options: {"ami": {"host", "user"}}`, with a credential of the
scheme `ami-secret`. The secret never goes over the wire: the interface's challenge is answered. While nothing comes the
other side is asked whether it lives. What is told while the line is down is lost to us: call detail records, which are
imported beside it, heal those gaps, and both say the same of a call.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import re
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from services.calls.connectors.base import Delivery
from services.calls.doors.followed import Followed
from services.calls.doors.ingest import Ingest
from services.calls.doors.sources import Source, Sources
from shared import metrics
from shared.clock import Clock
from shared.ports import StoreUnavailable

log = logging.getLogger(__name__)

AGAIN_S, LONGEST_S = 1.0, 60.0
"""How long a line is left alone after it broke: twice as long each time in a row, up to a minute."""
CONNECT_S = 10.0
PING_EVERY_S = 15.0
"""How long nothing may come before the other side is asked; once more as long without a word, and it is gone."""
GATHER_S = 0.2
"""How long events are gathered before they are stored together."""
MOST_GATHERED = 500
MOST_BLOCK = 1 << 16
"""A block is some hundred bytes; who sends a larger one speaks something else."""
SCHEME = "ami-secret"
LINE_LOST = "line_lost"
"""As what each break of a line is counted among the deliveries that were not taken."""
_END = b"\r\n\r\n"
_SAFE = re.compile(r"[\x21-\x7e]{1,200}")


class ManagerOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the interface is, and as whom we sign in. `ca` holds the certificates (PEM) that its own comes from, if not
    those that the system trusts. The interface should stamp its events (`timestampevents = yes`)."""

    host: str
    user: str
    port: int = 5038
    tls: bool = False
    ca: str = ""


Lost = Callable[[str, str], None]
"""Counts what a source lost: its id, and how."""


class Broken(Exception):
    """The line is no use any more; the text holds nothing of what came over it."""


@dataclass(frozen=True)
class Line:
    """Where a source's interface is, with the secret."""

    options: ManagerOptions
    secret: str


def line_of(source: Source) -> Line | None:
    """None if the source is not read this way. ValueError when its options are not as they must be."""
    given = source.settings.options.get("ami")
    if given is None:
        return None
    try:
        options = msgspec.convert(given, ManagerOptions)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"options.ami: {wrong}") from wrong
    secrets = source.secrets.by_scheme.get(SCHEME, ())
    if source.settings.connector != "asterisk" or not secrets:
        raise ValueError(f"options.ami: needs the connector asterisk, and a credential {SCHEME} of the source")
    if not _SAFE.fullmatch(options.user) or not 0 < options.port < 65536:
        raise ValueError("options.ami: user or port is not as it must be")
    return Line(options, secrets[-1])


class Managers(Followed[Line]):
    """Keeps a line to each source that has one."""

    what = "manager interface"

    def __init__(self, sources: Sources, ingest: Ingest, now: Clock, lost: Lost) -> None:
        super().__init__(sources)
        self._ingest = ingest
        self._now = now
        self._lost = lost

    def wish(self, source: Source) -> Line | None:
        """Where the source's interface is, with the secret."""
        return line_of(source)

    async def keep(self, source_id: str, wish: Line) -> None:
        """Until cancelled: a line that breaks is opened again."""
        up, wait = metrics.PARTNER_STREAMS.labels(source_id), AGAIN_S
        while True:
            signed_in = False
            try:
                async with asyncio.timeout(CONNECT_S):
                    talk = await _signed_in(wish)
                signed_in, wait = True, AGAIN_S
                self.works(source_id)
                up.set(1)
                try:
                    await self._listen(source_id, talk)
                finally:
                    await talk.close()
            except Exception as wrong:  # whatever it is, the line is gone, and it may be over later
                self.complain(source_id, str(wrong) if isinstance(wrong, Broken) else type(wrong).__name__)
            if signed_in:
                self._lost(source_id, LINE_LOST)
            up.set(0)
            await asyncio.sleep(wait)
            wait = min(LONGEST_S, wait * 2)

    async def _listen(self, source_id: str, talk: Talk) -> None:
        """Store what comes, a few events at a time. Broken when the line is."""
        asked = False
        loop = asyncio.get_running_loop()
        while True:
            try:
                blocks = [await asyncio.wait_for(talk.block(), PING_EVERY_S)]
            except TimeoutError:
                if asked:
                    raise Broken("nothing came for too long") from None
                asked = True
                await talk.say("Ping")
                continue
            asked, until = False, loop.time() + GATHER_S
            broken: Broken | None = None
            while len(blocks) < MOST_GATHERED and (left := until - loop.time()) > 0:
                try:
                    blocks.append(await asyncio.wait_for(talk.block(), left))
                except TimeoutError:
                    break
                except Broken as wrong:  # what came before the break counts
                    broken = wrong
                    break
            await self._store(source_id, [block for block in blocks if block.lstrip().startswith(b"Event:")])
            if broken is not None:
                raise broken

    async def _store(self, source_id: str, events: Sequence[bytes]) -> None:
        """Until it is durable: the line waits meanwhile, and so does the other side."""
        if not events:
            return
        body = b"".join(event + _END for event in events)
        while True:
            source = self._sources.get(source_id)
            if source is None:
                raise Broken("the source can't be served")
            delivery = Delivery("POST", source.settings.public_url, {}, body, self._now(), {"kind": "ami"})
            try:
                answer = await self._ingest.accept(source, delivery)
            except StoreUnavailable:
                await asyncio.sleep(AGAIN_S)
                continue
            metrics.DELIVERIES.labels(source.id, answer.kind).inc()
            return


class Talk:
    """One connection: blocks of lines in both directions."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def block(self) -> bytes:
        """The next block, without the empty line that ends it. Broken. Cancelled, it takes nothing away."""
        try:
            return (await self._reader.readuntil(_END)).removesuffix(_END)
        except asyncio.IncompleteReadError:
            raise Broken("the other side closed the line") from None
        except (asyncio.LimitOverrunError, ValueError):
            raise Broken("a block without an end") from None
        except OSError as wrong:
            raise Broken(type(wrong).__name__) from wrong

    async def say(self, action: str, **fields: str) -> None:
        """Ask for something."""
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self._writer.write("\r\n".join(lines).encode() + _END)
        await self._writer.drain()

    async def answer(self) -> dict[str, str]:
        """The next block that is an answer; events in between are of no interest before we are signed in. Broken."""
        while True:
            lines = (await self.block()).decode("utf-8", "replace").splitlines()
            fields = dict(line.split(": ", 1) for line in lines if ": " in line)
            if "Response" in fields:
                return fields

    async def close(self) -> None:
        """Say nothing more."""
        self._writer.close()
        with contextlib.suppress(OSError, ssl.SSLError, TimeoutError):
            await asyncio.wait_for(self._writer.wait_closed(), CONNECT_S)


async def _signed_in(line: Line) -> Talk:
    """A connection over which events come. Broken when the other side wants nothing of us."""
    options = line.options
    tls = ssl.create_default_context(cadata=options.ca or None) if options.tls else None
    reader, writer = await asyncio.open_connection(options.host, options.port, ssl=tls, limit=MOST_BLOCK)
    talk = Talk(reader, writer)
    try:
        # The banner ("Asterisk Call Manager/…") ends with one line end and so begins the first block.
        await talk.say("Challenge", AuthType="MD5")
        challenge = (await talk.answer()).get("Challenge", "")
        if not challenge:
            raise Broken("it has no challenge")
        # The interface knows no better digest; the secret itself stays here.
        key = hashlib.md5(f"{challenge}{line.secret}".encode(), usedforsecurity=False).hexdigest()
        await talk.say("Login", AuthType="MD5", Username=options.user, Key=key, Events="on")
        if (await talk.answer())["Response"] != "Success":
            raise Broken("it does not let us in")
    except BaseException:
        await talk.close()
        raise
    return talk
