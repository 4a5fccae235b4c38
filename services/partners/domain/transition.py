"""A partner's transition: its plan of tasks, the interfaces and lines to be made ready, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, TypeVar

import msgspec

from services.partners.domain.partner import Moment, Name, Said, Text, Word
from services.partners.domain.schedule import cycle_of
from services.partners.domain.templates import tasks_of
from services.partners.events.transition import (
    InterfaceListed,
    InterfaceRemoved,
    InterfaceState,
    IssueRaised,
    IssueRegraded,
    IssueReopened,
    IssueResolved,
    LineListed,
    LineRemoved,
    LineSwitched,
    LineSwitchedBack,
    PlanAssigned,
    PlanMade,
    Severity,
    Side,
    TaskFinished,
    TaskPlanned,
    TaskRemoved,
    TaskReopened,
    TemplateName,
    TransitionEvent,
)
from shared.kernel import Command, Decider, Event, Rejected, said
from shared.names import PartnerId

T = TypeVar("T")
Number = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}$(?!\n)")]
Acting = Literal["ours", "theirs"]
"""On which side whoever says something of a task stands."""

RESOLVED_WITHIN: Mapping[Severity, timedelta] = {
    "severe": timedelta(hours=4),
    "high": timedelta(hours=24),
    "medium": timedelta(days=3),
    "low": timedelta(days=10),
}
"""How soon an issue is to be resolved, where nobody says another time."""


class MakePlan(Command, frozen=True, kw_only=True):
    """Make the transition plan from templates (`inbound`, `outbound`, or both), beginning on a day.

    `accountable` is the one person who answers for the whole; `ours` and `theirs` are responsible on each side, where a
    task names nobody else. 409 `plan_exists` when there is another plan.
    """

    partner_id: PartnerId
    templates: Annotated[tuple[TemplateName, ...], msgspec.Meta(min_length=1, max_length=2)]
    start: date
    accountable: Name
    ours: Name
    theirs: Name
    at: datetime
    by: str


class AssignPlan(Command, frozen=True, kw_only=True):
    """Give the plan to other people. 409 `no_plan`, as for all that is said of a plan before there is one."""

    partner_id: PartnerId
    accountable: Name
    ours: Name
    theirs: Name
    at: datetime
    by: str


class PlanTask(Command, frozen=True, kw_only=True):
    """Add a task to the plan, or say anew what it is; `start` and `end` are its first and last day.

    409 `ends_before_it_starts`, `unknown_task` when it waits for one that is not there, and `dependency_cycle`, naming
    the tasks that would wait for each other.
    """

    partner_id: PartnerId
    task: Word
    name: Name
    side: Side
    start: date
    end: date
    after: Annotated[tuple[Word, ...], msgspec.Meta(max_length=50)] = ()
    accountable: Name | None = None
    ours: Name | None = None
    theirs: Name | None = None


class RemoveTask(Command, frozen=True, kw_only=True):
    """Take a task out of the plan. 409 `needed_by` while others wait for it."""

    partner_id: PartnerId
    task: Word


class FinishTask(Command, frozen=True, kw_only=True):
    """Say that a task is done. 409 `unknown_task`, `dependency_open` while one that it waits for is not done, and
    `task_of_others` when somebody of the partner says it of a task that is not the partner's alone."""

    partner_id: PartnerId
    task: Word
    acting: Acting = "ours"
    at: datetime
    by: str


class ReopenTask(Command, frozen=True, kw_only=True):
    """Say that a task is not done after all. 409 `dependent_done` while one that waits for it is done, and
    `task_of_others` as for finishing it."""

    partner_id: PartnerId
    task: Word
    acting: Acting = "ours"
    reason: Said
    at: datetime
    by: str


class ListInterface(Command, frozen=True, kw_only=True):
    """List a place where a system of theirs and one of ours meet, or say how far it is."""

    partner_id: PartnerId
    interface: Word
    name: Name
    state: InterfaceState = "planned"
    note: Text = ""
    at: datetime
    by: str


class RemoveInterface(Command, frozen=True, kw_only=True):
    """Take an interface off the list."""

    partner_id: PartnerId
    interface: Word


