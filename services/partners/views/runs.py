"""Which test calls must a partner pass, which are booked, and how was each judged, step by step?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.partners.events.transition import (
    ScenarioGateJudged,
    ScenarioRunBooked,
    ScenarioRunCancelled,
    ScenarioRunClosed,
    ScenarioRunJudged,
    ScenariosRequired,
    StepJudged,
    Verdict,
)
from shared.contracts.partners import TOPIC
from shared.kernel import View


class Run(msgspec.Struct, kw_only=True):
    """A test run: booked by whom for when, with which test numbers (by name); how it stands by its latest `call`."""

    scenario: str
    numbers: tuple[str, ...]
    since: datetime
    until: datetime
    booked_at: datetime
    booked_by: str
    closed_at: datetime | None = None
    cancelled: str | None = None
    call: str | None = None
    verdict: Verdict = "waiting"
    steps: tuple[StepJudged, ...] = ()


class KnownRuns(msgspec.Struct, kw_only=True):
    """A partner's test calls. `passed`: every required scenario has; `waiting` is the number of runs that nobody has
    closed or cancelled. `changes` counts the events behind this."""

    partner_id: str
    required: tuple[str, ...] = ()
    passed: bool = False
    missing: tuple[str, ...] = ()
    runs: dict[str, Run] = {}
    changes: int = 0


Shown = (
    ScenariosRequired
    | ScenarioRunBooked
    | ScenarioRunCancelled
    | ScenarioRunClosed
    | ScenarioRunJudged
    | ScenarioGateJudged
)


def by_partner(event: Shown) -> Iterable[tuple[str, Shown]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownRuns | None, event: Shown, sign: int) -> KnownRuns:
    """What is judged last counts. A command's events are never reversed, so the sign says nothing here."""
    doc = doc or KnownRuns(partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case ScenariosRequired(scenarios=scenarios):
            doc.required = scenarios
        case ScenarioRunBooked():
            doc.runs[event.run] = Run(
                scenario=event.scenario,
                numbers=event.numbers,
                since=event.since,
                until=event.until,
                booked_at=event.at,
                booked_by=event.by,
            )
        case ScenarioRunCancelled(run=run, reason=reason, by=by):
            doc.runs[run].cancelled = f"{by}: {reason}"
        case ScenarioRunClosed(run=run, at=at):
            doc.runs[run].closed_at = at
        case ScenarioRunJudged(run=run, call=call, verdict=verdict, steps=steps):
            doc.runs[run].call, doc.runs[run].verdict, doc.runs[run].steps = call, verdict, steps
        case ScenarioGateJudged(passed=passed, missing=missing):
            doc.passed, doc.missing = passed, missing
    return doc


def newer(one: KnownRuns, other: KnownRuns) -> KnownRuns:
    """A partner's runs are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


def indexed(doc: KnownRuns) -> dict[str, str | int | None]:
    """Found by whether a run is open still."""
    open_ = any(run.closed_at is None and run.cancelled is None for run in doc.runs.values())
    return {"open": int(open_)}


runs = View("test_runs", 1, TOPIC, Shown, KnownRuns, by_partner, fold, newer, indexes=("open",), fields=indexed)
