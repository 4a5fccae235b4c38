"""What was used last, held in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The values used last, at most so many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[str, V] = OrderedDict()

    def get(self, key: str) -> V | None:
        """The value, which is used by that."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: str, value: V) -> None:
        """Hold the value, in the place of the one used longest ago when there is no room."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._limit:
            self._values.popitem(last=False)

    def keep(self, wanted: Callable[[V], bool]) -> None:
        """Hold those that are wanted, and no others."""
        self._values = OrderedDict((key, value) for key, value in self._values.items() if wanted(value))

    def drop(self, key: str) -> V | None:
        """Hold it no longer; the value, if it was held."""
        return self._values.pop(key, None)