class ListLine(Command, frozen=True, kw_only=True):
    """List a telephone number of ours (E.164) that is to lead to the partner, and for what."""

    partner_id: PartnerId
    number: Number
    purpose: Name
    campaign: Name | None = None


class RemoveLine(Command, frozen=True, kw_only=True):
    """Take a number off the list. 409 `line_switched` while it leads to the partner."""

    partner_id: PartnerId
    number: Number


class SwitchLine(Command, frozen=True, kw_only=True):
    """Say that a number leads to the partner now. 409 `unknown_line`."""

    partner_id: PartnerId
    number: Number
    at: datetime
    by: str


class SwitchLineBack(Command, frozen=True, kw_only=True):
    """Say that a number leads to the partner no longer. 409 `unknown_line`."""

    partner_id: PartnerId
    number: Number
    reason: Said
    at: datetime
    by: str


class RaiseIssue(Command, frozen=True, kw_only=True):
    """Say what stands in the way, how severe it is, and who has it resolved; without `due`, in the time that is usual
    for its severity. 409 `issue_exists` when the id is taken by another one."""

    partner_id: PartnerId
    issue: Word
    title: Name
    severity: Severity
    owner: Name
    due: Moment | None = None
    at: datetime
    by: str


class RegradeIssue(Command, frozen=True, kw_only=True):
    """Say that an issue is of another severity, somebody else's, or due at another time. 409 `unknown_issue`,
    `issue_resolved`."""

    partner_id: PartnerId
    issue: Word
    severity: Severity
    owner: Name
    due: Moment | None = None
    reason: Said
    at: datetime
    by: str


class ResolveIssue(Command, frozen=True, kw_only=True):
    """Say that an issue is out of the way, and what came of it. 409 `unknown_issue`."""

    partner_id: PartnerId
    issue: Word
    outcome: Said
    at: datetime
    by: str


class ReopenIssue(Command, frozen=True, kw_only=True):
    """Say that a resolved issue is back. 409 `unknown_issue`."""

    partner_id: PartnerId
    issue: Word
    reason: Said
    at: datetime
    by: str


TaskCommand = PlanTask | RemoveTask | FinishTask | ReopenTask
LineCommand = ListLine | RemoveLine | SwitchLine | SwitchLineBack
IssueCommand = RaiseIssue | RegradeIssue | ResolveIssue | ReopenIssue
TransitionCommand = MakePlan | AssignPlan | TaskCommand | ListInterface | RemoveInterface | LineCommand | IssueCommand


@dataclass(frozen=True)
class Issue:
    """An issue as it stands."""

    raised: IssueRaised
    severity: Severity
    owner: str
    due: datetime
    resolved: bool = False


@dataclass(frozen=True)
class Transition:
    """The plan once it is made, and everything that was said of its parts."""

    plan: PlanMade | None = None
    people: tuple[str, str, str] = ("", "", "")
    tasks: Mapping[str, TaskPlanned] = field(default_factory=dict)
    done: frozenset[str] = frozenset()
    interfaces: Mapping[str, InterfaceListed] = field(default_factory=dict)
    lines: Mapping[str, LineListed] = field(default_factory=dict)
    switched: frozenset[str] = frozenset()
    issues: Mapping[str, Issue] = field(default_factory=dict)


def decide(command: TransitionCommand, state: Transition) -> list[TransitionEvent]:
    """Everything is said of a plan, and there is one plan."""
    if isinstance(command, MakePlan):
        return _make(command, state)
    if state.plan is None:
        raise Rejected("no_plan", f"There is no transition plan for {command.partner_id}.")
    match command:
        case AssignPlan(accountable=accountable, ours=ours, theirs=theirs):
            return [] if (accountable, ours, theirs) == state.people else [said(PlanAssigned, command)]
        case PlanTask() | RemoveTask() | FinishTask() | ReopenTask():
            return _task(command, state)
        case ListInterface(interface=interface):
            known = state.interfaces.get(interface)
            same = known is not None and (known.name, known.state, known.note) == (
                command.name,
                command.state,
                command.note,
            )
            return [] if same else [said(InterfaceListed, command)]
        case RemoveInterface(interface=interface):
            return [said(InterfaceRemoved, command)] if interface in state.interfaces else []
        case ListLine() | RemoveLine() | SwitchLine() | SwitchLineBack():
            return _line(command, state)
        case RaiseIssue() | RegradeIssue() | ResolveIssue() | ReopenIssue():
            return _issue(command, state)


