"""A partner's test calls: scenarios that it must pass, runs that are booked, what came, and how each was judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

import msgspec

from services.partners.domain.partner import Moment, Said, Word
from services.partners.domain.scenarios import SCENARIOS, judge
from services.partners.events.transition import (
    ScenarioEvent,
    ScenarioFactSeen,
    ScenarioFactTakenBack,
    ScenarioGateJudged,
    ScenarioRunBooked,
    ScenarioRunCancelled,
    ScenarioRunClosed,
    ScenarioRunJudged,
    ScenariosRequired,
    Value,
)
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId


class RequireScenarios(Command, frozen=True, kw_only=True):
    """These scenarios have to pass."""

    partner_id: PartnerId
    scenarios: tuple[str, ...]


class BookRun(Command, frozen=True, kw_only=True):
    """Book a test run: somebody will call as the scenario says, and the call begins between `since` and `until`.

    `numbers` are names of test numbers in the settings of the partner's sources: by them the call is known, whether
    they call or are called. Of several calls the one that begins last is judged. 409 `unknown_scenario`,
    `empty_window`, `run_exists` when the id is taken by another one, `number_booked` when another run has a number at
    the same time.
    """

    partner_id: PartnerId
    run: Word
    scenario: str
    numbers: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=20)]
    since: Moment
    until: Moment
    at: datetime
    by: str


class CancelRun(Command, frozen=True, kw_only=True):
    """Let a run count for nothing, also when it was judged. 409 `unknown_run`."""

    partner_id: PartnerId
    run: Word
    reason: Said
    at: datetime
    by: str


class CloseRun(Command, frozen=True, kw_only=True):
    """Wait for nothing more: steps that have not come are missing. It happens by itself a while after the window, and
    what comes later still is judged. 409 `unknown_run`."""

    partner_id: PartnerId
    run: Word
    at: datetime


class SeeFact(Command, frozen=True, kw_only=True):
    """The telephony told a fact of a test call."""

    partner_id: str
    fact: str
    call: str
    kind: str
    numbers: tuple[str, ...]
    at: datetime
    says: dict[str, Value]


class TakeBackFact(Command, frozen=True, kw_only=True):
    """The telephony took a fact back."""

    partner_id: str
    fact: str


RunCommand = RequireScenarios | BookRun | CancelRun | CloseRun | SeeFact | TakeBackFact


@dataclass(frozen=True)
class ScenarioRuns:
    """What is required and booked, the facts that hold, and the judgements that follow from them."""

    required: tuple[str, ...] = ()
    runs: Mapping[str, ScenarioRunBooked] = field(default_factory=dict)
    cancelled: frozenset[str] = frozenset()
    closed: Mapping[str, datetime] = field(default_factory=dict)
    facts: Mapping[str, ScenarioFactSeen] = field(default_factory=dict)
    judged: Mapping[str, ScenarioRunJudged] = field(default_factory=dict)
    gate: ScenarioGateJudged | None = None


def decide(command: RunCommand, state: ScenarioRuns) -> list[ScenarioEvent]:
    """What was asked for, then what follows from it: runs judged anew, and whether the gate is open."""
    first = _first(command, state)
    if first is None:
        return []
    events: list[ScenarioEvent] = [first]
    state = evolve(state, first)
    for run in _touched(first, state):
        judgement = judgement_of(state, run)
        if judgement != state.judged.get(run):
            events.append(judgement)
            state = evolve(state, judgement)
    gate = _gate(command.partner_id, state)
    if gate != state.gate and (state.required or state.gate):
        events.append(gate)
    return events


def _first(command: RunCommand, state: ScenarioRuns) -> ScenarioEvent | None:
    """The event that says what the command says; None where it changes nothing."""
    match command:
        case RequireScenarios(scenarios=scenarios):
            return None if scenarios == state.required else said(ScenariosRequired, command)
        case BookRun():
            return _book(command, state)
        case CancelRun(run=run):
            _known(run, state)
            return None if run in state.cancelled else said(ScenarioRunCancelled, command)
        case CloseRun(run=run):
            _known(run, state)
            return None if run in state.closed or run in state.cancelled else said(ScenarioRunClosed, command)
        case SeeFact(fact=fact):
            return None if fact in state.facts else said(ScenarioFactSeen, command)
        case TakeBackFact(fact=fact):
            return said(ScenarioFactTakenBack, command) if fact in state.facts else None


def _book(command: BookRun, state: ScenarioRuns) -> ScenarioEvent | None:
    if command.scenario not in SCENARIOS:
        raise Rejected("unknown_scenario", f"There are: {', '.join(sorted(SCENARIOS))}.")
    if command.until <= command.since:
        raise Rejected("empty_window", "The window ends before it begins.")
    booked = said(ScenarioRunBooked, command)
    known = state.runs.get(command.run)
    if known is not None:
        if msgspec.structs.replace(known, at=booked.at, by=booked.by) == booked:
            return None
        raise Rejected("run_exists", f"The run {command.run} is booked already, with other data.")
    for run, other in state.runs.items():
        until = _until(state, run)
        both = sorted(set(other.numbers) & set(command.numbers))
        if run not in state.cancelled and both and other.since < command.until and command.since < until:
            raise Rejected("number_booked", f"The run {run} has {', '.join(both)} at the same time.")
    return booked


def _until(state: ScenarioRuns, run: str) -> datetime:
    """The end of the run's window, which closing it brings forward."""
    until = state.runs[run].until
    return min(until, state.closed.get(run, until))


