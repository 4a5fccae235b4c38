"""Watched folders: a file that lies whole in the folder of a source is taken as a delivery of it.

`<drops>/<source>/` is watched for every source that has one; an SFTP server that writes there is a transport of ours. A
file is whole when two looks find it with the same size and time; names that begin with a dot, and those of files still
on their way (`.part`, `.tmp`, `.filepart`), wait until they are renamed.

Step by step: read, store, write the verdict beside where the file will lie, move it to `done/` or `failed/`. Whoever
dies between two steps has stored the file or has not; it still lies where it was, and is taken again: its content is
its key, so that it counts once.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import stat
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from services.calls.doors.ingest import TooLarge
from services.calls.doors.sources import Source, Sources
from services.calls.doors.uploads import Filed, Uploads
from services.calls.tracker.intake import DELIVERIES, DeliveryNote, delivery_verdict, note_id
from shared import metrics
from shared.clock import Clock
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.faults import reach
from shared.ports import Bus, Documents, StoreUnavailable

log = logging.getLogger(__name__)

DONE, FAILED = "done", "failed"
ON_THE_WAY = (".part", ".tmp", ".filepart", ".uploading", ".crdownload")
SETTLES_S = 5.0
"""How long the verdict on the items is waited for; it is `stored` until then."""
LOOK_S = 0.1
MOST_NAME = 180
"""Bytes of a file's name, counted from its end, that it keeps when it is put away: more is put before and behind."""
_note = msgspec.json.Decoder(DeliveryNote).decode


class DropOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the connector is told of every file: `options.files` of the source."""

    meta: dict[str, Any] = {}


class Seen(NamedTuple):
    """A file at one look: another one under the same name is another file."""

    inode: int
    size: int
    changed: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What lies beside a file that was taken. `file` is its name, as far as that is UTF-8. `verdict` is that of the
    whole: `stored` where its items were not settled yet, `duplicate` where it was known already; `items` are counted by
    verdict."""

    file: str
    sha256: str
    bytes: int
    at: str
    verdict: str
    delivery: str = ""
    items: dict[str, int] = {}
    reason: str | None = None


