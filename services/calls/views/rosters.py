"""Which languages does each registered agent speak, and in which team?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.partners import TOPIC, AgentRegistered
from shared.kernel import View


class Registered(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agent as last registered. `languages`: ISO 639 codes; none: nobody said."""

    partner: str
    agent: str
    name: str | None = None
    team: str | None = None
    languages: tuple[str, ...] = ()


def by_agent(event: AgentRegistered) -> Iterable[tuple[str, AgentRegistered]]:
    """One document an agent."""
    return [(f"{event.partner_id}:{event.agent}", event)]


def fold(doc: Registered | None, event: AgentRegistered, sign: int) -> Registered:
    """The last registration carries all that is known."""
    names = {name: getattr(event, name) for name in ("agent", "name", "team", "languages")}
    return Registered(partner=event.partner_id, **names)


def named(one: Registered, other: Registered) -> Registered:
    """One partition feeds a document, so there is one shard."""
    return one if one.name or one.languages else other


rosters = View(
    "rosters",
    1,
    TOPIC,
    AgentRegistered,
    Registered,
    by_agent,
    fold,
    named,
    indexes=("partner",),
    fields=lambda doc: {"partner": doc.partner},
)
