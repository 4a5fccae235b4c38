"""The commits of one service, in MongoDB: a document a commit, whose id is the lock on its version.

A stream never has a gap: commits are never deleted, a commit is inserted only when the one before it was seen, and its
id can be inserted once. Nobody who comes in between can undo what was seen. An election cannot either: it takes back
the latest of what is not yet on a majority, so never a commit without those that came after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pymongo
from pymongo import UpdateOne
from pymongo.errors import DuplicateKeyError

from shared.adapters.mongo.contents import LARGEST
from shared.adapters.mongo.database import Collection, Content, Index, MongoDatabase
from shared.adapters.times import at_microseconds, microseconds
from shared.ports import CommandKnown, Commit, Marked, VersionConflict

# Most streams are shorter: they are loaded in one round trip.
FIRST_LOAD = 50
NEXT_LOADS = 1000

INDEXES = {
    "command": Index(("stream", "command_id"), unique=True),
    "waiting": Index(("number", "place", "_id")),
}
# Made when all is asked for at once, which a system that works never does.
HISTORY = {"history": Index(("stream", "version"))}


class MongoEventStore:
    """EventStore of `service`. ValueError for a commit of more than 16 MB."""

    def __init__(self, database: MongoDatabase, service: str) -> None:
        self._database = database
        self._name = f"commits/{service}"

    async def append(self, commit: Commit) -> None:
        """See the port."""
        if len(commit.events) > LARGEST:
            raise ValueError("a commit is larger than the store takes")
        await self._database.carry_through(self._append(commit))

    async def load(self, stream: str, after: int = 0) -> list[Commit]:
        """See the port."""
        commits: list[Commit] = []
        with self._database.answers():
            count = FIRST_LOAD
            while True:
                wanted = [_id(stream, version) for version in range(after + 1, after + 1 + count)]
                found = {each["_id"]: each for each in await self._read(wanted)}
                for id_ in wanted:
                    # A search is not one moment: it can find a commit and have missed the one before it.
                    if id_ not in found:
                        return commits
                    commits.append(_commit(found[id_]))
                after += count
                count = NEXT_LOADS

    async def unnumbered(self, limit: int) -> list[Commit]:
        """See the port. The oldest of all streams come first."""
        with self._database.answers():
            oldest = [("place", pymongo.ASCENDING), ("_id", pymongo.ASCENDING)]
            waiting = self._commits().find({"number": None}, sort=oldest, limit=limit, batch_size=limit + 1)
            found = await waiting.to_list()
            return [_commit(each) for each in await self._without_gaps(found)]

    async def mark(self, published: Mapping[tuple[str, int], int]) -> None:
        """See the port."""
        await self._database.carry_through(self._mark(published))

    async def history(self, after: tuple[str, int], limit: int) -> list[Marked]:
        """See the port."""
        await self._database.carry_through(self._database.ensure(self._name, HISTORY))
        stream, version = after
        behind = {"$or": [{"stream": {"$gt": stream}}, {"stream": stream, "version": {"$gt": version}}]}
        order = [("stream", pymongo.ASCENDING), ("version", pymongo.ASCENDING)]
        with self._database.answers():
            found = await self._commits().find(behind, sort=order, limit=limit, batch_size=limit + 1).to_list()
        return [Marked(_commit(each), each["number"]) for each in found]

    async def _append(self, commit: Commit) -> None:
        # Without its unique index a collection would take a command twice.
        await self._database.ensure_once(self._name, INDEXES)
        with self._database.answers():
            commits = self._commits()
            place = await self._place(commits, commit)
            if place is not None:
                try:
                    await commits.insert_one(_content(commit, place))
                except DuplicateKeyError:
                    pass  # the version is taken, or the command known: the server need not say which
                else:
                    return
            # A command that comes again has read an old version as a rule, and wants its first answer, not a conflict.
            known = await commits.find_one({"stream": commit.stream, "command_id": commit.command_id}, {"version": 1})
        raise CommandKnown(known["version"]) if known else VersionConflict(_id(commit.stream, commit.version))

    async def _place(self, commits: Collection, commit: Commit) -> int | None:
        """Where the commit stands among those that wait for their number: by its time (µs), but behind the one before
        it, whatever the clocks of two processes say. None when there is none before it."""
        time = microseconds(commit.recorded_at)
        if commit.version == 1:
            return time
        before = await commits.find_one({"_id": _id(commit.stream, commit.version - 1)}, {"place": 1})
        return None if before is None else max(time, before["place"] + 1)

    async def _without_gaps(self, found: Sequence[Content]) -> list[Content]:
        """Those of `found` that have no unnumbered commit before them in their stream but among themselves.

        A search is not one moment: a commit may be written behind the place that it has reached, and the next one of
        the stream before it. The relay would then publish the second first.
        """
        first: dict[str, int] = {}
        for each in found:
            first.setdefault(each["stream"], each["version"])
        before = [_id(stream, version - 1) for stream, version in first.items() if version > 1]
        numbered = {each["_id"] for each in await self._read(before, {"number": 1}) if each["number"] is not None}
        due = {
            stream: version for stream, version in first.items() if version == 1 or _id(stream, version - 1) in numbered
        }
        kept: list[Content] = []
        for each in found:
            if due.get(each["stream"]) == each["version"]:
                due[each["stream"]] += 1
                kept.append(each)
        return kept

    async def _mark(self, published: Mapping[tuple[str, int], int]) -> None:
        # A number is given once and for all by the relay's head document, so it may be written again.
        marks = [
            UpdateOne({"_id": _id(stream, version)}, {"$set": {"number": number}})
            for (stream, version), number in published.items()
        ]
        chunk = self._database.abilities.chunk
        with self._database.answers():
            for start in range(0, len(marks), chunk):
                await self._commits().bulk_write(marks[start : start + chunk], ordered=False)

    async def _read(self, ids: Sequence[str], projection: Mapping[str, int] | None = None) -> Iterable[Content]:
        if not ids:
            return ()
        return await self._commits().find({"_id": {"$in": ids}}, projection, batch_size=len(ids) + 1).to_list()

    def _commits(self) -> Collection:
        return self._database.collection(self._name)


def _id(stream: str, version: int) -> str:
    return f"{stream}@{version}"


def _content(commit: Commit, place: int) -> Content:
    return {
        "_id": _id(commit.stream, commit.version),
        "stream": commit.stream,
        "version": commit.version,
        "events": commit.events,
        "command_id": commit.command_id,
        "actor": commit.actor,
        # The server's own times end at milliseconds.
        "recorded_us": microseconds(commit.recorded_at),
        "place": place,
        "number": None,
    } | ({"trace": commit.trace} if commit.trace else {})


def _commit(found: Mapping[str, Any]) -> Commit:
    return Commit(
        found["stream"],
        found["version"],
        found["events"],
        found["command_id"],
        found["actor"],
        at_microseconds(found["recorded_us"]),
        found.get("trace", ""),
    )
