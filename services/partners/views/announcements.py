"""What is announced, to whom and from when on; and who of each partner has read it?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

from services.partners.events.support import (
    Addressed,
    AnnouncementEvent,
    AnnouncementPublished,
    AnnouncementRead,
    AnnouncementWithdrawn,
    Words,
)
from shared.contracts.partners import TOPIC
from shared.kernel import View


class KnownAnnouncement(msgspec.Struct, kw_only=True):
    """An announcement as published; `withdrawn` says why it is shown no longer."""

    announcement_id: str
    texts: dict[str, Words] = {}
    fallback: str = ""
    addressed: Addressed = Addressed()
    publish_at: datetime | None = None
    acknowledge_by: date | None = None
    by: str = ""
    withdrawn: str | None = None
    changes: int = 0


class Receipt(msgspec.Struct):
    """When it was said that somebody has read it, and by whom."""

    at: datetime
    by: str


class KnownReceipts(msgspec.Struct, kw_only=True):
    """Who of a partner has read an announcement, by role and id."""

    announcement_id: str
    partner_id: str
    read: dict[str, Receipt] = {}


def by_announcement(event: AnnouncementEvent) -> Iterable[tuple[str, AnnouncementEvent]]:
    """One document an announcement."""
    return [(event.announcement_id, event)]


def fold(doc: KnownAnnouncement | None, event: AnnouncementEvent, sign: int) -> KnownAnnouncement:
    """A command's events are never reversed."""
    doc = doc or KnownAnnouncement(announcement_id=event.announcement_id)
    doc.changes += 1
    match event:
        case AnnouncementPublished():
            doc.texts, doc.fallback, doc.addressed = event.texts, event.fallback, event.addressed
            doc.publish_at, doc.acknowledge_by, doc.by = event.publish_at, event.acknowledge_by, event.by
        case AnnouncementWithdrawn(reason=reason):
            doc.withdrawn = reason
    return doc


def newer(one: KnownAnnouncement, other: KnownAnnouncement) -> KnownAnnouncement:
    """An announcement's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def by_partner(event: AnnouncementRead) -> Iterable[tuple[str, AnnouncementRead]]:
    """One document for an announcement at a partner."""
    return [(f"{event.partner_id}:{event.announcement_id}", event)]


def receive(doc: KnownReceipts | None, event: AnnouncementRead, sign: int) -> KnownReceipts:
    """A command's events are never reversed."""
    doc = doc or KnownReceipts(announcement_id=event.announcement_id, partner_id=event.partner_id)
    doc.read[f"{event.role}/{event.reader}"] = Receipt(event.at, event.by)
    return doc


def fuller(one: KnownReceipts, other: KnownReceipts) -> KnownReceipts:
    """As `newer`: nobody takes a receipt back, so more of them is later."""
    return one if len(one.read) >= len(other.read) else other


announcements = View("announcements", 1, TOPIC, AnnouncementEvent, KnownAnnouncement, by_announcement, fold, newer)
receipts = View(
    "receipts",
    1,
    TOPIC,
    AnnouncementRead,
    KnownReceipts,
    by_partner,
    receive,
    fuller,
    indexes=("announcement",),
    fields=lambda doc: {"announcement": doc.announcement_id},
)
