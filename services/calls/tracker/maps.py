"""What the platform's codes mean: a source's maps of agents and numbers applied, and the codes that no map has.

Results, states, campaigns and queues are mapped where an item is read; a code that nobody has decided on is kept
beside what it was taken for, so that it can be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from shared.contracts.codes import OTHER
from shared.contracts.partners import SourceSettings
from shared.kernel import Observation


def applied(observations: Sequence[Observation], settings: SourceSettings) -> list[Observation]:
    """Agents by our ids, also as targets of transfers, and the campaign of the number where the platform names none."""
    if not settings.agents and not settings.numbers:
        return list(observations)
    return [_applied(o, settings) for o in observations]


def _applied(o: Observation, settings: SourceSettings) -> Observation:
    agent = settings.agents.get(o.agent, o.agent) if o.agent else o.agent
    data = o.data
    if o.kind == "CallStarted" and data.get("campaign") is None and data.get("our_number") in settings.numbers:
        data = {**data, "campaign": settings.numbers[data["our_number"]]}
    if o.kind == "CallTransferred" and data.get("to_kind") == "agent" and data.get("to") in settings.agents:
        data = {**data, "to": settings.agents[data["to"]]}
    if agent == o.agent and data is o.data:
        return o
    return msgspec.structs.replace(o, agent=agent, data=data)


def undecided(observations: Sequence[Observation], settings: SourceSettings) -> dict[str, datetime]:
    """The codes that no map has, or that were read when none had, as `<map>:<code>`, with the time when each comes
    first. To be asked before maps are applied."""
    found: dict[str, datetime] = {}
    every = bool(settings.agents or settings.numbers)
    for o in observations:
        data = o.data
        # An agent's day has hundreds, each looked at again with every new one: most are told apart by a glance.
        if every or data.get("state") == OTHER or data.get("canonical") == OTHER or "unmapped" in data:
            for code in _undecided(o, settings):
                found.setdefault(code, o.at)
    return found


def _undecided(o: Observation, settings: SourceSettings) -> Iterator[str]:
    data = o.data
    if o.kind == "AgentStateChanged":
        native = data.get("native")
        if native and data.get("state") == OTHER and settings.agent_states.get(native) != OTHER:
            yield f"agent_states:{native}"
    elif o.kind == "CallDispositioned":
        native = data.get("native")
        if native and data.get("canonical") == OTHER and settings.dispositions.get(native) != OTHER:
            yield f"dispositions:{native}"
    elif o.kind == "CallStarted" and settings.numbers:
        number = data.get("our_number")
        if number and data.get("campaign") is None and number not in settings.numbers:
            yield f"numbers:{number}"
    if "unmapped" in data:
        yield from (f"{name}:{code}" for name, code in sorted(data["unmapped"].items()))
    if settings.agents and o.agent and o.agent not in settings.agents:
        yield f"agents:{o.agent}"
