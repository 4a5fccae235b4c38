"""Which telephony sources does a partner have, how are they read, and which credentials count?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.partners.events import CheckPassed, ConformanceLost, ConformancePassed, IntegrationEvent
from shared.contracts.partners import (
    TOPIC,
    CredentialIssued,
    CredentialLimited,
    CredentialRevoked,
    SourceConfigured,
    SourceSettings,
)
from shared.kernel import View


class KnownSource(msgspec.Struct, kw_only=True):
    """A source: every revision of its settings, and the ids of its active credentials by scheme, oldest first; `until`
    says of some of them for how long.

    `passed` are the conformance checks that its sandbox has passed, `conformant_since` is when the last required one
    was. `changes` counts the events behind this.
    """

    source_id: str
    partner: str = ""
    revision: int = 0
    revisions: dict[int, SourceSettings] = {}
    credentials: dict[str, list[str]] = {}
    until: dict[str, datetime] = {}
    passed: list[str] = []
    conformant_since: datetime | None = None
    changes: int = 0

    @property
    def settings(self) -> SourceSettings:
        """Those of the current revision."""
        return self.revisions[self.revision]


def by_source(event: IntegrationEvent) -> Iterable[tuple[str, IntegrationEvent]]:
    """One document a source."""
    return [(event.source_id, event)]


def fold(doc: KnownSource | None, event: IntegrationEvent, sign: int) -> KnownSource:
    """Revisions add up, credentials come and go. A command's events are never reversed."""
    doc = doc or KnownSource(source_id=event.source_id)
    doc.changes += 1
    match event:
        case SourceConfigured():
            doc.partner = event.settings.partner
            doc.revision = event.revision
            doc.revisions[event.revision] = event.settings
        case CredentialIssued():
            doc.credentials.setdefault(event.scheme, []).append(event.credential_id)
        case CredentialLimited():
            doc.until[event.credential_id] = event.until
        case CheckPassed(check=check):
            doc.passed.append(check)
        case ConformancePassed(at=at):
            doc.conformant_since = at
        case ConformanceLost():
            doc.passed, doc.conformant_since = [], None
        case CredentialRevoked():
            doc.until.pop(event.credential_id, None)
            left = {
                scheme: [credential for credential in ids if credential != event.credential_id]
                for scheme, ids in doc.credentials.items()
            }
            doc.credentials = {scheme: ids for scheme, ids in left.items() if ids}
    return doc


def newer(one: KnownSource, other: KnownSource) -> KnownSource:
    """A source's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownSource) -> dict[str, str | int | None]:
    """Found by its partner."""
    return {"partner": doc.partner}


sources = View(
    "sources",
    2,
    TOPIC,
    IntegrationEvent,
    KnownSource,
    by_source,
    fold,
    newer,
    indexes=("partner",),
    fields=indexed,
)
