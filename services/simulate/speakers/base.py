"""What a speaker is: it turns a day into messages, and a message into a signed request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.simulate.calls import Day, State, StateChange
from services.simulate.company import Partner


class Message(NamedTuple):
    """One thing that a platform sends: when by its clock (epoch milliseconds), its key, equal when it is sent again,
    and its content, which only the speaker understands."""

    at: int
    key: str
    content: Any


class Request(NamedTuple):
    """A message as sent. `rest` follows the source's address; header names are in lower case."""

    rest: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Speaker:
    """`messages` of a day need not be in order; `request` is signed for the second of sending."""

    messages: Callable[[Partner, Day], Iterator[Message]]
    request: Callable[[Partner, Message, int], Request]


def said(partner: Partner, states: tuple[StateChange, ...]) -> Iterator[tuple[StateChange, str, State, int]]:
    """The changes that the platform has a word for: the change, the word, the state before and since when.

    A state without a word of its own goes unmentioned, and so does the return from it.
    """
    words = {ours: theirs for theirs, ours in reversed(partner.settings.agent_states.items())}
    last: dict[str, tuple[State, int]] = {}
    for change in states:
        before, since = last.get(change.agent.id, ("offline", change.at))
        if change.state in words and change.state != before:
            last[change.agent.id] = (change.state, change.at)
            yield change, words[change.state], before, since