def _known(run: str, state: ScenarioRuns) -> None:
    if run not in state.runs:
        raise Rejected("unknown_run", f"There is no run {run}.")


def _touched(event: ScenarioEvent, state: ScenarioRuns) -> Iterable[str]:
    """The runs that may stand otherwise after the event."""
    match event:
        case ScenarioRunBooked(run=run) | ScenarioRunClosed(run=run):
            return [run]
        case ScenarioFactSeen() | ScenarioFactTakenBack():
            return sorted(run for run in state.runs if run not in state.cancelled)
        case _:
            return []


def judgement_of(state: ScenarioRuns, run: str) -> ScenarioRunJudged:
    """How a run stands by the facts that hold: it depends on the set of them, not on the order in which they came."""
    booked = state.runs[run]
    begun = [
        (fact.at, fact.call)
        for fact in state.facts.values()
        if fact.kind == "CallStarted"
        and booked.since <= fact.at < _until(state, run)
        and not set(fact.numbers).isdisjoint(booked.numbers)
    ]
    call = max(begun)[1] if begun else None
    facts = [fact for fact in state.facts.values() if fact.call == call]
    verdict, steps = judge(SCENARIOS[booked.scenario], facts, closed=run in state.closed)
    return ScenarioRunJudged(partner_id=booked.partner_id, run=run, call=call, verdict=verdict, steps=steps)


def _gate(partner_id: str, state: ScenarioRuns) -> ScenarioGateJudged:
    """A scenario has passed when the latest of its runs that came to a verdict has."""
    latest: dict[str, tuple[datetime, str]] = {}
    for run, judged in state.judged.items():
        booked = state.runs[run]
        if run not in state.cancelled and judged.verdict != "waiting":
            latest[booked.scenario] = max(latest.get(booked.scenario, (booked.since, run)), (booked.since, run))
    passed = {scenario for scenario, (_, run) in latest.items() if state.judged[run].verdict == "passed"}
    missing = tuple(name for name in state.required if name not in passed)
    return ScenarioGateJudged(partner_id=partner_id, passed=bool(state.required) and not missing, missing=missing)


def evolve(state: ScenarioRuns, event: ScenarioEvent) -> ScenarioRuns:
    """Facts come and go; what was judged last counts."""
    match event:
        case ScenariosRequired(scenarios=scenarios):
            return replace(state, required=scenarios)
        case ScenarioRunBooked(run=run):
            return replace(state, runs={**state.runs, run: event})
        case ScenarioRunCancelled(run=run):
            return replace(state, cancelled=state.cancelled | {run})
        case ScenarioRunClosed(run=run, at=at):
            return replace(state, closed={**state.closed, run: at})
        case ScenarioFactSeen(fact=fact):
            return replace(state, facts={**state.facts, fact: event})
        case ScenarioFactTakenBack(fact=fact):
            return replace(state, facts={key: seen for key, seen in state.facts.items() if key != fact})
        case ScenarioRunJudged(run=run):
            return replace(state, judged={**state.judged, run: event})
        case ScenarioGateJudged():
            return replace(state, gate=event)


scenario_runs = Decider("scenario_runs", ScenarioEvent, ScenarioRuns(), decide, evolve)
