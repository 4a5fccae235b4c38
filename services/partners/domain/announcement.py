"""An announcement to partners' leads and agents, and what each of them says of having read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.partners.domain.announcing import reader_key
from services.partners.domain.partner import Language, Said
from services.partners.events.support import (
    Addressed,
    AnnouncementEvent,
    AnnouncementPublished,
    AnnouncementRead,
    AnnouncementWithdrawn,
    Audience,
    ReceiptEvent,
    Words,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked
from shared.names import PartnerId


class PublishAnnouncement(Command, frozen=True, kw_only=True):
    """Announce something, in one language or several, from `publish_at` on (without it: from now).

    409 `no_fallback` when there is no text in the language `fallback`, `date_before_publication`.
    """

    announcement_id: str
    texts: Annotated[dict[Language, Words], msgspec.Meta(min_length=1, max_length=50)]
    fallback: Language
    at: datetime
    by: str
    addressed: Addressed = Addressed()
    publish_at: datetime | None = None
    acknowledge_by: date | None = None


class WithdrawAnnouncement(Command, frozen=True, kw_only=True):
    """Show it no longer. Who has read it has read it."""

    announcement_id: str
    reason: Said
    at: datetime
    by: str


class ConfirmReading(Command, frozen=True, kw_only=True):
    """Say that somebody has read it: a `lead` by their name in the partner's file, an `agent` by the vendor's id."""

    announcement_id: str
    partner_id: PartnerId
    role: Audience
    reader: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    at: datetime
    by: str


AnnouncementCommand = PublishAnnouncement | WithdrawAnnouncement


@dataclass(frozen=True)
class Announcement:
    """As it was published, and whether it is shown no longer."""

    published: AnnouncementPublished | None = None
    withdrawn: bool = False


@dataclass(frozen=True)
class Receipts:
    """Who of one partner has read it."""

    read: Mapping[str, AnnouncementRead] = field(default_factory=dict)


def decide(command: AnnouncementCommand, state: Announcement) -> list[AnnouncementEvent]:
    """It is published once and never changed: another text is another announcement."""
    match command:
        case PublishAnnouncement():
            return _publish(command, state)
        case WithdrawAnnouncement():
            if state.published is None:
                raise Rejected("unknown_announcement", f"There is no announcement {command.announcement_id}.")
            if state.withdrawn:
                return []
            withdrawn = said(AnnouncementWithdrawn, command)
            return [msgspec.structs.replace(withdrawn, reason=masked(command.reason))]


def _publish(command: PublishAnnouncement, state: Announcement) -> list[AnnouncementEvent]:
    if command.fallback not in command.texts:
        raise Rejected("no_fallback", f"There is no text in {command.fallback}, which those read whose own is missing.")
    publish_at = command.publish_at or command.at
    if command.acknowledge_by is not None and command.acknowledge_by < publish_at.date():
        raise Rejected("date_before_publication", "Nobody can have read it before it is published.")
    published = AnnouncementPublished(
        announcement_id=command.announcement_id,
        texts={tag: Words(masked(words.title), masked(words.body)) for tag, words in command.texts.items()},
        fallback=command.fallback,
        addressed=command.addressed,
        publish_at=publish_at,
        at=command.at,
        by=command.by,
        acknowledge_by=command.acknowledge_by,
    )
    if state.published not in (None, published):
        raise Rejected("announcement_exists", "There is an announcement of this id already, which says something else.")
    return [] if state.published else [published]


def evolve(state: Announcement, event: AnnouncementEvent) -> Announcement:
    """Published, and perhaps withdrawn."""
    match event:
        case AnnouncementPublished():
            return replace(state, published=event)
        case AnnouncementWithdrawn():
            return replace(state, withdrawn=True)


def receipts_id(partner_id: str, announcement_id: str) -> str:
    """The stream of one partner's receipts: many readers of one announcement are not in each other's way."""
    return f"{partner_id}:{announcement_id}"


def confirm(command: ConfirmReading, state: Receipts) -> list[ReceiptEvent]:
    """Once each: the first time counts."""
    known = reader_key(command.role, command.reader) in state.read
    return [] if known else [said(AnnouncementRead, command)]


def confirmed(state: Receipts, event: ReceiptEvent) -> Receipts:
    """One more."""
    return Receipts({**state.read, reader_key(event.role, event.reader): event})


announcement = Decider("announcement", AnnouncementEvent, Announcement(), decide, evolve)
receipts = Decider("receipts", ReceiptEvent, Receipts(), confirm, confirmed)