def _make(command: MakePlan, state: Transition) -> list[TransitionEvent]:
    made = said(PlanMade, command)
    if state.plan is not None:
        if msgspec.structs.replace(state.plan, at=made.at, by=made.by) == made:
            return []
        raise Rejected("plan_exists", "There is a plan already; change its tasks instead.")
    tasks = tasks_of(command.templates)
    return [
        made,
        *(
            TaskPlanned(
                partner_id=command.partner_id,
                task=name,
                name=task.name,
                side=task.side,
                start=command.start + timedelta(days=task.starts),
                end=command.start + timedelta(days=task.starts + task.days - 1),
                after=task.after,
            )
            for name, task in tasks.items()
        ),
    ]


def _task(command: TaskCommand, state: Transition) -> list[TransitionEvent]:
    if isinstance(command, PlanTask):
        return _planned(command, state)
    waiting = sorted(name for name, task in state.tasks.items() if command.task in task.after)
    match command:
        case RemoveTask(task=task):
            if waiting:
                raise Rejected("needed_by", f"{task} is waited for by: {', '.join(waiting)}.")
            return [said(TaskRemoved, command)] if task in state.tasks else []
        case FinishTask(task=task):
            planned = _theirs_to_say(command, state)
            still_open = sorted(other for other in planned.after if other not in state.done)
            if still_open and task not in state.done:
                raise Rejected("dependency_open", f"{task} waits for: {', '.join(still_open)}.")
            return [] if task in state.done else [said(TaskFinished, command)]
        case ReopenTask(task=task):
            _theirs_to_say(command, state)
            built_on = [name for name in waiting if name in state.done]
            if built_on:
                raise Rejected("dependent_done", f"Done already, and built on {task}: {', '.join(built_on)}.")
            return [said(TaskReopened, command)] if task in state.done else []


def _theirs_to_say(command: FinishTask | ReopenTask, state: Transition) -> TaskPlanned:
    """The task. The partner's people speak of the partner's own tasks alone; what both do, our side says."""
    planned = _known(state.tasks, command.task, "task")
    if command.acting == "theirs" and planned.side != "theirs":
        raise Rejected("task_of_others", f"{command.task} is not the partner's alone: our side says how far it is.")
    return planned


def _planned(command: PlanTask, state: Transition) -> list[TransitionEvent]:
    if command.end < command.start:
        raise Rejected("ends_before_it_starts", f"{command.task} would end on {command.end}, before it begins.")
    for other in command.after:
        if other != command.task:
            _known(state.tasks, other, "task")
    after = {name: task.after for name, task in state.tasks.items()} | {command.task: command.after}
    ring = cycle_of(after)
    if ring is not None:
        raise Rejected("dependency_cycle", f"These would wait for each other: {' → '.join(ring)}.")
    planned = said(TaskPlanned, command)
    return [] if planned == state.tasks.get(command.task) else [planned]


def _line(command: LineCommand, state: Transition) -> list[TransitionEvent]:
    number = command.number
    switched = number in state.switched
    match command:
        case ListLine(partner_id=partner_id, purpose=purpose, campaign=campaign):
            known = state.lines.get(number)
            if known is not None and (known.purpose, known.campaign) == (purpose, campaign):
                return []
            return [
                LineListed(partner_id=partner_id, number=number, purpose=purpose, campaign=campaign, switched=switched)
            ]
        case RemoveLine():
            if switched:
                raise Rejected("line_switched", f"{number} leads to the partner; switch it back first.")
            return [said(LineRemoved, command)] if number in state.lines else []
        case SwitchLine():
            _known(state.lines, number, "line")
            return [] if switched else [said(LineSwitched, command)]
        case SwitchLineBack():
            _known(state.lines, number, "line")
            return [said(LineSwitchedBack, command)] if switched else []


