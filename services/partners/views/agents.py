"""Which agents does a partner have, and in which teams?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.partners import TOPIC, AgentRegistered
from shared.kernel import View


class KnownAgent(msgspec.Struct, kw_only=True):
    """An agent under the vendor's id; name and team are None until somebody says them. `changes` counts events."""

    partner_id: str
    agent: str
    name: str | None
    team: str | None
    languages: tuple[str, ...]
    changes: int


def by_agent(event: AgentRegistered) -> Iterable[tuple[str, AgentRegistered]]:
    """One document an agent."""
    return [(f"{event.partner_id}:{event.agent}", event)]


def fold(doc: KnownAgent | None, event: AgentRegistered, sign: int) -> KnownAgent:
    """The last registration carries all that is known. A command's events are never reversed."""
    return KnownAgent(
        partner_id=event.partner_id,
        agent=event.agent,
        name=event.name,
        team=event.team,
        languages=event.languages,
        changes=doc.changes + 1 if doc else 1,
    )


def newer(one: KnownAgent, other: KnownAgent) -> KnownAgent:
    """An agent's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownAgent) -> dict[str, str | int | None]:
    """An agent without a team is found by its partner only."""
    return {"partner": doc.partner_id, "team": doc.team}


agents = View(
    "agents", 1, TOPIC, AgentRegistered, KnownAgent, by_agent, fold, newer, indexes=("partner", "team"), fields=indexed
)
