"""A small machine of states that others move: their messages come late, twice, out of order, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, TypeVar

S = TypeVar("S", bound=str)
Step = Literal["moves", "stays", "late"]
"""What a message does: it moves the state, says what is known, or says what is over."""


@dataclass(frozen=True)
class Machine(Generic[S]):
    """States and the steps between them: of any two, one at least can be reached from the other. A lost message
    may be jumped over, so whatever can be reached counts as a step."""

    steps: Mapping[S, tuple[S, ...]]
    reached: Mapping[S, frozenset[S]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reached", {state: self._from(state) for state in self.steps})

    def _from(self, state: S) -> frozenset[S]:
        found: set[S] = set()
        ahead = [*self.steps[state]]
        while ahead:
            one = ahead.pop()
            if one not in found:
                found.add(one)
                ahead += self.steps[one]
        return frozenset(found)

    def step(self, state: S, to: S, at: datetime, since: datetime | None) -> Step:
        """What a message of `at` that names `to` does in a state that holds `since` (None: from the beginning).

        Where both can follow each other, as a second attempt follows a failure, the later message counts.
        """
        if to == state:
            return "stays"
        if to not in self.reached[state]:
            return "late"
        again = state in self.reached[to]
        return "late" if again and since is not None and at < since else "moves"
