"""The documents of one service, in MongoDB: a collection for each collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.adapters import cursors
from shared.adapters.mongo import filters
from shared.adapters.mongo.contents import LARGEST, PREFIX, field, stored
from shared.adapters.mongo.database import Index, MongoDatabase
from shared.adapters.mongo.writes import put_all
from shared.adapters.searches import Search, check_indexes, check_names
from shared.ports import Page, Put, Refused, Stored

# So many ids in one search or deletion.
IDS = 1000


class MongoDocuments:
    """Documents in the namespace of `service`. A collection is declared before it is used (LookupError).

    Of a `put` or `delete` whose process dies, some documents may be done and others not; each is whole.
    """

    def __init__(self, database: MongoDatabase, service: str) -> None:
        self._database = database
        self._service = service
        self._indexes: dict[str, tuple[str, ...]] = {}

    async def declare(self, collection: str, indexes: Sequence[str] = ()) -> None:
        """See the port. ValueError for a name that is not of lower-case letters, digits and `_` (in a collection's
        also `.` and `-`). A document is in an index added later once it is written again."""
        check_names(self._service, collection, indexes)
        wanted = {field(name): Index((field(name), "_id")) for name in indexes}
        if not self._database.abilities.plans:
            wanted["revision"] = Index(("_id", "revision"), unique=True)
        existing = await self._database.carry_through(self._database.ensure(self._name(collection), wanted))
        known = sorted(name.removeprefix(PREFIX) for name in existing if name.startswith(PREFIX))
        self._indexes[collection] = tuple(known)

    async def get(self, collection: str, ids: Sequence[str]) -> dict[str, Stored]:
        """See the port."""
        self._declared(collection)
        found: dict[str, Stored] = {}
        with self._database.answers():
            for start in range(0, len(ids), IDS):
                wanted = list(ids[start : start + IDS])
                cursor = self._database.collection(self._name(collection)).find(
                    {"_id": {"$in": wanted}}, {"revision": 1, "body": 1}, batch_size=len(wanted) + 1
                )
                found.update((each["_id"], stored(each)) for each in await cursor.to_list())
        return found

    async def put(self, collection: str, puts: Sequence[Put]) -> None:
        """See the port. ValueError for a document twice in one call, for a field that is not an index, and for a body
        of more than 16 MB."""
        indexes = self._declared(collection)
        _check(puts, indexes)
        if not puts:
            return
        refused = await self._database.carry_through(self._put(collection, puts, indexes))
        if refused:
            raise Refused([put.id for put in puts if put.id in refused])

    async def find(
        self,
        collection: str,
        equal: Mapping[str, str | int] | None = None,
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
        descending: bool = False,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> Page:
        """See the port. A cursor is good for the search that gave it. ValueError for a field that is not an index, for
        bounds without an order, and for a limit below 1."""
        if limit < 1:
            raise ValueError("a page has at least one document")
        indexes = self._declared(collection)
        search = Search(tuple(sorted((equal or {}).items())), order, low, high, descending)
        check_indexes(indexes, search.fields())
        scope = (self._name(collection), search)
        query = filters.query(search, None if cursor is None else cursors.decode(scope, cursor))
        with self._database.answers():
            # One more than asked for says whether there is a next page; all of them come in one answer.
            found = (
                await self._database.collection(self._name(collection))
                .find(query.filter, query.projection, sort=query.sort, limit=limit + 1, batch_size=limit + 2)
                .to_list()
            )
        items = [stored(each) for each in found[:limit]]
        if len(found) <= limit:
            return Page(items, None)
        return Page(items, cursors.encode(scope, [found[limit - 1][key] for key in query.keys]))

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        """See the port."""
        self._declared(collection)
        await self._database.carry_through(self._delete(collection, ids))

    async def drop(self, collection: str) -> None:
        """See the port."""
        check_names(self._service, collection, ())
        with self._database.answers():
            await self._database.collection(self._name(collection)).drop()
        self._indexes.pop(collection, None)

    async def _put(self, collection: str, puts: Sequence[Put], indexes: Sequence[str]) -> set[str]:
        with self._database.answers():
            target = self._database.collection(self._name(collection))
            return await put_all(target, puts, indexes, self._database.abilities.chunk)

    async def _delete(self, collection: str, ids: Sequence[str]) -> None:
        with self._database.answers():
            for start in range(0, len(ids), IDS):
                target = self._database.collection(self._name(collection))
                await target.delete_many({"_id": {"$in": list(ids[start : start + IDS])}})

    def _name(self, collection: str) -> str:
        """No name of a service or a collection has a stroke, so no two of them meet."""
        return f"documents/{self._service}/{collection}"

    def _declared(self, collection: str) -> tuple[str, ...]:
        """The indexes of the collection."""
        try:
            return self._indexes[collection]
        except KeyError:
            raise LookupError(f"collection {collection} is not declared") from None


def _check(puts: Sequence[Put], indexes: Sequence[str]) -> None:
    known = frozenset(indexes)
    for put in puts:
        if not put.fields.keys() <= known:
            check_indexes(known, put.fields)
        if len(put.body) > LARGEST:
            raise ValueError("a document is larger than the store takes")
    if len({put.id for put in puts}) != len(puts):
        raise ValueError("a document is put twice in one call")
