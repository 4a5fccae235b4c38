"""A script: its draft, its published versions, and whether calls begin it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.calls.domain.script_graph import findings_of, unsold
from services.calls.events.scripts import Content, Name, ScriptDrafted, ScriptEvent, ScriptPublished, ScriptWithdrawn
from shared.kernel import Command, Decider, Rejected, said

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class DraftScript(Command, frozen=True, kw_only=True):
    """Save the draft, whole or not; a new script is made by it. With `draft`, the number of the draft that it was
    made from: 409 `draft_changed` when somebody saved another meanwhile."""

    script: Name
    content: Content
    draft: int | None = None
    at: datetime
    by: str


class PublishScript(Command, frozen=True, kw_only=True):
    """Make the draft what calls follow that begin from now on. `draft`: the number of the draft that was looked at;
    `sold`: the SKUs of the catalogue that are sold now.

    409 `unknown_script`, `draft_changed`, and `not_whole` with the first finding.
    """

    script: Name
    draft: int
    sold: frozenset[str]
    at: datetime
    by: str


class WithdrawScript(Command, frozen=True, kw_only=True):
    """No call begins it any more, until it is published again. 409 `not_published`."""

    script: Name
    reason: Reason
    at: datetime
    by: str


ScriptCommand = DraftScript | PublishScript | WithdrawScript


@dataclass(frozen=True)
class Script:
    """What is known of it. `published` is the last version, also when it is withdrawn."""

    drafted: ScriptDrafted | None = None
    published: ScriptPublished | None = None
    withdrawn: bool = False


def decide(command: ScriptCommand, state: Script) -> list[ScriptEvent]:
    """What each command leads to."""
    match command:
        case DraftScript():
            return _draft(command, state)
        case PublishScript():
            return _publish(command, state)
        case WithdrawScript():
            if state.published is None:
                raise Rejected("not_published", f"{command.script} was never published.")
            return [] if state.withdrawn else [said(ScriptWithdrawn, command)]


def _draft(command: DraftScript, state: Script) -> list[ScriptEvent]:
    last = state.drafted
    if last is not None and last.content == command.content:
        return []
    number = last.draft if last is not None else 0
    if command.draft is not None and command.draft != number:
        raise Rejected("draft_changed", f"Somebody saved draft {number} meanwhile.")
    return [said(ScriptDrafted, command, draft=number + 1)]


def _publish(command: PublishScript, state: Script) -> list[ScriptEvent]:
    if state.drafted is None:
        raise Rejected("unknown_script", f"There is no script {command.script}.")
    if command.draft != state.drafted.draft:
        raise Rejected("draft_changed", f"The draft is number {state.drafted.draft} now: look at it first.")
    content = state.drafted.content
    if found := [*findings_of(content), *unsold(content, command.sold)]:
        raise Rejected("not_whole", f"{found[0].detail} ({len(found)} findings)")
    last = state.published
    if last is not None and last.content == content and not state.withdrawn:
        return []
    version = last.version + 1 if last is not None else 1
    return [said(ScriptPublished, command, content=content, version=version)]


def evolve(state: Script, event: ScriptEvent) -> Script:
    """What each event changes."""
    match event:
        case ScriptDrafted():
            return replace(state, drafted=event)
        case ScriptPublished():
            return replace(state, published=event, withdrawn=False)
        case ScriptWithdrawn():
            return replace(state, withdrawn=True)


script: Decider[ScriptCommand, ScriptEvent, Script] = Decider(
    name="script", events=ScriptEvent, initial=Script(), decide=decide, evolve=evolve
)
