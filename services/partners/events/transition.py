"""What transitions record: plans, interfaces, lines and issues; test calls and how they were judged; ramps."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from shared.contracts.partners import RampAdvanced, RampCapExceeded
from shared.kernel import Event
from shared.names import Slug

Side = Literal["ours", "theirs", "both"]
TemplateName = Literal["inbound", "outbound"]
InterfaceState = Literal["planned", "building", "testing", "working", "broken"]
Severity = Literal["low", "medium", "high", "severe"]


class PlanMade(Event, frozen=True, kw_only=True):
    """There is a transition plan, with one person accountable for it and a responsible person on each side."""

    partner_id: str
    templates: tuple[TemplateName, ...]
    start: date
    accountable: str
    ours: str
    theirs: str
    at: datetime
    by: str


class PlanAssigned(Event, frozen=True, kw_only=True):
    """Other people are accountable and responsible for the plan from now on."""

    partner_id: str
    accountable: str
    ours: str
    theirs: str
    at: datetime
    by: str


class TaskPlanned(Event, frozen=True, kw_only=True):
    """A task of the plan, the whole of it as last said: first and last day, what it waits for, which side does it.

    `accountable`, `ours` and `theirs` are None where they are those of the plan.
    """

    partner_id: str
    task: str
    name: str
    side: Side
    start: date
    end: date
    after: tuple[str, ...] = ()
    accountable: str | None = None
    ours: str | None = None
    theirs: str | None = None


class TaskRemoved(Event, frozen=True, kw_only=True):
    """The task is none of the plan any more."""

    partner_id: str
    task: str


class TaskFinished(Event, frozen=True, kw_only=True):
    """The task was done."""

    partner_id: str
    task: str
    at: datetime
    by: str


class TaskReopened(Event, frozen=True, kw_only=True):
    """The task was not done after all."""

    partner_id: str
    task: str
    reason: str
    at: datetime
    by: str


class InterfaceListed(Event, frozen=True, kw_only=True):
    """A system of theirs and one of ours meet here; `state` is how far that is."""

    partner_id: str
    interface: str
    name: str
    state: InterfaceState
    note: str
    at: datetime
    by: str


class InterfaceRemoved(Event, frozen=True, kw_only=True):
    """The interface is not needed."""

    partner_id: str
    interface: str


class LineListed(Event, frozen=True, kw_only=True):
    """A telephone number of ours that is to lead to the partner. `switched`: it does already."""

    partner_id: str
    number: str
    purpose: str
    campaign: str | None
    switched: bool = False


class LineRemoved(Event, frozen=True, kw_only=True):
    """The number has nothing to do with this transition."""

    partner_id: str
    number: str


class LineSwitched(Event, frozen=True, kw_only=True):
    """The number leads to the partner from now on."""

    partner_id: str
    number: str
    at: datetime
    by: str


class LineSwitchedBack(Event, frozen=True, kw_only=True):
    """The number leads to the partner no longer."""

    partner_id: str
    number: str
    reason: str
    at: datetime
    by: str


class IssueRaised(Event, frozen=True, kw_only=True):
    """Something stands in the way of the transition; `owner` has it resolved until `due`."""

    partner_id: str
    issue: str
    title: str
    severity: Severity
    owner: str
    due: datetime
    at: datetime
    by: str


class IssueRegraded(Event, frozen=True, kw_only=True):
    """The issue is of another severity, or somebody else's, from now on."""

    partner_id: str
    issue: str
    severity: Severity
    owner: str
    due: datetime
    reason: str
    at: datetime
    by: str


class IssueResolved(Event, frozen=True, kw_only=True):
    """The issue is out of the way."""

    partner_id: str
    issue: str
    outcome: str
    at: datetime
    by: str


class IssueReopened(Event, frozen=True, kw_only=True):
    """The issue is back, as severe as it was."""

    partner_id: str
    issue: str
    severity: Severity
    due: datetime
    reason: str
    at: datetime
    by: str


