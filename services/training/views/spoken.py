"""Which languages does an agent speak, as its partner says?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.partners import TOPIC, AgentRegistered
from shared.kernel import View


class Spoken(msgspec.Struct, kw_only=True):
    """An agent's languages, none where nobody said any. `changes` counts the events behind this."""

    partner: str
    agent: str
    languages: tuple[str, ...] = ()
    changes: int = 0


def by_agent(event: AgentRegistered) -> Iterable[tuple[str, AgentRegistered]]:
    """One document an agent."""
    return [(f"{event.partner_id}:{event.agent}", event)]


def fold(doc: Spoken | None, event: AgentRegistered, sign: int) -> Spoken:
    """The last registration carries all that is known. A command's events are never reversed."""
    changes = doc.changes + 1 if doc else 1
    return Spoken(partner=event.partner_id, agent=event.agent, languages=event.languages, changes=changes)


def newer(one: Spoken, other: Spoken) -> Spoken:
    """An agent's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: Spoken) -> dict[str, str | int | None]:
    """Found by partner."""
    return {"partner": doc.partner}


spoken = View("spoken", 1, TOPIC, AgentRegistered, Spoken, by_agent, fold, newer, indexes=("partner",), fields=indexed)
