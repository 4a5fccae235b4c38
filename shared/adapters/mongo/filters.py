"""How a search is put to MongoDB: the filter, the order, and what of a document is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pymongo

from shared.adapters.mongo.contents import field, index_text
from shared.adapters.searches import Search

# Sorts before every index text, but not before a missing value.
LOWEST = ""


class Query(NamedTuple):
    """The arguments of a find. `keys` are the fields sorted by: a position is their values."""

    filter: dict[str, Any]
    projection: dict[str, int]
    sort: list[tuple[str, int]]
    keys: list[str]


def query(search: Search, after: Sequence[str | int] | None) -> Query:
    """What finds the documents of `search` behind the position `after`."""
    keys = [field(search.order), "_id"] if search.order else ["_id"]
    wheres: list[dict[str, Any]] = [{field(name): index_text(value)} for name, value in search.equal]
    wheres += _range(search, after)
    direction = pymongo.DESCENDING if search.descending else pymongo.ASCENDING
    return Query(
        {"$and": wheres} if wheres else {},
        dict.fromkeys(["revision", "body", *keys], 1),
        [(key, direction) for key in keys],
        keys,
    )


def _range(search: Search, after: Sequence[str | int] | None) -> list[dict[str, Any]]:
    behind = "$lt" if search.descending else "$gt"
    if not search.order:
        return [] if after is None else [{"_id": {behind: after[0]}}]
    by = field(search.order)
    bounds = {"$gte": LOWEST if search.low is None else index_text(search.low)}
    if search.high is not None:
        bounds["$lt"] = index_text(search.high)
    if after is None:
        return [{by: bounds}]
    value, id_ = after
    # A condition of each branch on the order's field lets the server walk its index from the position on.
    return [{"$or": [{by: {**bounds, behind: value}}, {by: value, "_id": {behind: id_}}]}]
