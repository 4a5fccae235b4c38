"""Which harm comes to which part and when, from one seed."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from tests.chaos.ground import LINES, Line
from tests.chaos.system import ALWAYS, JUMPY, STORMY

Kind = (
    Line
    | Literal[
        "kill",
        "freeze",
        "clock jump",
        "full disk",
        "foreign records",
        "storm",
        "rolling restart",
        "two of three",
    ]
)
Family = Literal["kill", "freeze", "server", "line", "clock", "disk", "foreign", "storm", "roll", "brokers", "store"]
LONG = {"worker-a": 13.0, "ingest": 10.0}
"""A worker is frozen for longer than a group waits for a silent member: its partitions are given away, and it wakes up
as a former owner. The ingest is frozen for longer than the client waits: what it was told it may still keep."""
DAY_S = 86_400
JUMPS = (DAY_S, DAY_S, -DAY_S, 7 * 60, -7 * 60)
"""By how much (s) a clock jumps: over a day's end and every deadline, or a little more than signatures allow."""
BROKERS = ("kafka-1", "kafka-2", "kafka-3")


class Harm(NamedTuple):
    """`seconds`: how long the part stays frozen, down, cut off, wrong or in the group; `by`: what a clock jumps by (s),
    and with a full disk whether there is room (1) or a broker (0) first."""

    kind: Kind
    target: str
    seconds: float
    by: int = 0


class Fault(NamedTuple):
    """What is done when."""

    at: float
    harm: Harm


def pool(dice: random.Random) -> dict[Family, list[Harm]]:
    """Every kind of harm to every part, each once."""
    lines: list[Harm] = []
    for target, longest in (("kafka", 12.0), ("mongo", 6.0)):
        # Longer and shorter than the clients wait.
        lines += [Harm(kind, target, dice.uniform(3.0, longest)) for kind in LINES]
    return {
        "kill": [Harm("kill", name, dice.uniform(0.1, 2.0)) for name in ALWAYS],
        "freeze": [Harm("freeze", name, LONG.get(name) or dice.uniform(1.0, 6.0)) for name in ALWAYS],
        "server": [
            Harm("kill", "kafka", dice.uniform(0.5, 3.0)),
            Harm("freeze", "kafka", dice.uniform(2.0, 8.0)),
            # MongoDB is frozen once for less and once for longer than its clients wait.
            Harm("freeze", "mongo", dice.uniform(1.0, 5.0)),
            Harm("freeze", "mongo", 12.0),
        ],
        "line": lines,
        "clock": [Harm("clock jump", name, dice.uniform(6.0, 12.0), dice.choice(JUMPS)) for name in JUMPY],
        "disk": [Harm("full disk", "kafka", dice.uniform(5.0, 8.0), dice.randrange(2))],
        "foreign": [Harm("foreign records", "kafka", 0.0)],
        "storm": [Harm("storm", STORMY[0], dice.uniform(10.0, 14.0))],
        "roll": [Harm("rolling restart", "every process", 0.0)],
        "brokers": [Harm("kill", name, dice.uniform(4.0, 6.0)) for name in BROKERS]
        + [Harm("two of three", "/".join(dice.sample(BROKERS, 2)), 10.0)],
        "store": [Harm("kill", "mongo", dice.uniform(0.5, 3.0)), Harm("freeze", "mongo", dice.uniform(1.0, 5.0))],
    }


def schedule(
    seed: int, picks: Mapping[Family, int], rounds: int, gap: float, lacking: Collection[str] = ()
) -> tuple[list[Fault], list[Harm]]:
    """In each round so many of each family (-1: all) in an order of their own, one every `gap` seconds or so; and what
    was left out, because it was not picked in any round or the means for its kind are `lacking`."""
    dice = random.Random(seed)
    faults: list[Fault] = []
    left: dict[tuple[Kind, str], Harm] = {}
    for _ in range(rounds):
        harms: list[Harm] = []
        for family, choice in pool(dice).items():
            dice.shuffle(choice)
            many = picks.get(family, 0)
            if many:
                left |= {harm[:2]: harm for harm in choice}
                harms += choice if many < 0 else choice[:many]
        harms = [harm for harm in harms if harm.kind not in lacking]
        dice.shuffle(harms)
        first = len(faults)
        faults += [Fault((n + dice.uniform(0.0, 1.0)) * gap, harm) for n, harm in enumerate(harms, first)]
    for fault in faults:
        left.pop(fault.harm[:2], None)
    return faults, list(left.values())
