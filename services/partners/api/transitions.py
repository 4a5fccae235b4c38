"""The routes of transitions: the plan with what is to be expected, interfaces, lines, and what stands in the way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response

from services.partners.api.rules import MOST_PER_PAGE, Anyone, Service, must_know, zones_of
from services.partners.domain.schedule import Planned, Schedule, schedule
from services.partners.domain.transition import (
    Acting,
    AssignPlan,
    FinishTask,
    ListInterface,
    ListLine,
    MakePlan,
    PlanTask,
    RaiseIssue,
    RegradeIssue,
    RemoveInterface,
    RemoveLine,
    RemoveTask,
    ReopenIssue,
    ReopenTask,
    ResolveIssue,
    SwitchLine,
    SwitchLineBack,
    transition,
)
from services.partners.views.transitions import KnownTransition, transitions
from shared.http import accepts, answers, json_response, limited, must_see, not_found, page
from shared.security import Principal

router = APIRouter(prefix="/transitions", tags=["transitions"])
accepts(
    router,
    "/{partner_id}",
    transition,
    MakePlan,
    service="partners",
    right="partners.run",
    method="PUT",
    check=must_know,
)
for path, method, kind in (
    ("/people", "PUT", AssignPlan),
    ("/tasks/{task}", "PUT", PlanTask),
    ("/tasks/{task}", "DELETE", RemoveTask),
    ("/interfaces/{interface}", "PUT", ListInterface),
    ("/interfaces/{interface}", "DELETE", RemoveInterface),
    ("/lines/{number}", "PUT", ListLine),
    ("/lines/{number}", "DELETE", RemoveLine),
    ("/lines/{number}/switch", "POST", SwitchLine),
    ("/lines/{number}/switch-back", "POST", SwitchLineBack),
    ("/issues/{issue}", "PUT", RaiseIssue),
    ("/issues/{issue}/regrade", "POST", RegradeIssue),
    ("/issues/{issue}/resolve", "POST", ResolveIssue),
    ("/issues/{issue}/reopen", "POST", ReopenIssue),
):
    accepts(router, f"/{{partner_id}}{path}", transition, kind, service="partners", right="partners.run", method=method)


def _acting(who: Principal, by: str) -> Acting:
    return "theirs" if who.role == "partner" else "ours"


for path, saying in (("/tasks/{task}/done", FinishTask), ("/tasks/{task}/reopen", ReopenTask)):
    accepts(
        router,
        f"/{{partner_id}}{path}",
        transition,
        saying,
        service="partners",
        right="tasks.write",
        fills={"acting": _acting},
    )

_SUMMARY = {
    "partner_id": "adria",
    "accountable": "J. Horvat",
    "start": "2026-03-02",
    "end": "2026-03-19",
    "slip_days": 2,
    "critical_path": ["kick-off", "source", "codes", "test-calls", "switch-lines", "ramp"],
    "tasks": 12,
    "done": 4,
    "lines": 3,
    "switched": 1,
    "open_issues": 1,
}
_TASK = {
    "task": "source",
    "name": "Connect the telephony and pass the conformance checks",
    "side": "theirs",
    "start": "2026-03-03",
    "end": "2026-03-09",
    "after": ["kick-off"],
    "accountable": "J. Horvat",
    "ours": "M. Kovač",
    "theirs": "A. Diallo",
    "done_at": None,
    "done_by": None,
    "steps": [],
    "expected": {"start": "2026-03-03", "end": "2026-03-11", "slip_days": 2, "slack_days": 0},
}


@router.get("", summary="All transitions", responses=answers("All.", {"items": [_SUMMARY], "next": None}, 304, 422))
async def list_transitions(deps: Service, who: Anyone, limit: int = 100, cursor: str | None = None) -> Response:
    """Those of partners that the caller may see: how far each is, and how late."""
    found = [(key, doc) for key, doc in await deps.reads.find(transitions, {}) if who.sees(key)]
    zones = await zones_of(deps, [key for key, _ in found])
    rows = [(key, _summary(doc, expected(doc, deps.clock().astimezone(zones[key])))) for key, doc in found]
    return json_response(page(rows, limited(limit, MOST_PER_PAGE), cursor))


@router.get(
    "/{partner_id}",
    summary="The transition of a partner",
    responses=answers(
        "The plan.",
        {
            **_SUMMARY,
            "waits_days": 0,
            "tasks": [_TASK],
            "interfaces": {
                "crm": {
                    "name": "Customer records",
                    "state": "working",
                    "note": "",
                    "at": "2026-03-04T08:00:00Z",
                    "by": "M. Kovač",
                }
            },
            "lines": {"+38512345678": {"purpose": "TV spot, HR", "campaign": "vital", "switched": True, "steps": []}},
            "issues": {
                "no-headsets": {
                    "title": "Ten headsets are missing",
                    "severity": "high",
                    "owner": "A. Diallo",
                    "due": "2026-03-05T09:30:00Z",
                    "outcome": None,
                    "overdue": False,
                    "steps": [],
                }
            },
        },
        304,
        404,
    ),
)
async def show_transition(partner_id: str, deps: Service, who: Anyone) -> Response:
    """Each task as planned and as it is to be expected today; the critical path is the chain that the end hangs on."""
    must_see(who, partner_id)
    doc = (await deps.reads.get(transitions, [partner_id])).get(partner_id)
    if doc is None:
        raise not_found("transition")
    now = deps.clock()
    zone = (await zones_of(deps, [partner_id]))[partner_id]
    plan = expected(doc, now.astimezone(zone))
    issues = {
        name: {**_fields(issue), "overdue": issue.outcome is None and issue.due < now}
        for name, issue in doc.issues.items()
    }
    shown = _summary(doc, plan) | {
        "waits_days": plan.waits if plan else 0,
        "tasks": _tasks(doc, plan),
        "interfaces": doc.interfaces,
        "lines": doc.lines,
        "issues": issues,
    }
    return json_response(shown)


def expected(doc: KnownTransition, now: datetime) -> Schedule | None:
    """The plan as it is to be expected at a local time of the partner's."""
    planned = {
        name: Planned(
            task.start, task.end, task.after, task.done_at.astimezone(now.tzinfo).date() if task.done_at else None
        )
        for name, task in doc.tasks.items()
    }
    return schedule(planned, now.date())


def _summary(doc: KnownTransition, plan: Schedule | None) -> dict[str, Any]:
    return {
        "partner_id": doc.partner_id,
        "accountable": doc.accountable,
        "ours": doc.ours,
        "theirs": doc.theirs,
        "templates": doc.templates,
        "start": plan.start if plan else doc.start,
        "end": plan.end if plan else None,
        "slip_days": plan.slip if plan else 0,
        "critical_path": plan.critical if plan else (),
        "tasks": len(doc.tasks),
        "done": sum(task.done_at is not None for task in doc.tasks.values()),
        "lines": len(doc.lines),
        "switched": sum(line.switched for line in doc.lines.values()),
        "open_issues": sum(issue.outcome is None for issue in doc.issues.values()),
    }


def _tasks(doc: KnownTransition, plan: Schedule | None) -> list[dict[str, Any]]:
    rows = []
    for name, task in doc.tasks.items():
        when = plan.tasks[name] if plan else None
        people = {who: getattr(task, who) or getattr(doc, who) for who in ("accountable", "ours", "theirs")}
        rows.append(
            {"task": name, **_fields(task), **people}
            | {
                "expected": when
                and {"start": when.start, "end": when.end, "slip_days": when.slip, "slack_days": when.slack}
            }
        )
    return sorted(rows, key=lambda row: (row["start"], row["task"]))


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
