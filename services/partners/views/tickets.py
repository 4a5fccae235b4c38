"""What does each ticket ask for, what was said about it, and for whom did it wait since when?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.partners.events.support import (
    Calendar,
    Category,
    Link,
    MessageAdded,
    Opener,
    Priority,
    Promise,
    Side,
    TicketAbsorbed,
    TicketAssigned,
    TicketEvent,
    TicketLinked,
    TicketMerged,
    TicketOpened,
    TicketPrioritised,
    TicketReopened,
    TicketResolved,
    TurnPassed,
)
from shared.contracts.partners import TOPIC
from shared.kernel import View


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one side said. `internal` notes are for our own side only."""

    message_id: str
    side: Side
    text: str
    at: datetime
    by: str
    internal: bool = False


class Waited(msgspec.Struct):
    """From `at` on it waited for `side`; None: for nobody."""

    side: Side | None
    at: datetime


class KnownTicket(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A ticket; `turns` in order. `answered_at` is when the handling side first said something to the other side.

    `changes` counts the events behind this.
    """

    ticket_id: str
    partner_id: str = ""
    subject: str = ""
    text: str = ""
    category: Category = "other"
    priority: Priority = "normal"
    opener: Opener = "partner"
    handled_by: Side = "us"
    promise: Promise = Promise(first_response_s=0, resolution_s=0)
    opened_at: datetime | None = None
    by: str = ""
    agent: str | None = None
    assignee: str | None = None
    calendar: Calendar | None = None
    links: list[Link] = []
    messages: list[Message] = []
    turns: list[Waited] = []
    answered_at: datetime | None = None
    outcome: str | None = None
    reopened: list[str] = []
    merged_into: str | None = None
    absorbed: list[str] = []
    changes: int = 0

    @property
    def state(self) -> str:
        """`open` while it waits for the handling side, `waiting` for the other one, `resolved`, `merged`."""
        if self.merged_into is not None:
            return "merged"
        turn = self.turns[-1].side if self.turns else None
        if turn is None:
            return "resolved"
        return "open" if turn == self.handled_by else "waiting"


def by_ticket(event: TicketEvent) -> Iterable[tuple[str, TicketEvent]]:
    """One document a ticket."""
    return [(event.ticket_id, event)]


def fold(doc: KnownTicket | None, event: TicketEvent, sign: int) -> KnownTicket:
    """What is said last counts. A command's events are never reversed."""
    doc = doc or KnownTicket(ticket_id=event.ticket_id)
    doc.changes += 1
    match event:
        case TicketOpened():
            doc.partner_id, doc.subject, doc.text = event.partner_id, event.subject, event.text
            doc.category, doc.priority, doc.promise = event.category, event.priority, event.promise
            doc.opener, doc.by, doc.agent = event.opener, event.by, event.agent
            doc.handled_by, doc.calendar, doc.opened_at = event.handled_by, event.calendar, event.at
            doc.links = list(event.links)
            doc.turns.append(Waited(event.handled_by, event.at))
        case MessageAdded(side=side, internal=internal, at=at):
            doc.messages.append(msgspec.convert(event, Message, from_attributes=True))
            if doc.answered_at is None and not internal and side == doc.handled_by:
                doc.answered_at = at
        case TurnPassed(side=side, at=at):
            doc.turns.append(Waited(side, at))
        case TicketAssigned(assignee=assignee):
            doc.assignee = assignee
        case TicketPrioritised(priority=priority, promise=promise):
            doc.priority, doc.promise = priority, promise
        case TicketLinked(link=link, holds=holds):
            doc.links = [known for known in doc.links if known != link] + ([link] if holds else [])
        case TicketResolved(outcome=outcome, side=side, at=at):
            doc.outcome = outcome
            doc.turns.append(Waited(None, at))
            if doc.answered_at is None and side == doc.handled_by:
                doc.answered_at = at
        case TicketReopened(reason=reason, at=at):
            doc.outcome = None
            doc.reopened.append(reason)
            doc.turns.append(Waited(doc.handled_by, at))
        case TicketMerged(into=into, at=at):
            doc.merged_into = into
            doc.turns.append(Waited(None, at))
        case TicketAbsorbed(source=source):
            doc.absorbed.append(source)
    return doc


def newer(one: KnownTicket, other: KnownTicket) -> KnownTicket:
    """A ticket's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownTicket) -> dict[str, str | int | None]:
    """Found by partner, by state and by who works on it."""
    return {"partner": doc.partner_id, "state": doc.state, "assignee": doc.assignee}


tickets = View(
    "tickets",
    1,
    TOPIC,
    TicketEvent,
    KnownTicket,
    by_ticket,
    fold,
    newer,
    indexes=("partner", "state", "assignee"),
    fields=indexed,
)
