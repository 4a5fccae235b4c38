"""How much is sent, and how much harm is done, in each kind of run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.chaos.faults import Family


@dataclass(frozen=True)
class Profile:
    """How much is sent, how fast (a second), how much harm of each family is done in a round (-1: all of it), how often
    and how far apart (s), and for how long (s) the system may go on working afterwards. `lasting`: traffic ends with
    the harm, at the latest with the last delivery; `readable`: nothing comes that nobody can read."""

    deliveries: int
    rate: float
    picks: Mapping[Family, int]
    rounds: int = 1
    gap: float = 5.0
    patience: float = 90.0
    ground: Literal["one broker", "three brokers", "ferretdb"] = "one broker"
    lasting: bool = False
    readable: bool = False


EVERYTHING: tuple[Family, ...] = ("kill", "freeze", "server", "line", "clock", "disk", "foreign", "storm", "roll")
PROFILES = {
    "short": Profile(
        deliveries=4_500,
        rate=60.0,
        picks={
            "kill": 2,
            "freeze": 2,
            "server": 1,
            "line": 2,
            "clock": 1,
            "disk": 1,
            "foreign": 1,
            "storm": 1,
            "roll": 1,
        },
        gap=4.0,
        patience=150.0,
    ),
    "long": Profile(
        deliveries=100_000,
        rate=90.0,
        picks=dict.fromkeys(EVERYTHING, -1),
        rounds=6,
        gap=6.0,
        patience=600.0,
    ),
    "brokers": Profile(
        deliveries=4_500,
        rate=40.0,
        picks={"brokers": -1, "kill": 2, "freeze": 2, "roll": 1},
        gap=12.0,
        ground="three brokers",
    ),
    "ferretdb": Profile(
        deliveries=3_000,
        rate=8.0,
        picks={"store": -1, "kill": 2, "freeze": 2, "roll": 1},
        rounds=3,
        gap=12.0,
        patience=600.0,
        ground="ferretdb",
    ),
}
