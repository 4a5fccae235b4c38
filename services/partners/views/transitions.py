"""How far is a partner's transition: its tasks, interfaces, phone lines, and what stands in the way?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import msgspec

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
from shared.contracts.partners import TOPIC
from shared.kernel import View


class Step(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What was done with something, when, by whom, and why."""

    what: str
    at: datetime
    by: str
    says: str = ""


class Task(msgspec.Struct, kw_only=True):
    """A task of the plan. People are None where they are those of the plan; `done_at` None: it is open."""

    name: str
    side: Side
    start: date
    end: date
    after: tuple[str, ...]
    accountable: str | None
    ours: str | None
    theirs: str | None
    done_at: datetime | None = None
    done_by: str | None = None
    steps: list[Step] = []


class Interface(msgspec.Struct, kw_only=True):
    """Where a system of theirs meets one of ours, and how far that is."""

    name: str
    state: InterfaceState
    note: str
    at: datetime
    by: str


class Line(msgspec.Struct, kw_only=True):
    """A number of ours; `steps` are its switches, oldest first."""

    purpose: str
    campaign: str | None
    switched: bool
    steps: list[Step] = []


class Issue(msgspec.Struct, kw_only=True):
    """What stands or stood in the way; `outcome` None: it is open."""

    title: str
    severity: Severity
    owner: str
    due: datetime
    outcome: str | None = None
    steps: list[Step] = []


class KnownTransition(msgspec.Struct, kw_only=True):
    """A transition, with all that was said of it. `changes` counts the events behind this."""

    partner_id: str
    templates: tuple[TemplateName, ...] = ()
    start: date | None = None
    accountable: str = ""
    ours: str = ""
    theirs: str = ""
    tasks: dict[str, Task] = {}
    interfaces: dict[str, Interface] = {}
    lines: dict[str, Line] = {}
    issues: dict[str, Issue] = {}
    changes: int = 0


def by_partner(event: TransitionEvent) -> Iterable[tuple[str, TransitionEvent]]:
    """One document a partner."""
    return [(event.partner_id, event)]


def fold(doc: KnownTransition | None, event: TransitionEvent, sign: int) -> KnownTransition:
    """What is said last counts. A command's events are never reversed, so the sign says nothing here."""
    doc = doc or KnownTransition(partner_id=event.partner_id)
    doc.changes += 1
    match event:
        case PlanMade() | PlanAssigned():
            doc.accountable, doc.ours, doc.theirs = event.accountable, event.ours, event.theirs
            if isinstance(event, PlanMade):
                doc.templates, doc.start = event.templates, event.start
        case TaskPlanned() | TaskRemoved() | TaskFinished() | TaskReopened():
            _task(doc.tasks, event)
        case InterfaceListed():
            doc.interfaces[event.interface] = msgspec.convert(event, Interface, from_attributes=True)
        case InterfaceRemoved():
            doc.interfaces.pop(event.interface, None)
        case LineListed() | LineRemoved() | LineSwitched() | LineSwitchedBack():
            _line(doc.lines, event)
        case IssueRaised() | IssueRegraded() | IssueResolved() | IssueReopened():
            _issue(doc.issues, event)
    return doc


def _task(tasks: dict[str, Task], event: TaskPlanned | TaskRemoved | TaskFinished | TaskReopened) -> None:
    match event:
        case TaskPlanned(task=task):
            known = tasks.get(task)
            tasks[task] = planned = msgspec.convert(event, Task, from_attributes=True)
            if known is not None:
                planned.done_at, planned.done_by, planned.steps = known.done_at, known.done_by, known.steps
        case TaskRemoved(task=task):
            tasks.pop(task, None)
        case TaskFinished(task=task, at=at, by=by):
            tasks[task].done_at, tasks[task].done_by = at, by
            tasks[task].steps.append(Step(what="done", at=at, by=by))
        case TaskReopened(task=task, at=at, by=by, reason=reason):
            tasks[task].done_at = tasks[task].done_by = None
            tasks[task].steps.append(Step(what="reopened", at=at, by=by, says=reason))


def _line(lines: dict[str, Line], event: LineListed | LineRemoved | LineSwitched | LineSwitchedBack) -> None:
    match event:
        case LineListed(number=number, purpose=purpose, campaign=campaign, switched=switched):
            steps = lines[number].steps if number in lines else []
            lines[number] = Line(purpose=purpose, campaign=campaign, switched=switched, steps=steps)
        case LineRemoved(number=number):
            lines.pop(number, None)
        case LineSwitched(number=number, at=at, by=by):
            lines[number].switched = True
            lines[number].steps.append(Step(what="switched", at=at, by=by))
        case LineSwitchedBack(number=number, at=at, by=by, reason=reason):
            lines[number].switched = False
            lines[number].steps.append(Step(what="switched back", at=at, by=by, says=reason))


def _issue(issues: dict[str, Issue], event: IssueRaised | IssueRegraded | IssueResolved | IssueReopened) -> None:
    match event:
        case IssueRaised(title=title, severity=severity, owner=owner, due=due):
            issues[event.issue] = Issue(title=title, severity=severity, owner=owner, due=due)
            what, says = "raised", ""
        case IssueRegraded(severity=severity, owner=owner, due=due, reason=says):
            issue = issues[event.issue]
            issue.severity, issue.owner, issue.due = severity, owner, due
            what = f"{severity}, {owner}"
        case IssueResolved(outcome=says):
            issues[event.issue].outcome = says
            what = "resolved"
        case IssueReopened(due=due, reason=says):
            issues[event.issue].outcome, issues[event.issue].due = None, due
            what = "reopened"
    issues[event.issue].steps.append(Step(what=what, at=event.at, by=event.by, says=says))


def newer(one: KnownTransition, other: KnownTransition) -> KnownTransition:
    """A transition's events are in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


transitions = View("transitions", 1, TOPIC, TransitionEvent, KnownTransition, by_partner, fold, newer)
