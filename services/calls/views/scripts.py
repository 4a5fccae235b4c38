"""Which scripts are there, in which versions?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.scripts import Content, ScriptDrafted, ScriptEvent, ScriptPublished, ScriptWithdrawn
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownScript(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A script: its draft, and its versions, oldest first. `withdrawn`: why no call begins it; `changes` counts the
    events behind this."""

    script: str
    drafted: ScriptDrafted | None = None
    versions: list[ScriptPublished] = []
    withdrawn: str | None = None
    changes: int = 0

    @property
    def current(self) -> ScriptPublished | None:
        """What a call that begins now follows."""
        return self.versions[-1] if self.versions and self.withdrawn is None else None

    def content(self, version: str) -> Content | None:
        """Of a version by its number, of `current`, or of the `draft`. None: there is none."""
        if version == "draft":
            return self.drafted.content if self.drafted else None
        if version == "current":
            return self.current.content if self.current else None
        return next((one.content for one in self.versions if str(one.version) == version), None)


def by_script(event: ScriptEvent) -> Iterable[tuple[str, ScriptEvent]]:
    """One document a script."""
    return [(event.script, event)]


def fold(doc: KnownScript | None, event: ScriptEvent, sign: int) -> KnownScript:
    """A command's events are never reversed."""
    doc = doc or KnownScript(script=event.script)
    doc.changes += 1
    match event:
        case ScriptDrafted():
            doc.drafted = event
        case ScriptPublished():
            doc.versions.append(event)
            doc.withdrawn = None
        case ScriptWithdrawn(reason=reason):
            doc.withdrawn = reason
    return doc


def newer(one: KnownScript, other: KnownScript) -> KnownScript:
    """A script is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


scripts = View("scripts", 1, TOPIC, ScriptEvent, KnownScript, by_script, fold, newer)
