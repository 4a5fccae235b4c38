"""What is recorded of support: tickets, announcements and their receipts, and the actions of monthly reviews."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from shared.kernel import Event

# Tickets


Side = Literal["us", "partner"]
Opener = Literal["partner", "agent", "staff"]
Priority = Literal["urgent", "high", "normal", "low"]
Category = Literal["telephony", "panel", "campaign", "report", "invoice", "training", "data", "contract", "other"]
LinkKind = Literal["call", "report", "invoice", "partner"]


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Open on a weekday (0 is Monday) from one minute of the day to another, in local time."""

    weekday: Annotated[int, msgspec.Meta(ge=0, le=6)]
    from_minute: Annotated[int, msgspec.Meta(ge=0, le=1439)]
    to_minute: Annotated[int, msgspec.Meta(ge=1, le=1440)]


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hours of a week in which time counts, in an IANA time zone."""

    time_zone: str
    open: Annotated[tuple[Opening, ...], msgspec.Meta(min_length=1, max_length=70)]


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """Within how many seconds a ticket is to be answered first, and resolved."""

    first_response_s: int
    resolution_s: int


class Link(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """What a ticket is about: a call, a report, an invoice or a partner, by its id."""

    kind: LinkKind
    ref: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class TicketOpened(Event, frozen=True, kw_only=True):
    """Somebody asks for something. `handled_by` is the side that has to act; without `calendar` all hours count.

    `agent` is the vendor's id of the agent who asks, or for whom it is asked.
    """

    ticket_id: str
    partner_id: str
    subject: str
    text: str
    category: Category
    priority: Priority
    opener: Opener
    handled_by: Side
    promise: Promise
    at: datetime
    by: str
    agent: str | None = None
    calendar: Calendar | None = None
    links: tuple[Link, ...] = ()


class MessageAdded(Event, frozen=True, kw_only=True):
    """Something was said in a ticket's thread. `internal` notes are for our own side only."""

    ticket_id: str
    message_id: str
    side: Side
    text: str
    internal: bool
    at: datetime
    by: str


class TurnPassed(Event, frozen=True, kw_only=True):
    """The ticket waits for the other side from now on."""

    ticket_id: str
    side: Side
    at: datetime


class TicketAssigned(Event, frozen=True, kw_only=True):
    """One person works on the ticket from now on."""

    ticket_id: str
    assignee: str
    at: datetime
    by: str


class TicketPrioritised(Event, frozen=True, kw_only=True):
    """The ticket is more or less urgent than was thought, and so is what is promised for it."""

    ticket_id: str
    priority: Priority
    promise: Promise
    at: datetime
    by: str


class TicketLinked(Event, frozen=True, kw_only=True):
    """The ticket is about this too, or no longer."""

    ticket_id: str
    link: Link
    holds: bool


class TicketResolved(Event, frozen=True, kw_only=True):
    """What was asked for is done, or will not be."""

    ticket_id: str
    partner_id: str
    outcome: str
    side: Side
    at: datetime
    by: str


class TicketReopened(Event, frozen=True, kw_only=True):
    """It was not done after all."""

    ticket_id: str
    partner_id: str
    subject: str
    reason: str
    at: datetime
    by: str


class TicketMerged(Event, frozen=True, kw_only=True):
    """The ticket asks for what an older one of the same partner asks for, and goes on there."""

    ticket_id: str
    partner_id: str
    into: str
    at: datetime
    by: str


class TicketAbsorbed(Event, frozen=True, kw_only=True):
    """A younger ticket goes on in this one."""

    ticket_id: str
    source: str


# Announcements


Audience = Literal["lead", "agent"]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An announcement in one language."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]


class Addressed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom an announcement is: for those who meet every part that is not empty; nothing at all: for everybody.

    Leads are the contacts in a partner's file, agents are those registered of it. A language is met by who speaks it,
    `de` also by who speaks `de-AT`.
    """

    partners: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    roles: tuple[Audience, ...] = ()


class AnnouncementPublished(Event, frozen=True, kw_only=True):
    """Something to be read at partners, from `publish_at` on; `fallback` is the language of those whose own is missing.

    With `acknowledge_by`, each reader has to say until the end of that day that they have read it.
    """

    announcement_id: str
    texts: dict[str, Words]
    fallback: str
    addressed: Addressed
    publish_at: datetime
    at: datetime
    by: str
    acknowledge_by: date | None = None


class AnnouncementWithdrawn(Event, frozen=True, kw_only=True):
    """It is shown no longer."""

    announcement_id: str
    reason: str
    at: datetime
    by: str


class AnnouncementRead(Event, frozen=True, kw_only=True):
    """A lead or an agent of a partner says for the first time that they have read it."""

    announcement_id: str
    partner_id: str
    role: Audience
    reader: str
    at: datetime
    by: str


# Reviews


class ActionAgreed(Event, frozen=True, kw_only=True):
    """In a partner's monthly review an action was agreed, or carried over from the month before."""

    partner_id: str
    month: str
    action_id: str
    text: str
    owner: str
    due: date
    at: datetime
    by: str
    carried_from: str | None = None


class ActionDone(Event, frozen=True, kw_only=True):
    """The action was done, with what came of it."""

    partner_id: str
    month: str
    action_id: str
    outcome: str
    at: datetime
    by: str


class ActionCarried(Event, frozen=True, kw_only=True):
    """The action was not done, and goes on in the next month's review with a new due date."""

    partner_id: str
    month: str
    action_id: str
    text: str
    owner: str
    due: date
    reason: str
    at: datetime
    by: str


TicketEvent = (
    TicketOpened
    | MessageAdded
    | TurnPassed
    | TicketAssigned
    | TicketPrioritised
    | TicketLinked
    | TicketResolved
    | TicketReopened
    | TicketMerged
    | TicketAbsorbed
)
AnnouncementEvent = AnnouncementPublished | AnnouncementWithdrawn
ReceiptEvent = AnnouncementRead
ReviewEvent = ActionAgreed | ActionDone | ActionCarried
SupportEvent = TicketEvent | AnnouncementEvent | ReceiptEvent | ReviewEvent
