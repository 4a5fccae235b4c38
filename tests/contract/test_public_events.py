"""The contracts only grow: what was promised of a public event stays, and what is new is told to nobody's harm."""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

from shared import contracts
from shared.kernel import PublicEvent
from tests.contract.public_events import PROMISED, breaches, shapes, topics

STORED = json.loads(PROMISED.read_text(encoding="utf-8"))


def concrete(base: type[PublicEvent]) -> Iterator[type[PublicEvent]]:
    """The classes that are recorded: those from which no other is made."""
    for one in base.__subclasses__():
        if one.__module__.startswith("shared.contracts."):
            yield from concrete(one) if one.__subclasses__() else [one]


def test_what_was_promised_still_holds() -> None:
    assert list(breaches(STORED["shapes"], shapes())) == []
    for topic, events in STORED["topics"].items():
        assert set(events) <= set(topics()[topic]), "an event is still published where it was"


def test_what_is_new_is_promised_from_now_on() -> None:
    renew = "python -m tests.contract.public_events"
    assert {"topics": topics(), "shapes": shapes()} == STORED, f"new and not promised yet: {renew}"


def test_every_public_event_is_published_on_one_topic() -> None:
    for module in pkgutil.iter_modules(contracts.__path__):
        importlib.import_module(f"shared.contracts.{module.name}")
    published = [name for events in topics().values() for name in events]
    assert sorted(published) == sorted(event.__name__ for event in concrete(PublicEvent))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("CallEnded",), None, "CallEnded is gone"),
        (("CallEnded", "reason"), None, "CallEnded.reason is gone"),
        (("CallEnded", "reason", "type"), {"type": "integer"}, "CallEnded.reason was "),
        (("CallEnded", "scope", "type", "enum"), ["call", "leg", "part"], "CallEnded.scope was "),
        (("CallStarted", "counts", "type", "default"), "test", "CallStarted.counts was "),
        (("CallEnded", "reason", "required"), False, "CallEnded.reason was "),
        (("Money", "minor", "type"), {"type": "number"}, "Money.minor was "),
        (("Recorded", "reverses"), None, "Recorded.reverses is gone"),
        (("CallHeld", "by"), {"type": {"type": "string"}, "required": True}, "CallHeld.by is new and has no default"),
    ],
)
def test_a_change_that_takes_something_away_is_a_breach(path: tuple[str, ...], value: Any, said: str) -> None:
    changed = copy.deepcopy(STORED["shapes"])
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    (found,) = breaches(STORED["shapes"], changed)
    assert found.startswith(said)


def test_a_new_class_and_a_new_field_with_a_default_are_no_breach() -> None:
    grown = copy.deepcopy(STORED["shapes"])
    grown["CallParked"] = {"call": {"type": {"type": "string"}, "required": True}}
    grown["CallHeld"]["by"] = {"type": {"type": "string", "default": ""}, "required": False}
    assert list(breaches(STORED["shapes"], grown)) == []
