"""A partner's ramp: phases with a daily cap each, left one after the other when their exit criteria hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

import msgspec

from services.partners.events.transition import Phase, RampCapAlertWithdrawn, RampEvent, RampPlanned, RampStarted
from shared.contracts.partners import RampAdvanced, RampCapExceeded, RampFigures
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId

CriterionCode = Literal["days", "calls", "answered", "reached", "sound", "learning_unknown", "learning"]


class PlanRamp(Command, frozen=True, kw_only=True):
    """Say the phases of the ramp, in order. Those that were left, and the one in force, keep name and place.

    409 `caps_fall` when a phase allows fewer calls a day than the one before, `phase_twice`, `phase_begun` when one
    that has begun would change its name or place, `ramp_completed`.
    """

    partner_id: PartnerId
    phases: Annotated[tuple[Phase, ...], msgspec.Meta(min_length=1, max_length=20)]
    at: datetime
    by: str


class StartRamp(Command, frozen=True, kw_only=True):
    """The partner takes real calls from now on. The same again is a repeat: a ramp goes on where it stood."""

    partner_id: str
    at: datetime


class AdvanceRamp(Command, frozen=True, kw_only=True):
    """Leave the phase in force, by what the partner's calls came to since it began.

    409 `no_ramp`, `ramp_not_started`, `phase_not_in_force`, `exit_criteria_unmet`, which says each of them.
    """

    partner_id: PartnerId
    phase: str
    figures: RampFigures
    at: datetime
    by: str


class CompareWithCap(Command, frozen=True, kw_only=True):
    """A day of the partner's, which ends (in its zone) at `day_ends`, has so many calls."""

    partner_id: str
    day: str
    day_ends: datetime
    calls: int
    at: datetime


RampCommand = PlanRamp | StartRamp | AdvanceRamp | CompareWithCap


@dataclass(frozen=True)
class Ramp:
    """The phases, when the ramp started, when each phase was left, and the days whose alert stands."""

    phases: tuple[Phase, ...] = ()
    started: datetime | None = None
    left: tuple[datetime, ...] = ()
    alerts: Mapping[str, RampCapExceeded] = field(default_factory=dict)

    @property
    def completed(self) -> bool:
        """Every phase was left: no cap holds any more."""
        return bool(self.phases) and len(self.left) == len(self.phases)

    def cap_of(self, day_ends: datetime) -> Phase | None:
        """The phase whose cap holds for a day: the last one that began before it ended. None before and after."""
        passed = sum(at < day_ends for at in self.left)
        if self.started is None or self.started >= day_ends or passed >= len(self.phases):
            return None
        return self.phases[passed]


def decide(command: RampCommand, state: Ramp) -> list[RampEvent]:
    """Caps do not fall, and no phase is left unless its criteria hold: nobody can pass that by."""
    match command:
        case PlanRamp():
            return _plan(command, state)
        case StartRamp():
            return [said(RampStarted, command)] if state.started is None else []
        case AdvanceRamp():
            return _advance(command, state)
        case CompareWithCap():
            return _compare(command, state)


def _plan(command: PlanRamp, state: Ramp) -> list[RampEvent]:
    phases = command.phases
    if phases == state.phases:
        return []
    if state.completed:
        raise Rejected("ramp_completed", "The ramp is over.")
    for one, other in pairwise(phases):
        if other.daily_cap < one.daily_cap:
            raise Rejected(
                "caps_fall", f"{other.name} allows {other.daily_cap} calls a day, {one.name} before it {one.daily_cap}."
            )
    if len({phase.name for phase in phases}) < len(phases):
        raise Rejected("phase_twice", "Two phases have the same name.")
    begun = state.phases[: len(state.left) + 1] if state.started else ()
    if [phase.name for phase in phases[: len(begun)]] != [phase.name for phase in begun]:
        raise Rejected("phase_begun", f"These have begun and stay: {', '.join(phase.name for phase in begun)}.")
    if phases[: len(state.left)] != state.phases[: len(state.left)]:
        raise Rejected("phase_begun", "What a phase asked for that was left stays as it was.")
    return [said(RampPlanned, command)]


def _advance(command: AdvanceRamp, state: Ramp) -> list[RampEvent]:
    if not state.phases:
        raise Rejected("no_ramp", f"There are no phases of a ramp for {command.partner_id}.")
    if state.started is None:
        raise Rejected("ramp_not_started", "The ramp begins when the partner moves to that stage.")
    number = len(state.left)
    if command.phase in (phase.name for phase in state.phases[:number]):
        return []
    if state.completed or state.phases[number].name != command.phase:
        raise Rejected("phase_not_in_force", f"The phase {command.phase} is not in force.")
    phase = state.phases[number]
    unmet = [one.says for one in criteria(phase, command.figures) if not one.holds]
    if unmet:
        raise Rejected("exit_criteria_unmet", f"{phase.name}: {'; '.join(unmet)}.")
    following = state.phases[number + 1] if number + 1 < len(state.phases) else None
    return [
        RampAdvanced(
            partner_id=command.partner_id,
            phase=phase.name,
            target=following.name if following else None,
            daily_cap=following.daily_cap if following else None,
            figures=command.figures,
            at=command.at,
            by=command.by,
        )
    ]


