"""The page of a partner's transition: tasks, lines, test calls, the ramp, and the gate before real calls."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from services.gateway.api.asking import Asker, AsViewer
from services.gateway.pages.acting import OVER, Fields, Form, back, part, went_wrong
from services.gateway.pages.meanwhile import Field, Overtaken, asked_again, over, state_in, state_of, states_of
from services.gateway.pages.partner import PER_PAGE, Doc, Said, head_of, shown
from services.gateway.pages.partners import SeesPartners
from services.gateway.views.attention import home_of
from services.gateway.views.codes.partners import INTERFACE_STATES, SEVERITIES, TEST_VERDICTS, TRANSITION_SIDES
from services.gateway.views.words import _
from shared.clock import now
from shared.http import Problem, not_found
from shared.security import Principal

router = APIRouter()
TABS_BACK = ("transition", "issues")
NAMED: dict[str, tuple[str, dict[str, Field]]] = {
    "task": (
        "tasks",
        {
            "name": Field(_("What is to be done")),
            "side": Field(_("Done by"), TRANSITION_SIDES),
            "start": Field(_("First day")),
            "end": Field(_("Last day")),
            "after": Field(_("After (short names)")),
            "accountable": Field(_("Accountable, if not of the plan")),
        },
    ),
    "line": ("lines", {"purpose": Field(_("For")), "campaign": Field(_("Campaign"))}),
    "interface": (
        "interfaces",
        {"name": Field(_("Name")), "state": Field(_("State"), INTERFACE_STATES), "note": Field(_("Note"))},
    ),
}
"""Forms in which something of the plan is named, which may be there already: where it is, and its fields."""
PHASES = {"phases": Field(_("Phases"))}
RUN = {
    "scenario": Field(_("Scenario")),
    "numbers": Field(_("Names of test numbers")),
    "since": Field(_("From, UTC")),
    "until": Field(_("Until, UTC")),
}


@router.get("/partners/{partner}/transition")
async def transition(
    request: Request, ask: Asker, viewer: SeesPartners, partner: str, said: Said = "", wrong: Said = ""
) -> Response:
    """Tasks by day, what each waits for, and how far test calls and the ramp are."""
    head = await head_of(ask, viewer, partner)
    route = f"/api/v1/transitions/{part(partner)}"
    plan, scenarios, runs, ramp, gates = await asyncio.gather(
        ask(route),
        ask(f"{route}/scenarios"),
        ask(f"{route}/test-runs", limit=PER_PAGE),
        ask(f"{route}/ramp"),
        ask(f"/api/v1/partners/{part(partner)}/gates"),
    )
    tasks = plan["tasks"] if plan else []
    done = {task["task"] for task in tasks if task["done_at"]}
    verdicts = verdicts_of(scenarios["items"], runs["items"])
    mandatory = [one["scenario"] for one in scenarios["items"] if one["mandatory"]]
    return shown(
        request,
        "partner_transition.html",
        head,
        said,
        wrong,
        plan=plan,
        waits={task["task"]: [one for one in task["after"] if one not in done] for task in tasks},
        scenarios=scenarios,
        runs=runs["items"],
        verdicts=verdicts,
        mandatory=len(mandatory),
        passed=sum(verdicts[one] == "passed" for one in mandatory),
        ramp=ramp,
        gate=next((way for way in (gates or {"ways": []})["ways"] if way["target"] == "ramping"), None),
        may_run=viewer.may("partners.run"),
        says=lambda task: may_say(viewer, task),
        sides=TRANSITION_SIDES,
        words=TEST_VERDICTS,
        interface_states=INTERFACE_STATES,
        severities=SEVERITIES,
        over={what: states_of(named_of(plan, what)) for what in NAMED}
        | {
            "ramp-plan": state_of(_phases_of(ramp)),
            "run": states_of({one["run"]: run_of(one) for one in runs["items"]}),
        },
        phases=phase_lines(_phases_of(ramp) or []),
        today=now().date(),
        day=date.fromisoformat,
        partner_home=home_of(partner),
    )


@router.post("/partners/{partner}/transition/{what}")
async def act(request: Request, ask: Asker, viewer: SeesPartners, partner: str, what: str, form: Form) -> Response:
    """Say how far the transition is, or change its plan; why it can't be is told."""
    route = f"/api/v1/transitions/{part(partner)}"
    asked = _asked(form).get(what)
    if asked is None:
        raise not_found("action")
    method, below, body, told = asked
    tab = form.text("tab") if form.text("tab") in TABS_BACK else "transition"
    home = home_of(partner, tab)
    if what == "ramp-plan" and (before := await ask(f"{route}/ramp")) is not None:
        body = {"phases": [_as_before(phase, before["phases"]) for phase in body["phases"]]}
    try:
        await _write(ask, route, below, body, method, what, form)
    except Overtaken as found:
        fields, theirs, state = _theirs(what, form, found.now)
        return asked_again(request, form, fields, theirs, state, home)
    except Problem as problem:
        return back(home, wrong=went_wrong(problem))
    return back(home, told)


