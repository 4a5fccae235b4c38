"""Pages of a list that is found whole: what they are asked with, and how they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from shared.http.answers import Listing, page
from shared.http.requests import limited

T = TypeVar("T")
USUAL, MOST = 100, 500
"""Items of a page."""


class Paging:
    """Which page is asked for."""

    def __init__(
        self,
        limit: Annotated[int, Query(description=f"How many at most, up to {MOST}.")] = USUAL,
        cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    ) -> None:
        self._limit = limited(limit, MOST)
        self._cursor = cursor

    def of(self, found: Sequence[tuple[str, T]]) -> Listing[T]:
        """The page of what was found, sorted by key. 422 for a cursor that is not one of ours."""
        return page(found, self._limit, self._cursor)


Paged = Annotated[Paging, Depends()]
"""For the parameters of a route."""
