"""The events that all contenders count: calls of many agents as the product publishes them, some records twice, and
what the right counts are."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.codec import encode, partition_of
from shared.contracts.calls import CallAnswered, CallEnded, CallFact, CallStarted, SaleRecorded
from shared.kernel import Recorded
from shared.ports import Bus, Outgoing

PARTITIONS = 4
PARTNERS, AGENTS, CAMPAIGNS = 30, 2_000, 200
MORNING = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOURS = 8
TWICE = 0.01
SOLD = 0.1
CHUNK = 2_000
Totals = dict[str, list[int]]


@dataclass
class Traffic:
    """Records by partition, each of an origin's in the order of its positions, and the truth about them.

    `totals` counts each event once: offered, answered, handled, milliseconds of talk, sales, by
    `a|partner|agent|hour`, `c|campaign` and `p|partner`.
    """

    records: dict[int, list[Outgoing]]
    totals: Totals = field(default_factory=lambda: defaultdict(lambda: [0] * 5))
    twice: int = 0

    @property
    def n(self) -> int:
        """How many records, those that come twice counted twice."""
        return sum(map(len, self.records.values()))

    async def publish(self, bus: Bus, topic: str) -> None:
        """Onto a topic of its own."""
        await bus.declare({topic: PARTITIONS})
        publisher = bus.publisher()
        for partition, records in self.records.items():
            for first in range(0, len(records), CHUNK):
                await publisher.send(topic, partition, records[first : first + CHUNK])
        await publisher.close()


def traffic(events: int, seed: int = 1) -> Traffic:
    """At least so many events."""
    dice = random.Random(seed)
    made = Traffic({partition: [] for partition in range(PARTITIONS)})
    while made.n < events:
        _call(made, dice)
    return made


def _call(made: Traffic, dice: random.Random) -> None:
    agent = dice.randrange(AGENTS)
    partner, campaign = f"partner-{agent % PARTNERS:02}", f"campaign-{dice.randrange(CAMPAIGNS):03}"
    key = f"{partner}:agent-{agent:04}"
    partition = partition_of(key, PARTITIONS)
    records = made.records[partition]
    for event, *amounts in _events(dice, partner, campaign, f"agent-{agent:04}", len(records)):
        position = (len(records), 0)
        told = Recorded(origin=f"telephony.1/{partition}", position=position, recorded_at=event.at, event=event)
        records.append(Outgoing(key, encode(told)))
        hour = f"{event.interval:%Y-%m-%dT%H}"
        for row in (f"a|{partner}|agent-{agent:04}|{hour}", f"c|{campaign}", f"p|{partner}"):
            counted = made.totals[row]
            for n, amount in enumerate(amounts):
                counted[n] += amount
    if dice.random() < TWICE * 4:
        records.append(records[-1 - dice.randrange(min(len(records), 40))])
        made.twice += 1


def _events(
    dice: random.Random, partner: str, campaign: str, agent: str, n: int
) -> Iterator[tuple[CallFact, int, int, int, int, int]]:
    """The facts of one call, each with what it counts for."""
    quarter = MORNING + timedelta(minutes=15 * dice.randrange(HOURS * 4))
    talk = dice.randrange(20_000, 600_000)
    common: Any = {
        "call": f"{partner}:call-{n}",
        "source": f"{partner}-main",
        "partner": partner,
        "direction": "inbound",
        "at": quarter + timedelta(seconds=dice.randrange(900)),
        "interval": quarter,
        "day": f"{quarter:%Y-%m-%d}",
        "campaign": campaign,
        "agent": agent,
    }
    yield CallStarted(**common, phase="queued", offered=True, dialed=False), 1, 0, 0, 0, 0
    answered = CallAnswered(**common, answered_by="human", first=True, offered=True, dialed=False, wait_ms=4_000)
    yield answered, 0, 1, 0, 0, 0
    ended = CallEnded(**common, leg="1", scope="leg", reason="completed", ended_by="customer", talk_ms=talk, hold_ms=0)
    yield ended, 0, 0, 1, talk, 0
    if dice.random() < SOLD:
        yield SaleRecorded(**common, leg="1", order_ref=f"o-{n}", quantity=1), 0, 0, 0, 0, 1
