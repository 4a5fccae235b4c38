"""Which agents has each partner, by which names?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.partners import TOPIC, AgentRegistered
from shared.kernel import View


class Person(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agent as last registered. Without a name, nobody said one."""

    partner: str
    agent: str
    name: str | None = None
    team: str | None = None
    languages: tuple[str, ...] = ()
    changes: int = 0


def by_agent(event: AgentRegistered) -> Iterable[tuple[str, AgentRegistered]]:
    """One document an agent."""
    return [(f"{event.partner_id}:{event.agent}", event)]


def fold(doc: Person | None, event: AgentRegistered, sign: int) -> Person:
    """The last registration carries all that is known."""
    return Person(
        partner=event.partner_id,
        agent=event.agent,
        name=event.name,
        team=event.team,
        languages=event.languages,
        changes=(doc.changes if doc else 0) + 1,
    )


def newer(one: Person, other: Person) -> Person:
    """One partition feeds a document, so there is one shard."""
    return one if one.changes >= other.changes else other


people = View(
    "people",
    1,
    TOPIC,
    AgentRegistered,
    Person,
    by_agent,
    fold,
    newer,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner},
)
