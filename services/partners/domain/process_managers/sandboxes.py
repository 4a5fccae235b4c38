"""Sandboxes: read as their sources are, and watched for what their platforms show."""

from __future__ import annotations

from services.partners.domain.integration import FollowSource, NoteCheck, integration
from shared.contracts.calls import TOPIC as CALLS_TOPIC
from shared.contracts.calls import AgentStateChanged, PublicCallEvent
from shared.contracts.conformance import shown_by
from shared.contracts.partners import SANDBOX, TOPIC, SourceConfigured, sandbox_of
from shared.kernel import ProcessManager, Recorded, Send


def follow(recorded: Recorded[SourceConfigured]) -> list[Send]:
    """A source that is read in another way takes its sandbox along. A sandbox has none itself."""
    event = recorded.event
    if sandbox_of(event.source_id) is not None:
        return []
    sandbox = event.source_id + SANDBOX
    return [Send(integration, sandbox, FollowSource(source_id=sandbox, settings=event.settings))]


def watch(recorded: Recorded[PublicCallEvent]) -> list[Send]:
    """What a fact of a sandbox shows is noted at the source that it stands for. Taken back or not, it was shown."""
    fact = recorded.event
    source_id = sandbox_of(fact.source)
    if recorded.sign < 0 or source_id is None:
        return []
    at = fact.since if isinstance(fact, AgentStateChanged) else fact.at
    return [
        Send(integration, source_id, NoteCheck(source_id=source_id, check=check, at=at)) for check in shown_by(fact)
    ]


keep_sandboxes_alike = ProcessManager("keep_sandboxes_alike", TOPIC, SourceConfigured, follow)
watch_sandboxes = ProcessManager("watch_sandboxes", CALLS_TOPIC, PublicCallEvent, watch)
