"""Pages of a list that is found whole: what they are asked with, and how they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple, TypeVar

from fastapi import Depends, Query

from shared.http.answers import Listing, page
from shared.http.requests import limited

T = TypeVar("T")
USUAL, MOST = 100, 500
"""Items of a page."""


class Paging(NamedTuple):
    """Which page is asked for."""

    limit: int
    cursor: str | None

    def of(self, found: Sequence[tuple[str, T]]) -> Listing[T]:
        """The page of what was found, sorted by key. 422 for a cursor that is not one of ours."""
        return page(found, self.limit, self.cursor)


async def _paging(
    limit: Annotated[int, Query(description=f"How many at most, up to {MOST}.")] = USUAL,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
) -> Paging:
    return Paging(limited(limit, MOST), cursor)


Paged = Annotated[Paging, Depends(_paging)]
"""For the parameters of a route."""
