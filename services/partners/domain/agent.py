"""An agent of a partner, under the vendor's id: registered on first sight, named when somebody says the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from services.partners.domain.partner import Name
from services.partners.events import AgentEvent
from shared.contracts.partners import AgentRegistered
from shared.kernel import Command, Decider
from shared.names import PartnerId

AgentId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RegisterAgent(Command, frozen=True, kw_only=True):
    """Get to know an agent, or more of one. What is left out stays as it is known."""

    partner_id: PartnerId
    agent: AgentId
    name: Name | None = None
    team: Name | None = None
    languages: tuple[Name, ...] = ()


@dataclass(frozen=True)
class Agent:
    """What is known of the agent."""

    known: AgentRegistered | None = None


def stream_id(partner_id: str, agent_id: str) -> str:
    """Of one agent. A partner's id has no colon, so two agents never share a stream."""
    return f"{partner_id}:{agent_id}"


def decide(command: RegisterAgent, state: Agent) -> list[AgentEvent]:
    """An event whenever more, or something else, is known after the command than before."""
    known = state.known
    wanted = AgentRegistered(
        partner_id=command.partner_id,
        agent=command.agent,
        name=command.name or (known.name if known else None),
        team=command.team or (known.team if known else None),
        languages=command.languages or (known.languages if known else ()),
    )
    return [] if wanted == known else [wanted]


def evolve(state: Agent, event: AgentEvent) -> Agent:
    """The last registration carries all that is known."""
    return Agent(event)


agent = Decider("agent", AgentEvent, Agent(), decide, evolve)