TransitionEvent = (
    PlanMade
    | PlanAssigned
    | TaskPlanned
    | TaskRemoved
    | TaskFinished
    | TaskReopened
    | InterfaceListed
    | InterfaceRemoved
    | LineListed
    | LineRemoved
    | LineSwitched
    | LineSwitchedBack
    | IssueRaised
    | IssueRegraded
    | IssueResolved
    | IssueReopened
)

Verdict = Literal["waiting", "passed", "failed"]
Value = str | int | bool | None


class StepJudged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step of a scenario held against what came: `came` in words, `at` its time; None where nothing did."""

    step: str
    expected: str
    verdict: Verdict
    came: str | None = None
    at: datetime | None = None


class ScenariosRequired(Event, frozen=True, kw_only=True):
    """These test-call scenarios have to pass before the partner takes real calls."""

    partner_id: str
    scenarios: tuple[str, ...]


class ScenarioRunBooked(Event, frozen=True, kw_only=True):
    """Somebody will call as the scenario says, with one of these test numbers, between two times."""

    partner_id: str
    run: str
    scenario: str
    numbers: tuple[str, ...]
    since: datetime
    until: datetime
    at: datetime
    by: str


class ScenarioRunCancelled(Event, frozen=True, kw_only=True):
    """The run counts for nothing."""

    partner_id: str
    run: str
    reason: str
    at: datetime
    by: str


class ScenarioRunClosed(Event, frozen=True, kw_only=True):
    """Nothing more is waited for: what has not come is missing."""

    partner_id: str
    run: str
    at: datetime


class ScenarioFactSeen(Event, frozen=True, kw_only=True):
    """A fact of a test call, as the telephony told it: `fact` is its origin and position, `says` what scenarios ask of
    it, `numbers` the names of the test numbers in the call."""

    partner_id: str
    fact: str
    call: str
    kind: str
    numbers: tuple[str, ...]
    at: datetime
    says: dict[str, Value]


class ScenarioFactTakenBack(Event, frozen=True, kw_only=True):
    """The fact was not so."""

    partner_id: str
    fact: str


class ScenarioRunJudged(Event, frozen=True, kw_only=True):
    """How the run stands, step by step, by the latest call that it saw (None: none came)."""

    partner_id: str
    run: str
    call: str | None
    verdict: Verdict
    steps: tuple[StepJudged, ...]


class ScenarioGateJudged(Event, frozen=True, kw_only=True):
    """Whether every required scenario has passed, and which have not."""

    partner_id: str
    passed: bool
    missing: tuple[str, ...]


ScenarioEvent = (
    ScenariosRequired
    | ScenarioRunBooked
    | ScenarioRunCancelled
    | ScenarioRunClosed
    | ScenarioFactSeen
    | ScenarioFactTakenBack
    | ScenarioRunJudged
    | ScenarioGateJudged
)

Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]


class ExitCriteria(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a phase must have shown on its whole days: days with calls, calls, the shares of offered calls that were
    answered and of dialled ones that reached somebody, and the share of calls without an end or with an impossible one.
    `min_learning_rate`: the sales of its new agents, of those that earlier agents made of as many contacts in the same
    weeks of theirs. None is not asked for."""

    min_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 1
    min_calls: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 1
    min_answer_rate: Percent | None = None
    min_contact_rate: Percent | None = None
    max_error_rate: Percent | None = None
    min_learning_rate: Percent | None = None


class Phase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A phase of the ramp: how many calls a day at most, and when it may be left."""

    name: Slug
    daily_cap: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
    exit: ExitCriteria


class RampPlanned(Event, frozen=True, kw_only=True):
    """The phases of the ramp, in order."""

    partner_id: str
    phases: tuple[Phase, ...]
    at: datetime
    by: str


class RampStarted(Event, frozen=True, kw_only=True):
    """The partner takes real calls: the first phase is in force."""

    partner_id: str
    at: datetime


class RampCapAlertWithdrawn(Event, frozen=True, kw_only=True):
    """The day had no more calls than its cap after all."""

    partner_id: str
    day: str
    calls: int
    at: datetime


RampEvent = RampPlanned | RampStarted | RampAdvanced | RampCapExceeded | RampCapAlertWithdrawn
