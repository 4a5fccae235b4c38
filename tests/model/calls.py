"""The pure middle of the model: items, the facts of a call, the events that tell them, and a call's document."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple

from tests.model.plants import Plant
from tests.model.world import World

CALLS, AGENTS = 5, 3
OLD, NEW = 0, 1
"""The two releases."""
NO_END, LATER = "no_end", "talk0"
"""The timer's item, and the item that only the newer release can read."""


class Item(NamedTuple):
    """One thing that a platform says of a call. Of two contents under one key the greater wins."""

    call: int
    key: str
    version: int
    value: int


class Fact(NamedTuple):
    """What is true of a call."""

    agent: int
    campaign: int
    amount: int


class Event(NamedTuple):
    """A fact told, or with the opposite sign taken back; complete in itself, for the partition chosen when written."""

    origin: str
    position: tuple[int, int]
    partition: int
    measure: str
    fact: Fact


class CallDocument(NamedTuple):
    """`at`: inputs below it are applied; a key that begins with `!` marks an input that was given up."""

    at: int = 0
    known: Mapping[str, Item] = {}
    told: Mapping[str, Fact] = {}
    outbox: tuple[Event, ...] = ()


def facts(call: int, known: Mapping[str, Item], release: int) -> dict[str, Fact]:
    """A pure function of the set of items, and of the release."""
    claims = sorted(key for key in known if key.startswith("agent"))
    if not claims:
        return {}
    agent, campaign = known[claims[0 if release == NEW else -1]].value, call % 2
    talk = sum(item.value for key, item in known.items() if key.startswith("talk"))
    true = {"calls": Fact(agent, campaign, 1), "seconds": Fact(agent, campaign, talk)}
    if "sale" in known and "cancelled" not in known:
        true["revenue"] = Fact(agent, campaign, known["sale"].value)
    if NO_END in known and "end" not in known:
        true["without_end"] = Fact(agent, campaign, 1)
    return true


def traffic(dice: random.Random) -> list[Item]:
    """The items of all calls, in no order; some come in two versions, some twice."""
    items: list[Item] = []
    for call in range(CALLS):
        items += [Item(call, f"agent{n}", 0, dice.randrange(AGENTS)) for n in range(dice.choice((1, 2, 2)))]
        items += [Item(call, f"talk{n}", 0, dice.randrange(1, 9)) for n in range(dice.choice((1, 2)))]
        items += [Item(call, "sale", n, 100 + n) for n in range(dice.choice((0, 1, 2)))]
        items += [Item(call, key, 0, 1) for key in ("cancelled", "end") if dice.random() < 0.4]
    items += dice.choices(items, k=len(items) // 3)
    dice.shuffle(items)
    return items


def readable(item: Item, release: int) -> bool:
    """The older release can't read everything."""
    return release == NEW or item.key != LATER


def take(
    world: World, document: CallDocument, at: tuple[int, int], item: Item, checkpoint: int, release: int
) -> CallDocument | None:
    """The document with one more input, and with the events that follow from it; None: it can pass without a write.

    `at` is the position of the first event. Entries of inputs below `checkpoint` are known to be published.
    """
    given_up = not readable(item, release)
    key = f"!{at[0]}" if given_up else item.key
    if (given_up and world.has(Plant.GIVEN_UP_UNRECORDED)) or (key in document.known and document.known[key] >= item):
        return None
    known = {**document.known, key: item}
    old: Mapping[str, Fact] = document.told
    new: Mapping[str, Fact] = facts(item.call, {k: i for k, i in known.items() if k[0] != "!"}, release)
    if given_up and not world.has(Plant.GIVEN_UP_TELLS):
        new = old  # another release may have passed over this input as a repeat, and published what came after it
    if world.has(Plant.REVERSAL_RECOMPUTED):
        old = facts(item.call, {k: i for k, i in document.known.items() if k[0] != "!"}, release)
    changes: list[tuple[str, Fact]] = []
    for measure in sorted(m for m in old.keys() | new.keys() if old.get(m) != new.get(m)):
        if measure in old and not world.has(Plant.NO_REVERSAL):
            told = old[measure]
            changes.append((measure, told._replace(amount=-told.amount)))
        if measure in new:
            changes.append((measure, new[measure]))
    kept = () if world.has(Plant.TRIMMED_EARLY) else tuple(e for e in document.outbox if e.position[0] >= checkpoint)
    origin = origin_of(item)
    events = tuple(
        Event(origin, (at[0], at[1] + index), fact.agent % len(world.outputs), measure, fact)
        for index, (measure, fact) in enumerate(changes)
    )
    return CallDocument(document.at, known, new, kept + events)


def partition_of(item: Item) -> int:
    """A call is in one input partition, for ever."""
    return item.call % 2


def origin_of(item: Item) -> str:
    """The origin of the events that follow from an item."""
    return f"telephony/{partition_of(item)}"
