"""A rota: planned, published, and changed shift by shift as long as the rules are kept and nothing is left open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.training.events.rotas import (
    AgentId,
    RotaDrafted,
    RotaEvent,
    RotaPerson,
    RotaPublished,
    RotaRules,
    RotaShift,
    ShiftSwapped,
)
from services.training.staffing.frame import Wanted, framed
from services.training.staffing.keeping import breaches, exchanged, gaps
from shared.kernel import Command, Decider, Rejected, said
from shared.masking import masked
from shared.names import PartnerId, Slug

RotaId = Slug
Said = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class DraftRota(Command, frozen=True, kw_only=True):
    """Keep a rota as it was planned; a later one takes the place of an earlier. 409 `published` where it holds already,
    `rule_broken`, `left_open` where the shifts are not what they are said to be."""

    partner_id: PartnerId
    rota: RotaId
    first: date
    weeks: Annotated[int, msgspec.Meta(ge=1, le=4)]
    time_zone: str
    people: Annotated[tuple[RotaPerson, ...], msgspec.Meta(min_length=1, max_length=1000)]
    rules: RotaRules
    need: dict[str, tuple[int, ...]]
    standing: tuple[RotaShift, ...] = ()
    shifts: tuple[RotaShift, ...]
    least_minutes: int
    at: datetime
    by: str


class PublishRota(Command, frozen=True, kw_only=True):
    """Let the rota hold. 409 `no_draft`."""

    partner_id: PartnerId
    rota: RotaId
    at: datetime
    by: str


class SwapShift(Command, frozen=True, kw_only=True):
    """Give the shift of `agent` that begins at `starts` to somebody else, for theirs that begins at `back_starts` where
    that is given. 409 `no_draft`, `unknown_shift`, `rule_broken` with the rule, `left_open` with the half hour."""

    partner_id: PartnerId
    rota: RotaId
    agent: AgentId
    starts: datetime
    to: AgentId
    back_starts: datetime | None = None
    reason: Said
    at: datetime
    by: str


RotaCommand = DraftRota | PublishRota | SwapShift


@dataclass(frozen=True)
class Rota:
    """As drafted, the shifts as they are now, what was swapped, and whether it holds."""

    drafted: RotaDrafted | None = None
    shifts: tuple[RotaShift, ...] = ()
    swaps: tuple[ShiftSwapped, ...] = ()
    published: bool = False


def wish(of: RotaDrafted | DraftRota) -> Wanted:
    """What the rota was planned for."""
    frame = framed(of.first, date.fromordinal(of.first.toordinal() + 7 * of.weeks - 1), of.time_zone)
    need: dict[datetime, dict[str, int]] = {}
    for language, people in of.need.items():
        for slot, number in enumerate(people[: frame.slots]):
            if number:
                need.setdefault(frame.at(slot), {})[language] = number
    return Wanted(of.first, of.weeks, of.time_zone, of.people, of.rules, need, of.standing)


def decide(command: RotaCommand, state: Rota) -> list[RotaEvent]:
    """What each command leads to."""
    drafted = state.drafted
    match command:
        case DraftRota():
            drafting = said(RotaDrafted, command)
            if drafted is not None and msgspec.structs.replace(drafted, at=command.at, by=command.by) == drafting:
                return []
            if state.published:
                raise Rejected("published", "People were told of their shifts: swap them one by one.")
            _kept(wish(command), command.shifts)
            return [drafting]
        case PublishRota():
            if drafted is None:
                raise Rejected("no_draft", "Nothing was planned yet.")
            return [] if state.published else [said(RotaPublished, command)]
        case SwapShift():
            if drafted is None:
                raise Rejected("no_draft", "Nothing was planned yet.")
            return _swap(command, drafted, state)


def _kept(wanted: Wanted, shifts: Sequence[RotaShift]) -> None:
    if broken := breaches(wanted, shifts):
        raise Rejected("rule_broken", f"{broken[0].rule}: {broken[0].says}.")
    if left := gaps(wanted, shifts):
        raise Rejected(
            "left_open", f"{left[0].people} with {left[0].language} are missing at {left[0].at:%d %b %H:%M} UTC."
        )


def _swap(command: SwapShift, drafted: RotaDrafted, state: Rota) -> list[RotaEvent]:
    shifts = state.shifts
    given = _begun(shifts, command.agent, command.starts)
    back = _begun(shifts, command.to, command.back_starts) if command.back_starts else None
    if given is None or (command.back_starts and back is None):
        if any(_same(command, done) for done in state.swaps):
            return []
        who, when = (command.agent, command.starts) if given is None else (command.to, command.back_starts)
        raise Rejected("unknown_shift", f"{who} has no shift that begins at {when:%d %b %H:%M} UTC.")
    swapped = ShiftSwapped(
        partner_id=command.partner_id,
        rota=command.rota,
        shift=given,
        to=command.to,
        back=back,
        reason=masked(command.reason),
        at=command.at,
        by=command.by,
    )
    _kept(wish(drafted), exchanged(shifts, given, command.to, back))
    return [swapped]


def _begun(shifts: Sequence[RotaShift], agent: str, starts: datetime) -> RotaShift | None:
    return next((shift for shift in shifts if (shift.agent, shift.starts) == (agent, starts)), None)


def _same(command: SwapShift, done: ShiftSwapped) -> bool:
    back_starts = done.back.starts if done.back else None
    asked = command.agent, command.starts, command.to, command.back_starts
    return (done.shift.agent, done.shift.starts, done.to, back_starts) == asked


def evolve(state: Rota, event: RotaEvent) -> Rota:
    """A new draft begins anew."""
    match event:
        case RotaDrafted():
            return Rota(drafted=event, shifts=event.shifts)
        case RotaPublished():
            return replace(state, published=True)
        case ShiftSwapped(shift=shift, to=to, back=back):
            return replace(state, shifts=exchanged(state.shifts, shift, to, back), swaps=(*state.swaps, event))


rota = Decider("rota", RotaEvent, Rota(), decide, evolve)
