"""Quix Streams, one of the three views (agents by hour) in its state, with a changelog. Variant `exact`: the ids that
were seen stand in the state too."""

from __future__ import annotations

import json
from typing import Any

from quixstreams import Application, State

from tests.load.peers.common import ZERO, Clock, Fact, Row, add, delta, keys, order

told = order()
clock = Clock()
latest: dict[str, Row] = {}
app = Application(
    broker_address=told.kafka,
    consumer_group=told.folder.replace("/", "-").strip("-"),
    auto_offset_reset="earliest",
    state_dir=f"{told.folder}/state",
    loglevel=None,
)
wanted = frozenset(Fact.__struct_fields__)


def count(message: dict[str, Any], state: State) -> None:
    """One event into the state of its key."""
    clock.begin()
    fact = Fact(**{name: value for name, value in message["event"].items() if name in wanted})
    key = keys(fact)[0]
    if told.variant == "exact":
        id_ = f"{message['origin']}:{message['position'][0]}.{message['position'][1]}"
        if state.get(id_) is not None:
            done()
            return
        state.set(id_, 1)
    row = add(tuple(state.get(key) or ZERO), delta(fact))
    state.set(key, row)
    latest[key] = row
    done()


def done() -> None:
    """One more."""
    clock.count(1)
    if clock.records == told.records:
        app.stop()


topic = app.topic(told.topic, value_deserializer="json")
app.dataframe(topic).update(count, stateful=True)
app.run()
clock.count(0)
clock.answer(json.loads(json.dumps(latest)))
