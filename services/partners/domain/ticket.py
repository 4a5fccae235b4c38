"""A ticket: somebody at a partner or among us asks for something, and one of the two sides has to act."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.partners.domain.partner import Name, Said
from services.partners.domain.sla import POLICY
from services.partners.events.support import (
    Calendar,
    Category,
    Link,
    LinkKind,
    MessageAdded,
    Opener,
    Priority,
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
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked
from shared.names import PartnerId

MOST_LINKS = 100
Subject = Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
Body = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
TicketId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:[0-9a-f]{12}$(?!\n)")]


class OpenTicket(Command, frozen=True, kw_only=True):
    """Ask for something. Numbers in the texts that look like a customer's are masked.

    `agent`: the vendor's id of the agent who asks. `handled_by` is the side that has to act: us, unless we ask the
    partner. Without `calendar` all hours count for what is promised.
    """

    ticket_id: str
    partner_id: PartnerId
    subject: Subject
    text: Body
    category: Category
    opener: Opener
    at: datetime
    by: str
    priority: Priority = "normal"
    handled_by: Side = "us"
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    calendar: Calendar | None = None
    links: Annotated[tuple[Link, ...], msgspec.Meta(max_length=MOST_LINKS)] = ()


class AddMessage(Command, frozen=True, kw_only=True):
    """Say something in the thread. `asks`: the ticket waits for the other side from now on.

    What the side says that is waited for gives the turn back. An `internal` note is for our own side only. 409
    `ticket_resolved` for what is not a note: reopen it; `note_of_partner`.
    """

    ticket_id: str
    message_id: str
    side: Side
    text: Body
    at: datetime
    by: str
    internal: bool = False
    asks: bool = False


class AssignTicket(Command, frozen=True, kw_only=True):
    """Give the ticket to somebody; it can be given on at any time."""

    ticket_id: str
    assignee: Name
    at: datetime
    by: str


class PrioritiseTicket(Command, frozen=True, kw_only=True):
    """Say how urgent it is; what is promised for that priority holds from its opening on."""

    ticket_id: str
    priority: Priority
    at: datetime
    by: str


class LinkTicket(Command, frozen=True, kw_only=True):
    """Say what the ticket is about. 409 `too_many_links` above 100."""

    ticket_id: str
    kind: LinkKind
    ref: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class UnlinkTicket(Command, frozen=True, kw_only=True):
    """The ticket is not about this."""

    ticket_id: str
    kind: LinkKind
    ref: str


class ResolveTicket(Command, frozen=True, kw_only=True):
    """Say that what was asked for is done, or why it will not be."""

    ticket_id: str
    side: Side
    outcome: Said
    at: datetime
    by: str


class ReopenTicket(Command, frozen=True, kw_only=True):
    """Say why it is not done after all."""

    ticket_id: str
    reason: Said
    at: datetime
    by: str


class MergeTicket(Command, frozen=True, kw_only=True):
    """Go on in another ticket of the same partner that asks for the same.

    Only into an older one, so that tickets never lead back to each other: 409 `merge_into_the_older`. 409
    `other_partner`, `ticket_resolved`.
    """

    ticket_id: str
    into: TicketId
    into_opened_at: datetime
    at: datetime
    by: str


class AbsorbTicket(Command, frozen=True, kw_only=True):
    """A younger ticket was merged into this one; known from there."""

    ticket_id: str
    source: str


TicketCommand = (
    OpenTicket
    | AddMessage
    | AssignTicket
    | PrioritiseTicket
    | LinkTicket
    | UnlinkTicket
    | ResolveTicket
    | ReopenTicket
    | MergeTicket
    | AbsorbTicket
)


@dataclass(frozen=True)
class Ticket:
    """How it was opened; whose turn it is (None: resolved), and what is known of it by now."""

    opened: TicketOpened | None = None
    turn: Side | None = None
    messages: frozenset[str] = frozenset()
    assignee: str | None = None
    priority: Priority | None = None
    links: frozenset[Link] = frozenset()
    merged_into: str | None = None
    absorbed: frozenset[str] = frozenset()


def other(side: Side) -> Side:
    """The other one."""
    return "partner" if side == "us" else "us"


def decide(command: TicketCommand, state: Ticket) -> list[TicketEvent]:
    """Open once; everything else is said of an open ticket. What is merged goes on elsewhere."""
    match command:
        case OpenTicket():
            return _open(command, state)
        case _ if state.opened is None:
            raise Rejected("unknown_ticket", f"There is no ticket {command.ticket_id}.")
        case AbsorbTicket(source=source):
            return [] if source in state.absorbed else [said(TicketAbsorbed, command)]
        case MergeTicket():
            return _merge(command, state, state.opened)
        case _ if state.merged_into is not None:
            raise Rejected("ticket_merged", f"The ticket goes on as {state.merged_into}.")
        case AddMessage():
            return _add(command, state)
        case AssignTicket(assignee=assignee):
            return [] if assignee == state.assignee else [said(TicketAssigned, command)]
        case PrioritiseTicket(ticket_id=ticket_id, priority=priority, at=at, by=by):
            if priority == state.priority:
                return []
            promise = POLICY[priority].promise()
            return [TicketPrioritised(ticket_id=ticket_id, priority=priority, promise=promise, at=at, by=by)]
        case LinkTicket(ticket_id=ticket_id, kind=kind, ref=ref):
            link = Link(kind, ref)
            if link not in state.links and len(state.links) >= MOST_LINKS:
                raise Rejected("too_many_links", f"A ticket has at most {MOST_LINKS} links.")
            return [] if link in state.links else [TicketLinked(ticket_id=ticket_id, link=link, holds=True)]
        case UnlinkTicket(ticket_id=ticket_id, kind=kind, ref=ref):
            link = Link(kind, ref)
            return [TicketLinked(ticket_id=ticket_id, link=link, holds=False)] if link in state.links else []
        case ResolveTicket():
            return _resolve(command, state, state.opened)
        case ReopenTicket():
            return _reopen(command, state, state.opened)


def _open(command: OpenTicket, state: Ticket) -> list[TicketEvent]:
    opened = TicketOpened(
        ticket_id=command.ticket_id,
        partner_id=command.partner_id,
        subject=masked(command.subject),
        text=masked(command.text),
        category=command.category,
        priority=command.priority,
        opener=command.opener,
        handled_by=command.handled_by,
        promise=POLICY[command.priority].promise(),
        at=command.at,
        by=command.by,
        agent=command.agent,
        calendar=command.calendar,
        links=tuple(sorted(set(command.links))),
    )
    if state.opened not in (None, opened):
        raise Rejected("ticket_exists", "There is a ticket of this id already, which asks for something else.")
    return [] if state.opened else [opened]


def _add(command: AddMessage, state: Ticket) -> list[TicketEvent]:
    if command.message_id in state.messages:
        return []
    if command.internal and command.side == "partner":
        raise Rejected("note_of_partner", "Internal notes are for our own side.")
    if state.turn is None and not command.internal:
        raise Rejected("ticket_resolved", "The ticket is resolved; reopen it and say why.")
    added = MessageAdded(
        ticket_id=command.ticket_id,
        message_id=command.message_id,
        side=command.side,
        text=masked(command.text),
        internal=command.internal,
        at=command.at,
        by=command.by,
    )
    requester = other(state.opened.handled_by) if state.opened else None
    answers = command.side == requester == state.turn
    if command.internal or not (answers or (command.asks and command.side == state.turn)):
        return [added]
    return [added, TurnPassed(ticket_id=command.ticket_id, side=other(command.side), at=command.at)]


def _resolve(command: ResolveTicket, state: Ticket, opened: TicketOpened) -> list[TicketEvent]:
    if state.turn is None:
        return []
    return [
        TicketResolved(
            ticket_id=command.ticket_id,
            partner_id=opened.partner_id,
            outcome=masked(command.outcome),
            side=command.side,
            at=command.at,
            by=command.by,
        )
    ]


def _reopen(command: ReopenTicket, state: Ticket, opened: TicketOpened) -> list[TicketEvent]:
    if state.turn is not None:
        return []
    return [
        TicketReopened(
            ticket_id=command.ticket_id,
            partner_id=opened.partner_id,
            subject=opened.subject,
            reason=masked(command.reason),
            at=command.at,
            by=command.by,
        )
    ]


def _merge(command: MergeTicket, state: Ticket, opened: TicketOpened) -> list[TicketEvent]:
    if state.merged_into == command.into:
        return []
    if state.merged_into is not None:
        raise Rejected("ticket_merged", f"The ticket goes on as {state.merged_into}.")
    if command.into.partition(":")[0] != opened.partner_id:
        raise Rejected("other_partner", "Both tickets have to be of the same partner.")
    if (command.into_opened_at, command.into) >= (opened.at, opened.ticket_id):
        raise Rejected("merge_into_the_older", "A ticket goes on in an older one: merge the other one into this.")
    if state.turn is None:
        raise Rejected("ticket_resolved", "The ticket is resolved; there is nothing to go on with.")
    return [
        TicketMerged(
            ticket_id=command.ticket_id,
            partner_id=opened.partner_id,
            into=command.into,
            at=command.at,
            by=command.by,
        )
    ]


def evolve(state: Ticket, event: TicketEvent) -> Ticket:
    """It waits for the handling side when it is opened, and again when it is reopened."""
    match event:
        case TicketOpened(handled_by=side, priority=priority, links=links):
            return replace(state, opened=event, turn=side, priority=priority, links=frozenset(links))
        case MessageAdded(message_id=message_id):
            return replace(state, messages=state.messages | {message_id})
        case TurnPassed(side=side):
            return replace(state, turn=side)
        case TicketAssigned(assignee=assignee):
            return replace(state, assignee=assignee)
        case TicketPrioritised(priority=priority):
            return replace(state, priority=priority)
        case TicketLinked(link=link, holds=holds):
            return replace(state, links=state.links | {link} if holds else state.links - {link})
        case TicketResolved():
            return replace(state, turn=None)
        case TicketReopened():
            return replace(state, turn=state.opened.handled_by if state.opened else None)
        case TicketMerged(into=into):
            return replace(state, turn=None, merged_into=into)
        case TicketAbsorbed(source=source):
            return replace(state, absorbed=state.absorbed | {source})


ticket = Decider("ticket", TicketEvent, Ticket(), decide, evolve)