async def _write(ask: AsViewer, route: str, below: str, body: Any, method: str, what: str, form: Fields) -> None:
    """Over what the form was filled from, where it was. Overtaken."""

    async def write(tag: str = "") -> None:
        await ask.do(route + below, body, method, tag)

    if what == "ramp-plan":
        await over(ask, f"{route}/ramp", form.text(OVER), _phases_of, write)
    elif what == "run":
        was = state_in(form.text(OVER), form.text("run"))
        await over(ask, route + below, was, lambda run: run and run_of(run), write)
    elif what in NAMED:
        name = form.text(what)
        was = state_in(form.text(OVER), name)
        await over(ask, route, was, lambda plan: named_of(plan, what).get(name), write)
    else:
        await write()


def named_of(plan: Doc | None, what: str) -> dict[str, dict[str, str]]:
    """What a form says of tasks, lines or interfaces of the plan, by their names."""
    where, fields = NAMED[what]
    found = plan[where] if plan else {}
    known = {one["task"]: one for one in found} if what == "task" else found
    return {name: {field: _text(one.get(field)) for field in fields} for name, one in known.items()}


def run_of(run: Doc) -> dict[str, str]:
    """What the form says of a test run."""
    window = {name: str(run[name])[:16] for name in ("since", "until")}
    return {"scenario": run["scenario"], "numbers": _text(run["numbers"])} | window


def phase_lines(phases: Iterable[Doc]) -> str:
    """Phases as the form has them, a line each."""
    lines = []
    for one in phases:
        rate = one["exit"].get("min_answer_rate")
        words = (one["name"], one["daily_cap"], one["exit"].get("min_days", 1), "" if rate is None else rate)
        lines.append(" ".join(str(word) for word in words).strip())
    return "\n".join(lines)


def _theirs(what: str, form: Fields, known: Any) -> tuple[dict[str, Field], dict[str, str], str]:
    """The fields of a form, what somebody else wrote into them, and the state that they are in now."""
    if what == "ramp-plan":
        return PHASES, {"phases": phase_lines(_phases_of(known) or [])}, state_of(_phases_of(known))
    if what == "run":
        theirs = run_of(known) if known else {}
        return RUN, theirs, states_of({form.text("run"): theirs} if known else {})
    named = named_of(known, what)
    return NAMED[what][1], named.get(form.text(what), {}), states_of(named)


def _phases_of(ramp: Doc | None) -> list[Doc] | None:
    return ramp["phases"] if ramp else None


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else value or ""


def may_say(viewer: Principal, task: Doc) -> bool:
    """Whether the viewer says how far a task is: our side of all, a partner's lead of the partner's own."""
    return viewer.may("tasks.write") and (viewer.role != "partner" or task["side"] == "theirs")


def verdicts_of(scenarios: Iterable[Doc], runs: Iterable[Doc]) -> dict[str, str | None]:
    """By scenario: `passed` where any run did, else what the latest that was not cancelled came to; None: never run."""
    by_run = {run["run"]: run for run in runs if run["cancelled"] is None}
    found: dict[str, str | None] = {}
    for scenario in scenarios:
        mine = [by_run[name] for name in scenario["runs"] if name in by_run]
        latest = max(mine, key=lambda run: str(run["since"]), default=None)
        passed = any(run["verdict"] == "passed" for run in mine)
        found[scenario["scenario"]] = "passed" if passed else latest["verdict"] if latest else None
    return found