class Criterion(NamedTuple):
    """An exit criterion in English, and whether it holds; the same as a code with its figures, shares in per cent."""

    says: str
    holds: bool
    code: CriterionCode
    values: dict[str, int | str]


def criteria(phase: Phase, figures: RampFigures) -> list[Criterion]:
    """Each exit criterion with its figures. A share of nothing does not hold."""
    wanted, f = phase.exit, figures
    days: dict[str, int | str] = {"n": f.days, "least": wanted.min_days}
    calls: dict[str, int | str] = {"n": f.calls, "least": wanted.min_calls}
    found = [
        Criterion(
            f"{f.days} whole days with calls, at least {wanted.min_days}", f.days >= wanted.min_days, "days", days
        ),
        Criterion(f"{f.calls} calls, at least {wanted.min_calls}", f.calls >= wanted.min_calls, "calls", calls),
    ]
    found += _at_least("answered", "answered of offered", f.answered, f.offered, wanted.min_answer_rate)
    found += _at_least("reached", "reached of dialled", f.reached, f.dialed, wanted.min_contact_rate)
    if wanted.max_error_rate is not None:
        wrong = f.calls - f.ended + f.flawed
        holds = f.calls > 0 and wrong * 100 <= f.calls * wanted.max_error_rate
        says = f"{wrong} of {f.calls} calls without a sound end, at most {wanted.max_error_rate} %"
        values: dict[str, int | str] = {"n": wrong, "of": f.calls, "share": str(wanted.max_error_rate)}
        found.append(Criterion(says, holds, "sound", values))
    return found + _learns(f, wanted.min_learning_rate)


def _learns(figures: RampFigures, percent: int | None) -> list[Criterion]:
    """New agents beside earlier ones. It does not hold where there is too little to tell, nor by what was told before
    the phase began."""
    if percent is None:
        return []
    told = figures.learning
    if told is None:
        says = f"nothing is told yet of how new agents learn, at least {percent} % of earlier ones' sales"
        return [Criterion(says, False, "learning_unknown", {"share": str(percent)})]
    says = (
        f"new agents made {told.sales} sales of {told.contacts} contacts, and {told.earlier} earlier ones would have"
        f" made {told.expected}, at least {percent} % of those (until {told.until}: {told.verdict.replace('_', ' ')})"
    )
    fresh = told.verdict != "too_few" and told.until.isoformat() >= figures.since
    values: dict[str, int | str] = {
        "sales": told.sales,
        "n": told.contacts,
        "earlier": told.earlier,
        "expected": told.expected,
        "share": str(percent),
        "until": told.until.isoformat(),
        "verdict": told.verdict,
    }
    return [Criterion(says, fresh and told.sales * 100 >= Decimal(told.expected) * percent, "learning", values)]


def _at_least(code: CriterionCode, what: str, part: int, whole: int, percent: int | None) -> Iterable[Criterion]:
    if percent is None:
        return []
    says = f"{what}: {part} of {whole}, at least {percent} %"
    values: dict[str, int | str] = {"n": part, "of": whole, "share": str(percent)}
    return [Criterion(says, whole > 0 and part * 100 >= whole * percent, code, values)]


def _compare(command: CompareWithCap, state: Ramp) -> list[RampEvent]:
    phase = state.cap_of(command.day_ends)
    above = phase is not None and command.calls > phase.daily_cap
    if phase is not None and above and command.day not in state.alerts:
        return [
            RampCapExceeded(
                partner_id=command.partner_id,
                phase=phase.name,
                day=command.day,
                daily_cap=phase.daily_cap,
                calls=command.calls,
                at=command.at,
            )
        ]
    if not above and command.day in state.alerts:
        return [said(RampCapAlertWithdrawn, command)]
    return []


def evolve(state: Ramp, event: RampEvent) -> Ramp:
    """A phase is left once, and an alert stands until it is withdrawn."""
    match event:
        case RampPlanned(phases=phases):
            return replace(state, phases=phases)
        case RampStarted(at=at):
            return replace(state, started=at)
        case RampAdvanced(at=at):
            return replace(state, left=(*state.left, at))
        case RampCapExceeded(day=day):
            return replace(state, alerts={**state.alerts, day: event})
        case RampCapAlertWithdrawn(day=day):
            return replace(state, alerts={key: alert for key, alert in state.alerts.items() if key != day})


ramp = Decider("ramp", RampEvent, Ramp(), decide, evolve)