def _issue(command: IssueCommand, state: Transition) -> list[TransitionEvent]:
    if isinstance(command, RaiseIssue):
        due = command.due or command.at + RESOLVED_WITHIN[command.severity]
        raised = _with(IssueRaised, command, due=due)
        known = state.issues.get(command.issue)
        if known is None:
            return [raised]
        if (known.raised.title, known.raised.severity, known.raised.owner) != (
            command.title,
            command.severity,
            command.owner,
        ):
            raise Rejected("issue_exists", f"{command.issue} is another issue: {known.raised.title}")
        return []
    issue = _known(state.issues, command.issue, "issue")
    match command:
        case RegradeIssue(severity=severity, owner=owner):
            if issue.resolved:
                raise Rejected("issue_resolved", f"{command.issue} is resolved; open it again first.")
            due = command.due or issue.raised.at + RESOLVED_WITHIN[severity]
            same = (issue.severity, issue.owner, issue.due) == (severity, owner, due)
            return [] if same else [_with(IssueRegraded, command, due=due)]
        case ResolveIssue():
            return [] if issue.resolved else [said(IssueResolved, command)]
        case ReopenIssue(at=at):
            due = at + RESOLVED_WITHIN[issue.severity]
            return [_with(IssueReopened, command, due=due, severity=issue.severity)] if issue.resolved else []


E = TypeVar("E", bound=Event)


def _with(kind: type[E], command: Command, **more: object) -> E:
    """The event that says what the command says, and this."""
    named = [name for name in kind.__struct_fields__ if name not in more]
    return kind(**{name: getattr(command, name) for name in named}, **more)


def _known(things: Mapping[str, T], name: str, what: str) -> T:
    if name not in things:
        raise Rejected(f"unknown_{what}", f"The plan has no {what} {name}.")
    return things[name]


def evolve(state: Transition, event: TransitionEvent) -> Transition:
    """What is said last of a thing counts."""
    match event:
        case PlanMade():
            return replace(state, plan=event, people=(event.accountable, event.ours, event.theirs))
        case PlanAssigned():
            return replace(state, people=(event.accountable, event.ours, event.theirs))
        case TaskPlanned(task=task):
            return replace(state, tasks={**state.tasks, task: event})
        case TaskRemoved(task=task):
            return replace(state, tasks=_without(state.tasks, task), done=state.done - {task})
        case TaskFinished(task=task):
            return replace(state, done=state.done | {task})
        case TaskReopened(task=task):
            return replace(state, done=state.done - {task})
        case InterfaceListed(interface=interface):
            return replace(state, interfaces={**state.interfaces, interface: event})
        case InterfaceRemoved(interface=interface):
            return replace(state, interfaces=_without(state.interfaces, interface))
        case LineListed(number=number):
            return replace(state, lines={**state.lines, number: event})
        case LineRemoved(number=number):
            return replace(state, lines=_without(state.lines, number))
        case LineSwitched(number=number):
            return replace(state, switched=state.switched | {number})
        case LineSwitchedBack(number=number):
            return replace(state, switched=state.switched - {number})
        case IssueRaised(issue=issue):
            return replace(state, issues={**state.issues, issue: Issue(event, event.severity, event.owner, event.due)})
        case IssueRegraded(issue=issue, severity=severity, owner=owner, due=due):
            known = replace(state.issues[issue], severity=severity, owner=owner, due=due)
            return replace(state, issues={**state.issues, issue: known})
        case IssueResolved(issue=issue):
            return replace(state, issues={**state.issues, issue: replace(state.issues[issue], resolved=True)})
        case IssueReopened(issue=issue, due=due):
            known = replace(state.issues[issue], due=due, resolved=False)
            return replace(state, issues={**state.issues, issue: known})


def _without(things: Mapping[str, T], name: str) -> dict[str, T]:
    return {key: thing for key, thing in things.items() if key != name}


transition = Decider("transition", TransitionEvent, Transition(), decide, evolve)
