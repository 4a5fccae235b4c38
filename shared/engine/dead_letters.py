"""What could not be handled, with its cause and its payload: kept, listed, and sent again after the fix, or
dismissed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from shared import metrics
from shared.codec import encode
from shared.engine.moving import Keep, Move
from shared.ports import Documents, Put, Refused

COLLECTION = "dead_letters"
CLAIM_LASTS = timedelta(minutes=1)
KINDS = ("delivery", "item", "record", "event", "notice")
MEASURED, MOST_MEASURED = 500, 2_000
"""Letters that are read at once, and in all, to count them, oldest first: beyond that there are many, and it shows."""
Settled = Literal["waiting", "retried", "destroyed"]
"""What a letter that was to be sent again has become; `destroyed`: with its month's key, so that nobody can open it."""
CLOSED = ("retried", "destroyed", "dismissed")
"""In these states nobody has to look at a letter any more."""
INDEXES = ("kind", "source", "at", "state")


class Dismissal(msgspec.Struct, frozen=True):
    """Who said that a letter is not to be sent again, when, and why."""

    by: str
    at: datetime
    reason: str


class DeadLetter(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One of them. `kind`: `delivery` (ingest could not read it), `item` (the tracker), `record` (it found no item in a
    record of its topic), `event` (a process manager), `notice` (a provider's message that moves no order).

    `payload` is what was sent, sealed where it holds personal data; `context` is what a retry needs beside it.
    """

    id: str
    kind: str
    source: str
    at: datetime
    cause: str
    payload: bytes
    context: dict[str, Any] = {}
    retries: int = 0
    state: str = "waiting"
    retried_at: datetime | None = None
    dismissal: Dismissal | None = None


class DeadLetters:
    """The dead letters of one service."""

    def __init__(self, service: str, documents: Documents) -> None:
        self._service = service
        self._documents = documents
        self._shown: set[tuple[str, str]] = set()
        for kind in KINDS:
            metrics.DEAD_LETTERS.labels(service, kind)
        for state in CLOSED:
            metrics.CLOSED_LETTERS.labels(service, state)

    async def declare(self) -> None:
        """The collection is there."""
        await self._documents.declare(COLLECTION, INDEXES)

    async def add(self, letters: list[DeadLetter]) -> None:
        """Durable on return. An id that is there already stays as it is: the input came a second time."""
        try:
            await self._documents.put(COLLECTION, [self._put(letter, 0) for letter in letters])
        except Refused:
            return
        for letter in letters:
            metrics.DEAD_LETTERS.labels(self._service, letter.kind).inc()

    async def measure(self, now: datetime) -> None:
        """Tell the metrics what waits, by kind and by reason, and for how long. StoreUnavailable."""
        waiting: Counter[tuple[str, str]] = Counter()
        oldest: datetime | None = None
        cursor: str | None = None
        while True:
            page = await self._documents.find(
                COLLECTION, {"state": "waiting"}, order="at", limit=MEASURED, cursor=cursor
            )
            for stored in page.items:
                letter = msgspec.json.decode(stored.body, type=DeadLetter)
                waiting[letter.kind, reason_of(letter.cause)] += 1
                oldest = oldest or letter.at
            cursor = page.next
            if cursor is None or waiting.total() >= MOST_MEASURED:
                break
        for gone in self._shown - waiting.keys():
            metrics.WAITING_LETTERS.remove(self._service, *gone)
        self._shown = set(waiting)
        for (kind, reason), n in waiting.items():
            metrics.WAITING_LETTERS.labels(self._service, kind, reason).set(n)
        metrics.LETTERS_AGE.labels(self._service).set((now - oldest).total_seconds() if oldest else 0)

    async def get(self, id_: str) -> DeadLetter | None:
        """One of them, or None."""
        found = await self._documents.get(COLLECTION, [id_])
        return msgspec.json.decode(found[id_].body, type=DeadLetter) if found else None

    async def list(
        self, state: str | None = "waiting", source: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> tuple[list[DeadLetter], str | None]:
        """Newest first."""
        equal = {name: value for name, value in (("state", state), ("source", source)) if value is not None}
        page = await self._documents.find(COLLECTION, equal, order="at", descending=True, limit=limit, cursor=cursor)
        return [msgspec.json.decode(stored.body, type=DeadLetter) for stored in page.items], page.next

    async def claim(self, id_: str, at: datetime) -> DeadLetter | None:
        """Take one to send it again; None when somebody else has, or did. A claim whose owner died is over after a
        minute."""

        def take(letter: DeadLetter) -> None:
            letter.state, letter.retried_at, letter.retries = "sending", at, letter.retries + 1

        return await self._change(id_, at, take)

    async def dismiss(self, id_: str, dismissal: Dismissal) -> DeadLetter | None:
        """Close one that is not to be sent again; None when it waits no more, or is being sent now."""

        def close(letter: DeadLetter) -> None:
            letter.state, letter.dismissal = "dismissed", dismissal

        closed = await self._change(id_, dismissal.at, close)
        if closed is not None:
            metrics.CLOSED_LETTERS.labels(self._service, closed.state).inc()
        return closed

    async def _change(self, id_: str, at: datetime, change: Callable[[DeadLetter], None]) -> DeadLetter | None:
        """The letter as changed, if it waits and nobody else changes it."""
        found = (await self._documents.get(COLLECTION, [id_])).get(id_)
        if found is None:
            return None
        letter = msgspec.json.decode(found.body, type=DeadLetter)
        over = letter.state == "sending" and letter.retried_at is not None and at - letter.retried_at > CLAIM_LASTS
        if letter.state != "waiting" and not over:
            return None
        change(letter)
        try:
            await self._documents.put(COLLECTION, [self._put(letter, found.revision)])
        except Refused:
            return None
        return letter

    async def settle(self, letter: DeadLetter, became: Settled) -> None:
        """A claimed one was sent again (if it fails once more, it comes back under another id), waits still, or can't
        be opened any more."""
        letter.state = became
        await self._documents.put(COLLECTION, [self._put(letter, None)])
        if became in CLOSED:
            metrics.CLOSED_LETTERS.labels(self._service, became).inc()

    @staticmethod
    def _put(letter: DeadLetter, revision: int | None) -> Put:
        return Put(letter.id, revision, encode(letter), _fields(letter))


def reason_of(cause: str) -> str:
    """The class of a cause, of which there are few: what follows it may be anything, and no label can hold that."""
    found = re.match(r"[A-Z][A-Za-z]+(?=: |$)", cause)
    return found[0] if found else "other"


def _fields(letter: DeadLetter) -> dict[str, str | int | None]:
    return {
        "kind": letter.kind,
        "source": letter.source,
        "at": round(letter.at.timestamp() * 1000),
        "state": letter.state,
    }


def fields_of(body: bytes) -> Mapping[str, str | int | None]:
    """Of a letter as it is stored."""
    return _fields(msgspec.json.decode(body, type=DeadLetter))


def without_place(id_: str, body: bytes, move: Move) -> Iterable[tuple[str, bytes]]:
    """An event is sent again from the letter itself; the place that it had says nothing in another log."""
    letter = msgspec.json.decode(body, type=DeadLetter)
    if letter.kind == "event":
        letter.context = {}
    return ((id_, encode(letter)),)


KEEP = Keep(COLLECTION, INDEXES, fields_of, without_place)
