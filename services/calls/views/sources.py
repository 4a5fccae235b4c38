"""Which telephony sources are there, with which settings at which revision, and which credentials count?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from shared.contracts.partners import (
    TOPIC,
    CredentialIssued,
    CredentialLimited,
    CredentialRevoked,
    PublicPartnerEvent,
    SourceConfigured,
    SourceSettings,
)
from shared.kernel import View

SourceEvent = SourceConfigured | CredentialIssued | CredentialLimited | CredentialRevoked


class SourceBook(msgspec.Struct, kw_only=True):
    """A source. All revisions of its settings are kept: an item is read by the one that it met.

    `credentials` are those that count, with their schemes; `until` says of some of them for how long.
    """

    source_id: str
    revision: int = 0
    settings: dict[str, SourceSettings] = {}
    credentials: dict[str, str] = {}
    until: dict[str, datetime] = {}

    @property
    def current(self) -> SourceSettings:
        """The settings that items get that come now."""
        return self.settings[str(self.revision)]


def by_source(event: PublicPartnerEvent) -> Iterable[tuple[str, SourceEvent]]:
    """One document a source."""
    if isinstance(event, SourceEvent):
        yield event.source_id, event


def fold(book: SourceBook | None, event: SourceEvent, sign: int) -> SourceBook:
    """Configurations are never taken back; a later one counts."""
    book = book or SourceBook(source_id=event.source_id)
    match event:
        case SourceConfigured():
            book.settings[str(event.revision)] = event.settings
            book.revision = max(book.revision, event.revision)
        case CredentialIssued():
            book.credentials[event.credential_id] = event.scheme
        case CredentialLimited():
            book.until[event.credential_id] = event.until
        case CredentialRevoked():
            book.credentials.pop(event.credential_id, None)
            book.until.pop(event.credential_id, None)
    return book


def newest(one: SourceBook, other: SourceBook) -> SourceBook:
    """A source's events are in one partition, so there is one shard; the one with settings has the say."""
    return one if one.revision >= other.revision else other


call_sources = View(
    name="call_sources",
    version=2,
    topic=TOPIC,
    events=PublicPartnerEvent,
    doc=SourceBook,
    route=by_source,
    fold=fold,
    merge=newest,
)
