"""A defect of ours: found, taken on, replayed with each release, closed once nothing shows it any more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.reconciliation.events.defects import (
    DefectAcknowledged,
    DefectClosed,
    DefectEvent,
    DefectReopened,
    DefectReplayed,
)
from shared.contracts.reconciliation import DefectSpecified
from shared.kernel import Command, Decider, Money, Rejected, said
from shared.names import Digest, Month

DefectId = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:[0-9]{4}-(0[1-9]|1[0-2])-[1-9][0-9]{0,5}$(?!\n)")
]
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0)]

_FROM = re.compile(r"from .* UTC on")
_TALK = re.compile(r"talk is [0-9]+ s or more")


@dataclass(frozen=True)
class Identity:
    """What makes a defect the same one in another month: its kind and the conditions of its predicate, without dates
    and without the length of the shortest call that happened to fail."""

    kind: str
    conditions: frozenset[str]

    def touches(self, other: Identity) -> bool:
        """Whether one may be what is left of the other, or what has become of it."""
        mine, theirs = self.conditions, other.conditions
        return self.kind == other.kind and (mine <= theirs or theirs <= mine)


def identity(kind: str, predicate: str) -> Identity:
    """The identity of a defect with a predicate in words."""
    said = (one for one in predicate.split(" and ") if not _FROM.fullmatch(one))
    return Identity(kind, frozenset(_TALK.sub("talk is long", one) for one in said))


def closes(defect: Identity, found_now: Iterable[Identity]) -> bool:
    """Whether a defect is gone from a month in which these are found. One that is narrower or wider by now is not."""
    return not any(defect.touches(one) for one in found_now)


class SpecifyDefect(Command, frozen=True, kw_only=True):
    """Say what was found in a month. Found again after it was closed, it is open again. 409 `other_defect` where the
    id is another defect's."""

    defect_id: DefectId
    month: Month
    kind: Name
    predicate: Said
    calls: Annotated[int, msgspec.Meta(ge=1)]
    moved: Money
    fixture: Digest
    at: datetime
    by: str


class AcknowledgeDefect(Command, frozen=True, kw_only=True):
    """Take it on; `ticket` says where its work is followed. 409 `unknown_defect`, `closed_already`."""

    defect_id: DefectId
    ticket: Name
    at: datetime
    by: str


class RecordReplay(Command, frozen=True, kw_only=True):
    """Say what came of the fixture with a release: `differing` of its `of` calls. A closed defect that fails is open
    again. 409 `unknown_defect`, `other_fixture` where a newer one holds."""

    defect_id: DefectId
    fixture: Digest
    release: Name
    differing: Count
    of: Count
    at: datetime
    by: str


class CloseDefect(Command, frozen=True, kw_only=True):
    """Close it: `months` were replayed and show it no more. 409 `unknown_defect`, `not_replayed`, `still_fails`,
    `months_left`."""

    defect_id: DefectId
    months: Annotated[tuple[Month, ...], msgspec.Meta(min_length=1)]
    at: datetime
    by: str


class ReopenDefect(Command, frozen=True, kw_only=True):
    """Say that it is not mended after all. 409 `unknown_defect`."""

    defect_id: DefectId
    reason: Said
    at: datetime
    by: str


DefectCommand = SpecifyDefect | AcknowledgeDefect | RecordReplay | CloseDefect | ReopenDefect


@dataclass(frozen=True)
class OwnDefect:
    """What was found last, in which months since it was last closed, the ticket, and the last replay of the fixture
    that holds."""

    specified: DefectSpecified | None = None
    months: frozenset[str] = frozenset()
    ticket: str = ""
    replay: DefectReplayed | None = None
    closed: bool = False


def decide(command: DefectCommand, state: OwnDefect) -> list[DefectEvent]:
    """What each command leads to."""
    if isinstance(command, SpecifyDefect):
        return _specify(command, state)
    known = state.specified
    if known is None:
        raise Rejected("unknown_defect", f"Nothing was found under {command.defect_id}.")
    match command:
        case AcknowledgeDefect(ticket=ticket):
            if ticket == state.ticket:
                return []
            if state.closed:
                raise Rejected("closed_already", "It is closed: there is nothing to take on.")
            return [said(DefectAcknowledged, command, partner_id=_partner(command))]
        case RecordReplay():
            return _record(command, known, state)
        case CloseDefect():
            return _close(command, state)
        case ReopenDefect(reason=reason):
            return [_reopened(command, reason)] if state.closed else []


def _specify(command: SpecifyDefect, state: OwnDefect) -> list[DefectEvent]:
    known = state.specified
    if known is not None:
        if identity(known.kind, known.predicate) != identity(command.kind, command.predicate):
            raise Rejected("other_defect", f"{command.defect_id} is {known.kind} where {known.predicate}.")
        if not state.closed and (known.month, known.fixture) == (command.month, command.fixture):
            return []
    found: list[DefectEvent] = [said(DefectSpecified, command, partner_id=_partner(command))]
    if state.closed:
        found.append(_reopened(command, f"It was found again in {command.month}."))
    return found


def _record(command: RecordReplay, known: DefectSpecified, state: OwnDefect) -> list[DefectEvent]:
    if command.fixture != known.fixture:
        raise Rejected("other_fixture", "A newer fixture holds.")
    last = state.replay
    outcome = (command.release, command.differing, command.of)
    if last is not None and (last.release, last.differing, last.of) == outcome:
        return []
    found: list[DefectEvent] = [said(DefectReplayed, command, partner_id=_partner(command))]
    if state.closed and command.differing:
        found.append(_reopened(command, f"Its fixture fails with release {command.release}."))
    return found


def _close(command: CloseDefect, state: OwnDefect) -> list[DefectEvent]:
    if state.closed:
        return []
    if state.replay is None:
        raise Rejected("not_replayed", "Its fixture was not replayed.")
    if state.replay.differing:
        raise Rejected("still_fails", f"{state.replay.differing} of {state.replay.of} calls of its fixture differ.")
    if left := state.months - set(command.months):
        raise Rejected("months_left", f"It was found in {', '.join(sorted(left))} too.")
    months, release = tuple(sorted(state.months)), state.replay.release
    return [said(DefectClosed, command, partner_id=_partner(command), months=months, release=release)]


def _reopened(command: DefectCommand, reason: str) -> DefectReopened:
    return said(DefectReopened, command, partner_id=_partner(command), reason=reason)


def _partner(command: DefectCommand) -> str:
    return command.defect_id.partition(":")[0]


def evolve(state: OwnDefect, event: DefectEvent) -> OwnDefect:
    """A new fixture was not replayed yet. A defect that was reopened was found in the months that it had."""
    match event:
        case DefectSpecified(month=month, fixture=fixture):
            kept = state.replay if state.replay is not None and state.replay.fixture == fixture else None
            months = {month} if state.closed else state.months | {month}
            return replace(state, specified=event, months=frozenset(months), replay=kept)
        case DefectAcknowledged(ticket=ticket):
            return replace(state, ticket=ticket)
        case DefectReplayed():
            return replace(state, replay=event)
        case DefectClosed():
            return replace(state, closed=True)
        case DefectReopened():
            return replace(state, closed=False)


defect = Decider("defect", DefectEvent, OwnDefect(), decide, evolve)
