"""A database on a MongoDB server: the client, what the server can do, and what becomes of the driver's errors."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TypeVar

import pymongo
from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConnectionFailure, PyMongoError

from shared.ports import StoreUnavailable

T = TypeVar("T")
Content = dict[str, Any]
Collection = AsyncCollection[Content]

OLDEST = (4, 4)
TIMEOUT = 10.0
PING_TIMEOUT = 2.0
CHUNK = 1000
# FerretDB 1 never answers an update of some hundred documents.
FERRETDB_CHUNK = 20
# An index over many documents that are there already takes its time, and given up half-way it would begin anew.
BUILD_TIMEOUT = 600.0


class Abilities(NamedTuple):
    """What a server can do. `chunk`: so many writes in one command. `plans`: a search by more fields than an index
    has still uses it; where it does not, a condition on id and revision needs an index of exactly these two."""

    chunk: int
    plans: bool


class Index(NamedTuple):
    """An index by its ascending fields."""

    fields: Sequence[str]
    unique: bool = False


class MongoDatabase:
    """The database `name` behind `url`, for the event loop in which it is opened.

    No call takes longer than `timeout` seconds, but for the building of an index. `chunk` is the number of writes in
    one command; None: what the server is known to bear.
    """

    def __init__(self, url: str, name: str, *, timeout: float = TIMEOUT, chunk: int | None = None) -> None:
        self._url = url
        self._name = name
        self._timeout = timeout
        self._chunk = chunk
        self._client: AsyncMongoClient[Content] | None = None
        self._indexed: set[str] = set()
        self.abilities = Abilities(chunk or CHUNK, plans=True)

    async def open(self) -> None:
        """Connect and see what the server can do. StoreUnavailable when it does not answer, ValueError when it is too
        old."""
        self._client = AsyncMongoClient(
            self._url,
            appname="tallyline",
            timeoutMS=round(self._timeout * 1000),
            # What was acknowledged, and what was read, is never taken back by an election.
            w="majority",
            journal=True,
            readConcernLevel="majority",
            readPreference="primary",
        )
        try:
            with self.answers():
                build = await self._client.admin.command("buildInfo")
            if tuple(build["versionArray"]) < OLDEST:
                raise ValueError(f"the server is MongoDB {build['version']}, older than 4.4")
        except BaseException:
            await self.close()
            raise
        self.abilities = abilities_of(build, self._chunk)

    async def close(self) -> None:
        """Idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def ping(self) -> None:
        """StoreUnavailable when the server does not answer soon."""
        if self._client is None:
            raise StoreUnavailable("the database is closed")
        with self.answers(PING_TIMEOUT):
            await self._client.admin.command("ping")

    def collection(self, name: str) -> Collection:
        """StoreUnavailable when the database is not open."""
        if self._client is None:
            raise StoreUnavailable("the database is closed")
        return self._client[self._name][name]

    @contextmanager
    def answers(self, timeout: float | None = None) -> Iterator[None]:
        """All that is asked of the server within takes at most `timeout` seconds together (None: the database's).
        StoreUnavailable for every error of the driver that comes out."""
        try:
            with pymongo.timeout(timeout or self._timeout):
                yield
        except PyMongoError as error:
            # Not `from error`: the answer of a server quotes what was to be written.
            raise unavailable(error) from None

    async def carry_through(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which is finished also when the caller goes away meanwhile: broken off between two
        commands it would be half done, and broken off within one it would cost the connection."""
        task = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            while not task.done():
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # nobody else asks for it
            raise

    async def indexes(self, collection: str) -> set[str]:
        """The names of the indexes that are there."""
        with self.answers():
            return set(await self.collection(collection).index_information())

    async def ensure(self, collection: str, indexes: Mapping[str, Index]) -> set[str]:
        """Create the indexes that are missing; the names of all."""
        existing = await self.indexes(collection)
        missing = [
            IndexModel([(field, pymongo.ASCENDING) for field in index.fields], name=name, unique=index.unique)
            for name, index in indexes.items()
            if name not in existing
        ]
        if missing:
            with self.answers(BUILD_TIMEOUT):
                await self.collection(collection).create_indexes(missing)
        return existing | indexes.keys()

    async def ensure_once(self, collection: str, indexes: Mapping[str, Index]) -> None:
        """As `ensure`, but only the first time that it is asked."""
        if collection not in self._indexed:
            await self.ensure(collection, indexes)
            self._indexed.add(collection)


def unavailable(error: PyMongoError) -> StoreUnavailable:
    """The failure in the words of the ports, without anything of what was to be written."""
    code = getattr(error, "code", None)
    said = str(error) if isinstance(error, ConnectionFailure) else f"code {code}"
    return StoreUnavailable(f"{type(error).__name__}: {said}")


def abilities_of(build: Mapping[str, Any], chunk: int | None) -> Abilities:
    """What a server can do by what it says of its build; `chunk` is held to instead where it is given."""
    ferretdb = "ferretdbVersion" in build
    # MongoDB alone names its storage engines. An index that the server did not need does no harm.
    return Abilities(chunk or (FERRETDB_CHUNK if ferretdb else CHUNK), plans=ferretdb or "storageEngines" in build)
