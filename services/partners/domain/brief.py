"""A brief: what is wanted of a new centre, for candidates to be held against."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.partners.domain.partner import Language, Name, Said, Text
from services.partners.events import BriefClosed, BriefEvent, BriefWritten, Centre, Work
from shared.kernel import Command, Decider, Money, Rejected, said
from shared.names import Country, Month, Slug

BriefId = Slug
Amount = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class WriteBrief(Command, frozen=True, kw_only=True):
    """Say what is wanted, all of it: what is left out is not asked for. 409 `brief_closed`."""

    brief_id: BriefId
    title: Name
    centre: Centre = "outsourced"
    services: Annotated[tuple[Work, ...], msgspec.Meta(min_length=1)]
    languages: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1)]
    countries: tuple[Country, ...] = ()
    products: tuple[Name, ...] = ()
    skills: tuple[Name, ...] = ()
    calls_a_day: dict[Month, Amount] = msgspec.field(default_factory=dict)
    seats: Amount | None = None
    around_the_clock: bool = False
    hours: Annotated[str, msgspec.Meta(max_length=500)] = ""
    agent_hours: Amount | None = None
    hourly_budget: Money | None = None
    monthly_budget: Money | None = None
    note: Text = ""
    at: datetime
    by: str


class CloseBrief(Command, frozen=True, kw_only=True):
    """Nobody is looked for any more. 409 `unknown_brief`."""

    brief_id: BriefId
    outcome: Said
    at: datetime
    by: str


@dataclass(frozen=True)
class Brief:
    """As last written, and whether it is closed."""

    written: BriefWritten | None = None
    closed: BriefClosed | None = None


def decide(command: WriteBrief | CloseBrief, state: Brief) -> list[BriefEvent]:
    """A closed brief stays as it is."""
    match command:
        case WriteBrief():
            return _write(command, state)
        case CloseBrief():
            if state.written is None:
                raise Rejected("unknown_brief", f"There is no brief {command.brief_id}.")
            return [] if state.closed else [said(BriefClosed, command)]


def _write(command: WriteBrief, state: Brief) -> list[BriefEvent]:
    if state.closed:
        raise Rejected("brief_closed", f"The brief {command.brief_id} is closed; write a new one.")
    written = said(BriefWritten, command)
    known = state.written
    if known is not None and written == msgspec.structs.replace(known, at=written.at, by=written.by):
        return []
    return [written]


def evolve(state: Brief, event: BriefEvent) -> Brief:
    """The last word counts."""
    match event:
        case BriefWritten():
            return replace(state, written=event)
        case BriefClosed():
            return replace(state, closed=event)


brief = Decider("brief", BriefEvent, Brief(), decide, evolve)
