"""Our conditional writes to MongoDB beside the server's own `bulk_write` of the same documents, in the same run.

`python -m tests.load.flush [--documents N] [--rounds N]`: a JSON line for each kind of flush.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bson.binary import Binary
from pymongo import AsyncMongoClient, InsertOne, ReplaceOne

from services.bench.figures import Figures, measured, rates
from shared.adapters.mongo import MongoDatabase, MongoDocuments
from shared.ports import Put
from tests.load.servers import addresses

BODY = b"x" * 350
CHUNK = 500
"""As the projector writes them."""
PARTNERS = 30


async def timed(n: int, work: Callable[[], Awaitable[None]]) -> Figures:
    """What it takes to write `n` documents."""
    with measured() as spent:
        await work()
    return rates(n, spent)


async def flushes(address: str, documents: int, rounds: int) -> list[Figures]:
    """New documents, then the same ones again, ours and bare by turns; medians."""
    name = f"load-{secrets.token_hex(6)}"
    database = MongoDatabase(address, name)
    await database.open()
    ours = MongoDocuments(database, "load")
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(address)
    found: dict[str, list[Figures]] = {key: [] for key in ("new", "bare_new", "changed", "bare_changed")}
    for turn in range(rounds):
        collection, bare = f"views_{turn}", client[name][f"bare_{turn}"]
        await ours.declare(collection, ("partner",))
        await bare.create_index([("partner", 1), ("_id", 1)])
        for kind, revision in (("new", 0), ("changed", 1)):

            async def put(revision: int = revision, collection: str = collection) -> None:
                for first in range(0, documents, CHUNK):
                    part = range(first, min(first + CHUNK, documents))
                    puts = [Put(f"d{n}", revision, BODY, {"partner": f"p{n % PARTNERS}"}) for n in part]
                    await ours.put(collection, puts)

            async def bulk(revision: int = revision, bare: Any = bare) -> None:
                for first in range(0, documents, CHUNK):
                    part = range(first, min(first + CHUNK, documents))
                    await bare.bulk_write([_bare(n, revision) for n in part], ordered=False)

            found[f"bare_{kind}"].append(await timed(documents, bulk))
            found[kind].append(await timed(documents, put))
    await client.drop_database(name)
    await client.close()
    await database.close()
    return [_line(kind, found[kind], found[f"bare_{kind}"]) for kind in ("new", "changed")]


def _bare(n: int, revision: int) -> InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]]:
    document = {"_id": f"d{n}", "partner": f"p{n % PARTNERS}", "body": Binary(BODY), "revision": revision + 1}
    return ReplaceOne({"_id": f"d{n}"}, document) if revision else InsertOne(document)


def _line(kind: str, ours: Sequence[Figures], bare: Sequence[Figures]) -> Figures:
    mine, ceiling = (statistics.median(each["events_per_s"] for each in one) for one in (ours, bare))
    cpu = [statistics.median(each["cpu_us_per_event"] for each in one) for one in (ours, bare)]
    return {
        "load": "flush",
        "documents": kind,
        "per_s": mine,
        "bulk_write_per_s": ceiling,
        "of_ceiling": round(mine / ceiling, 3),
        "cpu_us": cpu[0],
        "bulk_write_cpu_us": cpu[1],
    }


def main() -> None:
    """As the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    os.environ.update(addresses())
    for line in asyncio.run(flushes(os.environ["TALLYLINE_MONGO"], given.documents, given.rounds)):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
