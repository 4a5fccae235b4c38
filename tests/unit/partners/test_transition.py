"""Transitions: a plan from a template, tasks that wait for each other, lines and issues, and what gates see of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import msgspec
import pytest

from services.partners.domain.lifecycle import MOVES
from services.partners.domain.partner import partner
from services.partners.domain.process_managers.transition import note_transition
from services.partners.domain.transition import (
    RESOLVED_WITHIN,
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
from services.partners.events.transition import (
    IssueRaised,
    LineListed,
    LineSwitched,
    PlanAssigned,
    PlanMade,
    TaskFinished,
    TaskPlanned,
    TaskReopened,
)
from services.partners.views.transitions import transitions
from shared.kernel import Event
from tests.spec import evolved, given, published, seen
from tests.unit.partners.service import World, world

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
START = date(2026, 3, 2)
MADE = PlanMade(
    partner_id="acme", templates=("inbound",), start=START, accountable="J. Horvat", ours="M. Kovač",
    theirs="A. Diallo", at=AT, by="boss",
)  # fmt: skip
BY: dict[str, Any] = {"partner_id": "acme", "at": AT, "by": "boss"}


def task(name: str, *after: str, start: int = 0, days: int = 1) -> TaskPlanned:
    begin = START + timedelta(days=start)
    end = begin + timedelta(days=days - 1)
    return TaskPlanned(partner_id="acme", task=name, name=name, side="ours", start=begin, end=end, after=after)


def plan(name: str, *after: str, **more: Any) -> PlanTask:
    return PlanTask(**{f: getattr(task(name, *after), f) for f in TaskPlanned.__struct_fields__} | more)


PLAN = [MADE, task("a"), task("b", "a"), task("c", "b")]
DONE_A = TaskFinished(task="a", **BY)
LINE = LineListed(partner_id="acme", number="+38761000111", purpose="TV spot", campaign="vital")
ISSUE = IssueRaised(
    issue="headsets", title="Ten are missing", severity="severe", owner="A. Diallo", due=AT + timedelta(hours=4), **BY
)


# The plan


def test_a_plan_is_made_from_a_template_once_with_one_person_accountable() -> None:
    make = MakePlan(
        templates=("inbound",), start=START, accountable="J. Horvat", ours="M. Kovač", theirs="A. Diallo", **BY
    )
    outcome = given(transition).when(make)
    assert outcome.events[0] == MADE
    tasks = {event.task: event for event in outcome.events[1:]}
    assert tasks["source"].start == date(2026, 3, 3)
    assert tasks["source"].end == date(2026, 3, 9)
    assert set(tasks["switch-lines"].after) == {"lines", "queues", "test-calls"}
    given(transition, MADE).when(msgspec.structs.replace(make, at=AT + timedelta(1))).then()
    given(transition, MADE).when(msgspec.structs.replace(make, templates=("outbound",))).then_rejected("plan_exists")


def test_nothing_is_said_of_a_plan_before_there_is_one() -> None:
    given(transition).when(plan("a")).then_rejected("no_plan")
    given(transition).when(RaiseIssue(issue="x", title="x", severity="low", owner="x", **BY)).then_rejected("no_plan")


def test_the_plan_is_given_to_others() -> None:
    people: dict[str, Any] = {"accountable": "M. Kovač", "ours": "I. Babić", "theirs": "A. Diallo"}
    given(transition, MADE).when(AssignPlan(**people, **BY)).then(PlanAssigned(**people, **BY))
    doc = seen(transitions, MADE, PlanAssigned(**people, **BY))["acme"]
    assert (doc.accountable, doc.templates) == ("M. Kovač", ("inbound",))


def test_a_ring_of_tasks_is_refused_and_named() -> None:
    refused = given(transition, *PLAN).when(plan("a", "c")).then_rejected("dependency_cycle")
    assert refused.rejected is not None
    assert "a → c → b → a" in refused.rejected.detail
    given(transition, *PLAN).when(plan("d", "d")).then_rejected("dependency_cycle")


def test_a_task_that_makes_no_sense_is_refused() -> None:
    given(transition, *PLAN).when(plan("d", "nobody")).then_rejected("unknown_task")
    given(transition, *PLAN).when(plan("d", end=START - timedelta(1))).then_rejected("ends_before_it_starts")
    given(transition, *PLAN).when(RemoveTask(partner_id="acme", task="a")).then_rejected("needed_by")
    given(transition, *PLAN).when(FinishTask(task="nobody", **BY)).then_rejected("unknown_task")


def test_a_task_is_done_after_those_that_it_waits_for_and_opened_again_before_them() -> None:
    given(transition, *PLAN).when(FinishTask(task="b", **BY)).then_rejected("dependency_open")
    given(transition, *PLAN).when(FinishTask(task="a", **BY)).then(DONE_A)
    given(transition, *PLAN, DONE_A).when(FinishTask(task="b", **BY)).then(TaskFinished(task="b", **BY))
    reopen = ReopenTask(task="a", reason="It was another one.", **BY)
    both = [*PLAN, DONE_A, TaskFinished(task="b", **BY)]
    given(transition, *both).when(reopen).then_rejected("dependent_done")
    given(transition, *PLAN, DONE_A).when(reopen).then(TaskReopened(task="a", reason="It was another one.", **BY))
    given(transition, *PLAN).when(reopen).then()


def task_of(side: Literal["ours", "theirs", "both"]) -> TaskPlanned:
    return TaskPlanned(partner_id="acme", task="t", name="T", side=side, start=START, end=START)


@pytest.mark.parametrize("side", ["ours", "both"])
def test_the_partner_says_nothing_of_a_task_that_is_not_its_own_alone(side: Literal["ours", "both"]) -> None:
    done = TaskFinished(task="t", **BY)
    given(transition, MADE, task_of(side)).when(FinishTask(task="t", acting="theirs", **BY)).then_rejected(
        "task_of_others"
    )
    given(transition, MADE, task_of(side)).when(FinishTask(task="t", **BY)).then(done)
    reopen = ReopenTask(task="t", reason="Not yet.", acting="theirs", **BY)
    given(transition, MADE, task_of(side), done).when(reopen).then_rejected("task_of_others")


def test_the_partner_finishes_and_reopens_its_own_task() -> None:
    done = TaskFinished(task="t", **BY)
    own = (MADE, task_of("theirs"))
    given(transition, *own).when(FinishTask(task="t", acting="theirs", **BY)).then(done)
    given(transition, *own, done).when(ReopenTask(task="t", reason="Not yet.", acting="theirs", **BY)).then(
        TaskReopened(task="t", reason="Not yet.", **BY)
    )


# Lines, interfaces, issues


def test_lines_are_switched_one_by_one_and_back() -> None:
    switch = SwitchLine(number=LINE.number, **BY)
    given(transition, *PLAN).when(switch).then_rejected("unknown_line")
    listed = given(transition, *PLAN).when(
        ListLine(partner_id="acme", number=LINE.number, purpose="TV spot", campaign="vital")
    )
    listed.then(LINE)
    switched = LineSwitched(number=LINE.number, **BY)
    given(transition, *PLAN, LINE).when(switch).then(switched)
    given(transition, *PLAN, LINE, switched).when(switch).then()
    remove = RemoveLine(partner_id="acme", number=LINE.number)
    given(transition, *PLAN, LINE, switched).when(remove).then_rejected("line_switched")
    renamed = ListLine(partner_id="acme", number=LINE.number, purpose="Radio")
    outcome = given(transition, *PLAN, LINE, switched).when(renamed)
    assert outcome.events[0].switched
    back = SwitchLineBack(number=LINE.number, reason="Calls were cut.", **BY)
    assert given(transition, *PLAN, LINE, switched).when(back).state.switched == frozenset()


def test_an_interface_is_listed_with_how_far_it_is() -> None:
    listing = ListInterface(interface="crm", name="Customer records", **BY)
    first = given(transition, *PLAN).when(listing)
    assert first.events[0].state == "planned"
    working = msgspec.structs.replace(listing, state="working")
    doc = seen(transitions, *PLAN, *first.events, *given(transition, *PLAN).when(working).events)["acme"]
    assert doc.interfaces["crm"].state == "working"
    gone = given(transition, *PLAN, *first.events).when(RemoveInterface(partner_id="acme", interface="crm"))
    assert gone.state.interfaces == {}


def test_an_issue_is_due_by_its_severity_and_closed_with_an_outcome() -> None:
    raised = RaiseIssue(issue="headsets", title="Ten are missing", severity="severe", owner="A. Diallo", **BY)
    given(transition, *PLAN).when(raised).then(ISSUE)
    other = msgspec.structs.replace(raised, title="All are missing")
    given(transition, *PLAN, ISSUE).when(other).then_rejected("issue_exists")
    regrade = RegradeIssue(issue="headsets", severity="low", owner="A. Diallo", reason="Five came.", **BY)
    outcome = given(transition, *PLAN, ISSUE).when(regrade)
    assert outcome.events[0].due == AT + RESOLVED_WITHIN["low"]
    later = msgspec.structs.replace(regrade, severity="severe", due=AT + timedelta(days=1))
    assert given(transition, *PLAN, ISSUE).when(later).events[0].due == AT + timedelta(days=1)
    resolve = ResolveIssue(issue="headsets", outcome="All came.", **BY)
    resolved = given(transition, *PLAN, ISSUE).when(resolve)
    given(transition, *PLAN, ISSUE, *resolved.events).when(regrade).then_rejected("issue_resolved")
    reopened = given(transition, *PLAN, ISSUE, *resolved.events).when(
        ReopenIssue(issue="headsets", reason="They are broken.", **BY)
    )
    assert (reopened.events[0].severity, reopened.state.issues["headsets"].resolved) == ("severe", False)
    doc = seen(transitions, *PLAN, ISSUE, *resolved.events, *reopened.events)["acme"]
    assert [step.what for step in doc.issues["headsets"].steps] == ["raised", "resolved", "reopened"]
    assert doc.issues["headsets"].outcome is None


# What the gates see


def noted(*events: Event) -> dict[str, set[str]]:
    """The facts of the partner after these events of its transition, by kind."""
    state = partner.initial
    for event in events:
        for send in note_transition.handle(published(event)):
            assert send.stream_id == "acme"
            state = evolved(partner, state, partner.decide(send.command, state))  # type: ignore[arg-type]
    return {kind: set(refs) for kind, refs in state.facts.items() if refs}


def test_the_partners_file_has_the_plan_the_lines_that_are_not_switched_and_severe_issues() -> None:
    assert noted(MADE, LINE, ISSUE) == {
        "transition_plan": {"plan"},
        "unswitched_line": {LINE.number},
        "severe_issue": {"headsets"},
    }
    switched = LineSwitched(number=LINE.number, **BY)
    resolved = given(transition, *PLAN, ISSUE).when(ResolveIssue(issue="headsets", outcome="They came.", **BY)).events
    assert noted(MADE, LINE, ISSUE, switched, *resolved) == {"transition_plan": {"plan"}}
    back = given(transition, *PLAN, LINE, switched).when(
        SwitchLineBack(number=LINE.number, reason="Calls were cut.", **BY)
    )
    assert noted(MADE, LINE, switched, *back.events)["unswitched_line"] == {LINE.number}
    renamed = given(transition, *PLAN, LINE, switched).when(
        ListLine(partner_id="acme", number=LINE.number, purpose="Radio")
    )
    assert "unswitched_line" not in noted(MADE, LINE, switched, *renamed.events)
    low = msgspec.structs.replace(ISSUE, severity="low")
    assert "severe_issue" not in noted(MADE, low)
    assert {"lines_switched", "no_severe_issue"} <= set(MOVES[("testing", "ramping")].conditions)


# Over HTTP

TASK = {"name": "d", "side": "ours", "start": "2026-03-02", "end": "2026-03-02"}


async def planned(at: World) -> None:
    await at.http.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme", "time_zone": "Asia/Tokyo"})
    body = {
        "templates": ["inbound"],
        "start": "2026-02-23",
        "accountable": "J. Horvat",
        "ours": "M. Kovač",
        "theirs": "A. Diallo",
    }
    made = await at.http.put("/api/v1/transitions/acme", json=body)
    assert made.status_code == 202, made.text


async def test_the_plan_shows_what_is_to_be_expected_today() -> None:
    async with world() as at:
        assert (await at.http.get("/api/v1/transitions/acme")).status_code == 404
        await planned(at)
        shown = (await at.http.get("/api/v1/transitions/acme")).json()
        # Today is 2 March: what was to be done by then is late, and everything behind it.
        kick_off = next(row for row in shown["tasks"] if row["task"] == "kick-off")
        assert kick_off["expected"] == {"start": "2026-02-23", "end": "2026-03-02", "slip_days": 7, "slack_days": 0}
        assert (kick_off["accountable"], kick_off["theirs"]) == ("J. Horvat", "A. Diallo")
        assert shown["slip_days"] == 7
        assert shown["critical_path"][0] == "kick-off"
        listed = (await at.http.get("/api/v1/transitions")).json()["items"]
        assert [(row["partner_id"], row["slip_days"], row["done"]) for row in listed] == [("acme", 7, 0)]
        others = await at.as_role("admin", "globex")
        assert (await at.http.get("/api/v1/transitions", headers=others)).json()["items"] == []
        assert (await at.http.get("/api/v1/transitions/acme", headers=others)).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "named"),
    [
        ("PUT", "", {"templates": ["inbound"], "start": "soon"}, 422, "start"),
        ("PUT", "/tasks/d", TASK | {"after": ["x"]}, 409, "unknown_task"),
        ("PUT", "/tasks/kick-off", TASK | {"after": ["ramp"]}, 409, "dependency_cycle"),
        ("PUT", "/tasks/d", TASK | {"side": "nobody's"}, 422, "side"),
        ("PUT", "/tasks/d", TASK | {"colour": "red"}, 422, "colour"),
        ("PUT", "/lines/061-000", {"purpose": "TV"}, 422, "number"),
        ("POST", "/lines/%2B38761000111/switch", {}, 409, "unknown_line"),
        ("PUT", "/issues/x", {"title": "x", "severity": "huge", "owner": "me"}, 422, "severity"),
        (
            "PUT",
            "/issues/x",
            {"title": "x", "severity": "low", "owner": "me", "due": "2026-03-02T09:00:00"},
            422,
            "due",
        ),
        ("POST", "/issues/x/resolve", {"outcome": "fine"}, 409, "unknown_issue"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_named(
    method: str, path: str, body: dict[str, Any], status: int, named: str
) -> None:
    async with world() as at:
        await planned(at)
        before = len(at.service.events)
        answer = await at.http.request(method, f"/api/v1/transitions/acme{path}", json=body)
        assert answer.status_code == status, answer.text
        problem = answer.json()
        assert named in (problem["type"].rpartition("/")[2], *(error["field"] for error in problem.get("errors", ())))
        assert len(at.service.events) == before


async def test_nothing_begins_for_a_partner_whom_nobody_knows() -> None:
    async with world() as at:
        body = {"templates": ["inbound"], "start": "2026-03-02", "accountable": "a", "ours": "b", "theirs": "c"}
        assert (await at.http.put("/api/v1/transitions/nobody", json=body)).status_code == 404
        assert at.service.events == []