class Drops:
    """The folders below `root`. One look at a time."""

    def __init__(
        self, root: Path, sources: Sources, uploads: Uploads, documents: Documents, bus: Bus, limit: int, now: Clock
    ) -> None:
        self._root = root
        self._sources = sources
        self._uploads = uploads
        self._documents = documents
        self._bus = bus
        self._limit = limit
        self._now = now
        self._seen: dict[Path, Seen] = {}
        self._stuck: dict[Path, Seen] = {}

    async def step(self) -> int:
        """Look at every folder once, and take what is whole; how many files. A folder that can't be read, or takes
        nothing, holds up no other: its partner may write into it what they like."""
        taken, seen = 0, dict[Path, Seen]()
        for source in self._sources.all():
            try:
                files = await asyncio.to_thread(_files, self._root / source.id)
            except OSError as wrong:
                log.warning("the folder of %s can't be read: %s", source.id, type(wrong).__name__)
                continue
            for path, now in files.items():
                seen[path] = now
                if self._seen.get(path) != now or self._stuck.get(path) == now:
                    continue
                try:
                    taken += await self._take(source, path, now)
                except OSError as wrong:
                    # It may be stored: taken again at every look, it would only fill the log.
                    log.error("a file of %s can't be put away: %s", source.id, type(wrong).__name__)
                    self._stuck[path] = now
        self._seen = seen
        self._stuck = {path: at for path, at in self._stuck.items() if seen.get(path) == at}
        return taken

    async def _take(self, source: Source, path: Path, seen: Seen) -> bool:
        if seen.size > self._limit:
            digest = hashlib.sha256(os.fsencode(path.name) + f" {seen}".encode()).hexdigest()
            reason = f"more than {self._limit} bytes"
            return await asyncio.to_thread(self._put_away, path, self._verdict(path, digest, seen, reason=reason))
        content = await asyncio.to_thread(_content, path, seen)
        if content is None:
            return False  # somebody writes to it after all, or took it away
        digest = hashlib.sha256(content).hexdigest()
        try:
            meta = msgspec.convert(source.settings.options.get("files", {}), DropOptions).meta
            filed = await self._uploads.take(source, content, meta)
        except msgspec.ValidationError as wrong:
            log.warning("the files of %s are left: options.files: %s", source.id, wrong)
            return False
        except TooLarge:
            filed = Filed("", unreadable="too large after decompression")
        except StoreUnavailable:
            return False  # it lies there until the store is back
        reach("drops.stored")
        metrics.DELIVERIES.labels(source.id, "invalid" if filed.unreadable else "accepted").inc()
        verdict = self._verdict(path, digest, seen, filed.delivery, filed.unreadable)
        if filed.unreadable is None:
            verdict = await self._settled(verdict, filed)
        return await asyncio.to_thread(self._put_away, path, verdict)

    def _verdict(self, path: Path, digest: str, seen: Seen, delivery: str = "", reason: str | None = None) -> Verdict:
        return Verdict(
            file=os.fsencode(path.name).decode(errors="replace"),
            sha256=digest,
            bytes=seen.size,
            at=self._now().isoformat(),
            verdict="invalid" if reason else "stored",
            delivery=delivery,
            reason=reason,
        )

    async def _settled(self, verdict: Verdict, filed: Filed) -> Verdict:
        """With what became of the items, if that is known soon."""
        ids = [note_id(filed.delivery, partition) for partition in range(self._bus.partitions(TELEPHONY_TOPIC))]
        until = asyncio.get_running_loop().time() + SETTLES_S
        while asyncio.get_running_loop().time() < until:
            notes = [_note(stored.body) for stored in (await self._documents.get(DELIVERIES, ids)).values()]
            if (whole := delivery_verdict(notes)) is not None:
                items = Counter(one for note in notes for one in note.verdicts.values())
                return msgspec.structs.replace(verdict, verdict=whole, items=dict(sorted(items.items())))
            await asyncio.sleep(LOOK_S)
        return verdict

    @staticmethod
    def _put_away(path: Path, verdict: Verdict) -> bool:
        """The verdict first, then the file: a file in `done/` has one, whenever one looks."""
        folder = path.parent / (FAILED if verdict.verdict == "invalid" else DONE)
        folder.mkdir(exist_ok=True)
        target = folder / f"{verdict.sha256[:12]}.{os.fsdecode(os.fsencode(path.name)[-MOST_NAME:])}"
        told = folder / f"{target.name}.verdict.json"
        if not told.exists():  # the first word on it: it was taken again after somebody died here
            _write(told, msgspec.json.format(msgspec.json.encode(verdict), indent=1))
        reach("drops.told")
        try:
            path.rename(target)
        except FileNotFoundError:  # another process has moved it
            return False
        _sync(folder)
        _sync(path.parent)
        return True


def _files(folder: Path) -> dict[Path, Seen]:
    """Plain files that are not on their way. None where there is no folder; links are not followed."""
    found = {}
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(".") or name.endswith(ON_THE_WAY) or not entry.is_file(follow_symlinks=False):
                continue
            with contextlib.suppress(FileNotFoundError):
                found[folder / name] = _seen(entry.stat(follow_symlinks=False))
    return dict(sorted(found.items()))


def _seen(found: os.stat_result) -> Seen:
    return Seen(found.st_ino, found.st_size, found.st_mtime_ns)


def _content(path: Path, seen: Seen) -> bytes | None:
    """What the file holds; None when it is not the one that was seen any more."""
    try:
        place = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(place, "rb") as file:
        if not stat.S_ISREG(os.fstat(place).st_mode) or _seen(os.fstat(place)) != seen:
            return None
        content = file.read(seen.size + 1)
        return content if _seen(os.fstat(place)) == seen and len(content) == seen.size else None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _sync(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
