"""Conditional writes of many documents in one command, and which of them did not happen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from shared.adapters.mongo.contents import content
from shared.adapters.mongo.database import Collection, Content
from shared.ports import Put, StoreUnavailable

DUPLICATE_KEY = 11000

Operation = InsertOne[Content] | ReplaceOne[Content] | UpdateOne


class Answer(NamedTuple):
    """What a server says of a command: how many documents were there to be changed, which operations (by their place)
    brought a new one, and which met a document where there should be none."""

    matched: int
    upserted: frozenset[int]
    duplicates: frozenset[int]


async def put_all(collection: Collection, puts: Sequence[Put], indexes: Sequence[str], chunk: int) -> set[str]:
    """Write those that are at their revision, `chunk` in one command; the ids of the others.

    StoreUnavailable, or an error of the driver, when it is not known of each whether it was written.
    """
    call = ObjectId()
    refused: set[str] = set()
    for start in range(0, len(puts), chunk):
        waiting = puts[start : start + chunk]
        while waiting:
            answer = await _execute(collection, _operations(waiting, indexes, call))
            refused.update(waiting[place].id for place in answer.duplicates if waiting[place].revision is not None)
            refused.update(await _stale(collection, waiting, answer, call))
            # Two unconditional writes can both find nothing, and the later insert fails: now there is something.
            waiting = [waiting[place] for place in answer.duplicates if waiting[place].revision is None]
    return refused


def _operations(puts: Sequence[Put], indexes: Sequence[str], call: ObjectId) -> list[Operation]:
    """Inserts alone are the fastest; mixed with updates they would be a command, and a round trip, of their own."""
    if all(put.revision == 0 for put in puts):
        return [_insert(put, content(put, indexes, call)) for put in puts]
    return [_update(put, content(put, indexes, call)) for put in puts]


def _insert(put: Put, content: Content) -> Operation:
    content["_id"] = put.id
    content["revision"] = 1
    return InsertOne(content)


def _update(put: Put, content: Content) -> Operation:
    if put.revision is None:
        return UpdateOne({"_id": put.id}, {"$inc": {"revision": 1}, "$set": content}, upsert=True)
    content["revision"] = put.revision + 1
    # No document is at revision 0: this inserts, or fails at the id of the one that is there.
    return ReplaceOne({"_id": put.id, "revision": put.revision}, content, upsert=put.revision == 0)


async def _execute(collection: Collection, operations: Sequence[Operation]) -> Answer:
    result: Mapping[str, Any]
    try:
        result = (await collection.bulk_write(operations, ordered=False)).bulk_api_result
    except KeyError as missing:
        # A server that is about to end may answer without its counts (FerretDB does); the driver trips over that.
        raise StoreUnavailable(f"the answer of the server lacks {missing}") from None
    except BulkWriteError as error:
        result = error.details or {}
        codes = {each["code"] for each in result.get("writeErrors", ())}
        if codes != {DUPLICATE_KEY} or result.get("writeConcernErrors"):
            raise
    return Answer(
        result["nMatched"],
        frozenset(each["index"] for each in result["upserted"]),
        frozenset(each["index"] for each in result["writeErrors"]),
    )


async def _stale(collection: Collection, puts: Sequence[Put], answer: Answer, call: ObjectId) -> list[str]:
    """The ids of those that should have changed a document and found none at their revision.

    The server says only how many. Which they are, the documents tell: those that were written bear our call's mark. A
    document that was written by us and since then by another looks like one refused; then the numbers do not agree.
    """
    settled = answer.upserted | answer.duplicates
    unconditional = sum(put.revision is None and place not in settled for place, put in enumerate(puts))
    changing = [put.id for put in puts if put.revision]
    missing = len(changing) + unconditional - answer.matched
    if not missing:
        return []
    ours = collection.find({"_id": {"$in": changing}, "call": call}, {"_id": 1}, batch_size=len(changing) + 1)
    written = {found["_id"] async for found in ours}
    stale = [id_ for id_ in changing if id_ not in written]
    if len(stale) != missing:
        raise StoreUnavailable("a document was overtaken before it was known whether it had been written")
    return stale