def _asked(form: Fields) -> dict[str, tuple[str, str, dict[str, Any], str]]:
    """By the name of a form: method, place below the transition, body, and what is told when it was done."""
    task, issue, line, interface = (f"/{kind}s/{_id(form, kind)}" for kind in ("task", "issue", "line", "interface"))
    run = f"/test-runs/{_id(form, 'run')}"
    return {
        "done": ("POST", f"{task}/done", {}, _("The task is done.")),
        "reopen": ("POST", f"{task}/reopen", form.some("reason"), _("The task is open again.")),
        "plan": ("PUT", "", {"templates": form.all("templates")} | form.some(*PLAN), _("The plan is made.")),
        "task": ("PUT", task, _task(form), _("The task is planned.")),
        "task-remove": ("DELETE", task, {}, _("The task is gone.")),
        "people": ("PUT", "/people", form.some("accountable", "ours", "theirs"), _("The plan is theirs now.")),
        "interface": ("PUT", interface, form.some("name", "state", "note"), _("Noted.")),
        "line": ("PUT", line, form.some("purpose", "campaign"), _("The line is listed.")),
        "switch": ("POST", f"{line}/switch", {}, _("The line leads to the partner.")),
        "switch-back": (
            "POST",
            f"{line}/switch-back",
            form.some("reason"),
            _("The line leads to the partner no more."),
        ),
        "issue": ("PUT", issue, form.some("title", "severity", "owner"), _("The issue is raised.")),
        "issue-resolve": ("POST", f"{issue}/resolve", form.some("outcome"), _("The issue is resolved.")),
        "issue-reopen": ("POST", f"{issue}/reopen", form.some("reason"), _("The issue is back.")),
        "run": ("PUT", run, _run(form), _("The test run is booked.")),
        "run-cancel": ("POST", f"{run}/cancel", form.some("reason"), _("The test run is cancelled.")),
        "ramp-plan": ("PUT", "/ramp", {"phases": _phases(form)}, _("The ramp is planned.")),
        "ramp-advance": ("POST", "/ramp/advance", form.some("phase"), _("The phase is left.")),
    }


PLAN = ("start", "accountable", "ours", "theirs")


def _id(form: Fields, kind: str) -> str:
    return quote(form.text(kind), safe="+") if form.text(kind).strip(".") else "-"


def _task(form: Fields) -> dict[str, Any]:
    after = [one for one in form.text("after").replace(",", " ").split() if one]
    return form.some("name", "side", "start", "end", "accountable", "ours", "theirs") | {"after": after}


def _run(form: Fields) -> dict[str, Any]:
    """A run with its window, whose times are of UTC."""
    window = {name: f"{form.text(name)}:00Z" for name in ("since", "until") if form.text(name)}
    return form.some("scenario") | window | {"numbers": form.text("numbers").replace(",", " ").split()}


def _phases(form: Fields) -> list[dict[str, Any]]:
    """A line a phase: its name, calls a day at most, whole days at least, and answered of offered in per cent at least.
    What is no number is left to be refused."""
    phases = []
    for line in form.text("phases").splitlines():
        name, *rest = line.split() or [""]
        numbers = [int(one) if one.isdigit() else one for one in rest]
        criteria = dict(zip(("min_days", "min_answer_rate"), numbers[1:], strict=False))
        phases.append({"name": name, "daily_cap": numbers[0] if numbers else None, "exit": criteria})
    return phases


def _as_before(phase: dict[str, Any], known: Iterable[Doc]) -> dict[str, Any]:
    """The phase with those criteria of the one of its name that its line does not say."""
    before: Doc = next((one["exit"] for one in known if one["name"] == phase["name"]), {})
    kept = {name: value for name, value in before.items() if value is not None}
    return phase | {"exit": kept | phase["exit"]}
