"""Files that are taken in: what is known of each while it is worked on, and the file and its rejects under seal."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from services.calls.leads.lines import FIELDS, NEEDED, Kind, Reject, kept_columns, named_columns, proposed
from services.calls.leads.sheets import neutral, rows_of
from shared.codec import encode
from shared.engine.moving import Keep
from shared.kernel import Rejected
from shared.ports import Blobs, Documents, Put, Refused, every
from shared.vault import KeyDestroyed, Vault

IMPORTS, REJECTS = "imports", "import_rejects"
COMPANY = "company"
"""Whose key seals files that are no partner's."""
PART = 500
"""Lines that are taken in at once: all of them, or they are taken in again."""
Standing = Literal["waiting", "running", "done", "failed"]


class Import(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file that is taken in.

    `target`: the list of leads, the partner, or the scope of a do-not-call list. `columns`: field -> the heading of its
    column, or its place from 1: nothing of a customer's line stands there. `done` of `lines` are taken in; of them
    `new`, `known` before, `duplicates` within the file, and `rejected`. `file`: the digest of the sealed file; `lease`:
    until when the worker that has it is believed; `cause`: why it failed.
    """

    id: str
    kind: Kind
    target: str
    partner: str
    country: str
    zone: str
    columns: dict[str, str]
    file: str
    asked_at: datetime
    by: str
    encoding: str | None = None
    standing: Standing = "waiting"
    lines: int = 0
    done: int = 0
    new: int = 0
    known: int = 0
    duplicates: int = 0
    rejected: int = 0
    lease: datetime | None = None
    attempts: int = 0
    ended_at: datetime | None = None
    cause: str = ""


_decode = msgspec.json.Decoder(Import).decode
_rejects = msgspec.json.Decoder(list[Reject]).decode


def fields_of(one: Import) -> dict[str, str | int | None]:
    """Found by standing, and by what they are taken into."""
    return {"standing": one.standing, "target": f"{one.kind}:{one.target}"}


INDEXES = ("standing", "target")
KEEPS = (Keep(IMPORTS, INDEXES, lambda body: fields_of(_decode(body))), Keep(REJECTS))


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a file looks like before it is taken in: what its columns are called, what they seem to be, its lines.

    `headings`: the file has them; else columns are called by their places, from 1. `fields`: what a column can be, of
    which those `needed` have to be told.
    """

    header: list[str]
    headings: bool
    columns: dict[str, str]
    lines: int
    fields: tuple[str, ...]
    needed: tuple[str, ...]


def head_of(content: bytes, kind: Kind, encoding: str | None) -> Head:
    """Read the file through. Rejected as `rows_of` does."""
    called, rows = named_columns(rows_of(content, encoding))
    return Head(
        header=called.names,
        headings=called.headings,
        columns=proposed(kind, called.names),
        lines=sum(1 for _ in rows),
        fields=FIELDS[kind],
        needed=NEEDED[kind],
    )


def part_id(import_id: str, part: int) -> str:
    """Where the rejects of a part lie."""
    return f"{import_id}|{part:08}"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why lines were rejected: of which column, how many, and the first of them. What stood there is not told."""

    column: str
    reason: str
    lines: int
    first: int


class Imports:
    """The documents. Every change is conditional: Refused where somebody else was first."""

    def __init__(self, documents: Documents, blobs: Blobs, vault: Vault) -> None:
        self._documents = documents
        self._blobs = blobs
        self._vault = vault

    async def ask(self, content: bytes, asked: Import, columns: Mapping[str, str] | None) -> Import:
        """Have a file taken in; without `columns`, by those that its header proposes.

        The same file for the same target is the same import: it is answered with what it has come to, and tried again
        only where it failed. Rejected where the file can't be read, or its columns are not understood.
        """
        head = await asyncio.to_thread(head_of, content, asked.kind, asked.encoding)
        told = kept_columns(asked.kind, head.header, columns or head.columns)
        key = encode([asked.kind, asked.target, asked.country, asked.zone, asked.encoding, sorted(told.items())])
        id_ = await asyncio.to_thread(lambda: hashlib.sha256(key + b"\n" + content).hexdigest()[:32])
        known = await self.get(id_)
        if known is not None and known[1].standing != "failed":
            return known[1]
        month = await self._vault.month_key(asked.partner or COMPANY, f"{asked.asked_at:%Y-%m}")
        sealed = await asyncio.to_thread(month.seal, content, id_.encode())
        one = msgspec.structs.replace(asked, id=id_, columns=told, lines=head.lines, file=await self._blobs.put(sealed))
        try:
            await self.put(known[0] if known else 0, one)
        except Refused:
            again = await self.get(id_)
            if again is None:
                raise
            return again[1]
        return one

    async def get(self, import_id: str) -> tuple[int, Import] | None:
        """An import with its revision."""
        found = (await self._documents.get(IMPORTS, [import_id])).get(import_id)
        return None if found is None else (found.revision, _decode(found.body))

    async def of(self, kind: Kind, target: str) -> list[Import]:
        """Those of a target, the newest first."""
        found = [_decode(s.body) async for s in every(self._documents, IMPORTS, {"target": f"{kind}:{target}"})]
        return sorted(found, key=lambda one: (one.asked_at, one.id), reverse=True)

    async def all(self, kind: Kind | None = None) -> list[tuple[str, Import]]:
        """Every one, or those of a kind, the newest first, each with its place among them. There are some hundreds a
        year, so they are read whole."""
        read = [_decode(stored.body) async for stored in every(self._documents, IMPORTS)]
        found = [(f"{one.asked_at.isoformat()}|{one.id}", one) for one in read if kind in (None, one.kind)]
        return sorted(found, key=lambda pair: pair[0], reverse=True)

    async def unfinished(self) -> list[tuple[int, Import]]:
        """Those that wait, and those that somebody has begun."""
        found: list[tuple[int, Import]] = []
        for standing in ("running", "waiting"):
            page = await self._documents.find(IMPORTS, {"standing": standing})
            found += [(stored.revision, _decode(stored.body)) for stored in page.items]
        return sorted(found, key=lambda pair: (pair[1].asked_at, pair[1].id))

    async def put(self, revision: int, one: Import) -> int:
        """Write it in place of that revision; the new one."""
        await self._documents.put(IMPORTS, [Put(one.id, revision, encode(one), fields_of(one))])
        return revision + 1

    async def content(self, one: Import) -> bytes:
        """The file. Rejected with `destroyed` where the key of its month is gone."""
        sealed = await self._blobs.get(one.file)
        if sealed is None:
            raise Rejected("not_kept", "The file is not kept.")
        return await self._open(sealed, one.id)

    # Rejects

    async def reject(self, one: Import, part: int, rejects: Sequence[Reject]) -> None:
        """Keep the rejects of a part of the file, in place of those that an earlier attempt found there."""
        if not rejects:
            return
        try:
            month = await self._vault.month_key(one.partner or COMPANY, f"{one.asked_at:%Y-%m}")
            sealed = month.seal(encode(rejects), one.id.encode())
        except KeyDestroyed:
            raise _destroyed() from None
        await self._documents.put(REJECTS, [Put(part_id(one.id, part), None, sealed)])

    async def rejects(self, one: Import) -> bytes:
        """The file of rejects, CSV: line, column, reason, and what stood there, so that no program computes it."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("line", "column", "reason", "value"))
        async for reject in self._rejected(one):
            writer.writerow((reject.line, neutral(reject.column), reject.reason, neutral(reject.value)))
        return text.getvalue().encode()

    async def reasons(self, one: Import) -> list[Reason]:
        """Why lines were rejected, the most frequent reason first."""
        found: dict[tuple[str, str], list[int]] = {}
        async for reject in self._rejected(one):
            found.setdefault((reject.column, reject.reason), []).append(reject.line)
        told = [
            Reason(column=column, reason=reason, lines=len(lines), first=min(lines))
            for (column, reason), lines in found.items()
        ]
        return sorted(told, key=lambda each: (-each.lines, each.first))

    async def _rejected(self, one: Import) -> AsyncIterator[Reject]:
        """In the order of the file."""
        parts = [part_id(one.id, part) for part in range(-(-one.lines // PART) or 1)]
        found = await self._documents.get(REJECTS, parts)
        for part in sorted(found):
            for reject in _rejects(await self._open(found[part].body, one.id)):
                yield reject

    async def _open(self, sealed: bytes, place: str) -> bytes:
        ring = await self._vault.keyring([sealed])
        try:
            return await asyncio.to_thread(ring.open, sealed, place.encode())
        except KeyDestroyed:
            raise _destroyed() from None


def _destroyed() -> Rejected:
    return Rejected("destroyed", "The month's key was destroyed after its time: it can't be read again.")
