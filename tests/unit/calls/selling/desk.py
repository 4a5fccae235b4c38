"""A door and views in memory for what looks at views and sends commands; the views may be behind by some events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.http import Accepted
from shared.kernel import Command, Decider, Event, Recorded, View
from tests.spec import evolved, seen


class MemoryDesk:
    """`events` is all that happened, whoever told it; the views lack the last `behind` of them."""

    def __init__(self) -> None:
        self.events: list[Event | Recorded[Any]] = []
        self.behind = 0
        self.commands = 0
        self.got: list[str] = []
        """The views of which documents were fetched by key."""
        self._ids: set[tuple[str, str]] = set()

    async def handle(
        self, decider: Decider[Any, Any, Any], stream_id: str, command: Command, *, command_id: str, actor: str
    ) -> Accepted:
        """As the engine does it; the stream's events are those that name it."""
        self.commands += 1
        mine = [event for event in self.events if getattr(event, decider.name, None) == stream_id]
        stream = f"{decider.name}-{stream_id}"
        if (stream, command_id) not in self._ids:
            more = decider.decide(command, evolved(decider, decider.initial, mine))  # type: ignore[arg-type]
            self.events += more
            self._ids |= {(stream, command_id)} if more else set()
        return Accepted(stream, 1)

    def documents(self, view: View[Any, Any, Any]) -> dict[str, Any]:
        """All of a view."""
        known = tuple(getattr(view.events, "__args__", (view.events,)))
        shown = self.events[: len(self.events) - self.behind]
        return seen(view, *(one for one in shown if isinstance(one.event if isinstance(one, Recorded) else one, known)))

    async def get(self, view: View[Any, Any, Any], keys: Sequence[str]) -> dict[str, Any]:
        """By key."""
        self.got += [view.name] * len(keys)
        return {key: doc for key, doc in self.documents(view).items() if key in keys}

    async def find(
        self,
        view: View[Any, Any, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: Any = None,
        high: Any = None,
    ) -> list[tuple[str, Any]]:
        """By the values of indexes, and the range of one."""
        found = []
        for key, doc in sorted(self.documents(view).items()):
            values = view.fields(doc)
            place: Any = values[order] if order is not None else 0
            ranged = order is None or (
                place is not None and (low is None or low <= place) and (high is None or place < high)
            )
            if equal.items() <= values.items() and ranged:
                found.append((key, doc))
        return found
