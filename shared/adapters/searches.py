"""What documents are looked for, and how collections and indexes may be named: the same whatever keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Some stores do not tell upper from lower case in names, so only one of them is allowed.
_COLLECTION = re.compile(r"[a-z][a-z0-9_.-]{0,99}")
_INDEX = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Search:
    """What is looked for, as in `Documents.find`, but for page and limit."""

    equal: tuple[tuple[str, str | int], ...]
    order: str | None
    low: str | int | None
    high: str | int | None
    descending: bool

    def fields(self) -> list[str]:
        """The indexes that it needs. ValueError for bounds without an order."""
        if self.order is None and (self.low is not None or self.high is not None):
            raise ValueError("bounds need an order")
        return [name for name, _ in self.equal] + ([self.order] if self.order else [])


def check_names(service: str, collection: str, indexes: Iterable[str]) -> None:
    """ValueError for a name that is not of lower-case letters, digits and `_` (in a collection's also `.` and `-`)."""
    for name in (service, collection):
        if not _COLLECTION.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a collection")
    for name in indexes:
        if not _INDEX.fullmatch(name):
            raise ValueError(f"{name!r} is no name for an index")


def check_indexes(known: Iterable[str], asked: Iterable[str]) -> None:
    """ValueError for a field without index."""
    if unknown := set(asked).difference(known):
        raise ValueError(f"no index for {', '.join(sorted(unknown))}")
