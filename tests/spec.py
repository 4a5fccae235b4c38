"""given / when / then for deciders, and `seen` for views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, Self, TypeVar

import msgspec

from shared.kernel import Command, Decider, Event, Recorded, Rejected, View

S = TypeVar("S")
D = TypeVar("D")

RECORDED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Given(Generic[S]):
    """A decider and what happened so far."""

    def __init__(self, decider: Decider[Any, Any, S], events: Sequence[Event]) -> None:
        self.decider = decider
        self.state = evolved(decider, decider.initial, events)

    def when(self, command: Command) -> Outcome[S]:
        """Decide, and then once more on what came of it: a repeated command must be answered with nothing new."""
        try:
            events = self.decider.decide(command, self.state)
        except Rejected as rejected:
            return Outcome([], self.state, rejected)
        after = evolved(self.decider, self.state, events)
        again = self.decider.decide(command, after)
        assert again == [], f"the command is not idempotent: the second time it gave {again}"
        return Outcome(events, after, None)


class Outcome(Generic[S]):
    """What a command led to; `state` is the state after it."""

    def __init__(self, events: list[Any], state: S, rejected: Rejected | None) -> None:
        self.events = events
        self.state = state
        self.rejected = rejected

    def then(self, *expected: Event) -> Self:
        """Exactly these events, in this order; none: nothing happened, and it was not refused either."""
        assert self.rejected is None, f"rejected: {self.rejected}"
        assert self.events == list(expected)
        return self

    def then_rejected(self, code: str) -> Self:
        """The rules said no, for this reason."""
        assert self.rejected is not None, f"not rejected, but: {self.events}"
        assert self.rejected.code == code
        assert self.rejected.detail, "a rejection says why, for people"
        return self


def given(decider: Decider[Any, Any, S], *events: Event) -> Given[S]:
    """This is what happened so far in one stream."""
    return Given(decider, events)


def evolved(decider: Decider[Any, Any, S], state: S, events: Sequence[Event]) -> S:
    """The state after these events, which went to the store and back: what can't be stored can't happen."""
    stored = msgspec.json.decode(msgspec.json.encode(events), type=list[decider.events])  # type: ignore[name-defined]
    assert stored == list(events), "an event does not come back from the store as it was"
    for event in stored:
        state = decider.evolve(state, event)
    return state


def seen(view: View[Any, D, Any], *happened: Event | Recorded[Any]) -> dict[str, D]:
    """The view's documents by key, after these events.

    Each document goes to the store and back between two events, and its `fields` must be the view's indexes.
    """
    bodies: dict[str, bytes] = {}
    for item in happened:
        recorded = item if isinstance(item, Recorded) else published(item)
        for key, part in view.route(recorded.event):
            before = msgspec.json.decode(bodies[key], type=view.doc) if key in bodies else None
            doc = view.fold(before, part, recorded.sign)
            assert set(view.fields(doc)) == set(view.indexes)
            bodies[key] = msgspec.json.encode(doc)
    return {key: msgspec.json.decode(body, type=view.doc) for key, body in bodies.items()}


def published(event: Event, number: int = 1, *, reverses: Recorded[Any] | None = None) -> Recorded[Any]:
    """An event as it stands in its topic; with `reverses`, it takes that one back."""
    back = None if reverses is None else (reverses.origin, reverses.position)
    return Recorded(origin="spec.1", position=(number, 0), recorded_at=RECORDED_AT, event=event, reverses=back)
