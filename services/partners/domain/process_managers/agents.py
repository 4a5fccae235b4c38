"""Agents that facts of calls name are registered on first sight."""

from __future__ import annotations

from services.partners.domain.agent import RegisterAgent, agent, stream_id
from shared.contracts.calls import (
    TOPIC,
    AgentStateChanged,
    CallAnswered,
    CallDispositioned,
    CallEnded,
)
from shared.kernel import ProcessManager, Recorded, Send

AgentFact = CallAnswered | CallEnded | CallDispositioned | AgentStateChanged


def handle(recorded: Recorded[AgentFact]) -> list[Send]:
    """An agent that a fact names is known from then on. A reversal changes nothing: somebody was seen."""
    fact = recorded.event
    if recorded.sign < 0 or fact.agent is None:
        return []
    command = RegisterAgent(partner_id=fact.partner, agent=fact.agent)
    return [Send(agent, stream_id(fact.partner, fact.agent), command)]


register_agents_on_first_sight = ProcessManager("register_agents_on_first_sight", TOPIC, AgentFact, handle)
