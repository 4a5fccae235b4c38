"""Which languages does each agent speak?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.partners import TOPIC, AgentRegistered
from shared.kernel import View


class Speaker(msgspec.Struct, kw_only=True):
    """An agent, as last registered; `changes` counts how often."""

    partner: str
    agent: str
    languages: tuple[str, ...] = ()
    changes: int = 0


def by_agent(event: AgentRegistered) -> Iterable[tuple[str, AgentRegistered]]:
    """One document an agent."""
    return [(f"{event.partner_id}:{event.agent}", event)]


def fold(doc: Speaker | None, event: AgentRegistered, sign: int) -> Speaker:
    """A command's events are never reversed."""
    changes = doc.changes if doc else 0
    return Speaker(partner=event.partner_id, agent=event.agent, languages=event.languages, changes=changes + 1)


def newer(one: Speaker, other: Speaker) -> Speaker:
    """An agent is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: Speaker) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner}


speakers = View(
    "speakers", 1, TOPIC, AgentRegistered, Speaker, by_agent, fold, newer, indexes=("partner",), fields=indexed
)
