"""Test calls: judged by what came, in whatever order it was seen; what is taken back is judged again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.partner import partner
from services.partners.domain.process_managers.scenario_runs import Fact, follow_test_calls, note_test_calls
from services.partners.domain.scenario_runs import (
    BookRun,
    CancelRun,
    CloseRun,
    RequireScenarios,
    ScenarioRuns,
    SeeFact,
    TakeBackFact,
    scenario_runs,
)
from services.partners.domain.scenarios import SAYS, SCENARIOS, mandatory
from services.partners.events.transition import PlanMade, ScenarioGateJudged, ScenarioRunJudged
from services.partners.views.runs import runs
from shared.contracts.calls import CallEnded, CallStarted
from shared.kernel import Command
from tests.spec import evolved, given, published, seen
from tests.unit.partners.service import World, world

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BY: dict[str, Any] = {"partner_id": "acme", "at": AT, "by": "boss"}
HOUR = timedelta(hours=1)
Told = tuple[str, int, dict[str, Any]]

STARTED_IN: Told = ("CallStarted", 0, {"direction": "inbound", "phase": "queued", "offered": True, "dialed": False})
STARTED_OUT: Told = ("CallStarted", 0, {"direction": "outbound", "phase": "dialing", "offered": False, "dialed": True})
ANSWERED: Told = ("CallAnswered", 20, {"answered_by": "human", "first": True})
SALE: Told = ("SaleRecorded", 90, {"sku": "V-1"})
LEG_END: Told = ("CallEnded", 110, {"scope": "leg", "reason": "completed"})
END: Told = ("CallEnded", 110, {"scope": "call", "reason": "completed", "outcome": "answered"})


def result(canonical: str, at: int = 130) -> Told:
    return "CallDispositioned", at, {"native": canonical.upper(), "canonical": canonical, "corrected": False}


def handed_over(at: int) -> Told:
    return "CallTransferred", at, {"mode": "warm", "to_kind": "contact"}


GOOD: dict[str, list[Told]] = {
    "inbound-sale-with-upsell": [STARTED_IN, ANSWERED, SALE, LEG_END, END, result("sale_upsell")],
    "abandoned-in-queue": [STARTED_IN, ("CallEnded", 40, {"scope": "call", "outcome": "abandoned"})],
    "outbound-sale": [STARTED_OUT, ANSWERED, SALE, LEG_END, END, result("sale")],
    "outbound-refusal": [STARTED_OUT, ANSWERED, LEG_END, END, result("not_interested")],
    "no-answer": [STARTED_OUT, ("CallEnded", 40, {"scope": "call", "outcome": "no-answer"})],
    "hot-lead-in-time": [STARTED_IN, ANSWERED, handed_over(200), LEG_END, result("hot_handover")],
    "cancelled-sale": [STARTED_IN, ANSWERED, SALE, LEG_END, END, result("cancel_done")],
    "held-and-resumed": [STARTED_IN, ANSWERED, ("CallHeld", 30, {}), ("CallResumed", 40, {}), LEG_END, END],
    "answering-machine": [
        STARTED_OUT,
        ("CallAnswered", 20, {"answered_by": "machine", "first": False}),
        ("CallEnded", 30, {"scope": "call", "outcome": "machine"}),
    ],
    "call-back": [STARTED_OUT, ANSWERED, LEG_END, END, result("callback")],
}


def facts(
    told: list[Told], call: str = "tw:c1", since: datetime = AT, numbers: tuple[str, ...] = ("desk-1",)
) -> list[SeeFact]:
    return [
        SeeFact(
            partner_id="acme", fact=f"telephony.1/0:{call}.{n}", call=call, kind=kind, numbers=numbers,
            at=since + timedelta(seconds=seconds), says=says,
        )
        for n, (kind, seconds, says) in enumerate(told)
    ]  # fmt: skip


def book(scenario: str, run: str = "r1", hours: tuple[int, int] = (0, 1), **more: Any) -> BookRun:
    window: dict[str, Any] = {"since": AT + hours[0] * HOUR, "until": AT + hours[1] * HOUR}
    return BookRun(**{"run": run, "scenario": scenario, "numbers": ("desk-1",)} | window | BY | more)


def after(*commands: Command) -> ScenarioRuns:
    state = scenario_runs.initial
    for command in commands:
        state = evolved(scenario_runs, state, scenario_runs.decide(command, state))  # type: ignore[arg-type]
    return state


def steps(state: ScenarioRuns, run: str = "r1") -> dict[str, str]:
    return {step.step: step.verdict for step in state.judged[run].steps}


# The catalogue


def test_every_scenario_can_be_passed_and_says_what_it_expects() -> None:
    assert GOOD.keys() == SCENARIOS.keys()
    kinds = {kind.__name__ for kind in get_args(Fact)}
    assert SAYS.keys() == kinds
    for scenario in SCENARIOS.values():
        names = [step.name for step in scenario.steps]
        for n, step in enumerate(scenario.steps):
            assert step.kind in kinds
            assert {*step.of, *step.says} <= set(SAYS[step.kind])
            assert step.after is None or step.after in names[:n]
    for kind in get_args(Fact):
        assert set(SAYS[kind.__name__]) <= set(kind.__struct_fields__)
    for direction in ("inbound", "outbound"):
        assert {"hot-lead-in-time", "cancelled-sale"} < set(mandatory([direction]))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_call_as_it_must_be_passes(scenario: str) -> None:
    state = after(book(scenario), *facts(GOOD[scenario]), CloseRun(partner_id="acme", run="r1", at=AT + HOUR))
    assert set(steps(state).values()) == {"passed"}
    assert (state.judged["r1"].verdict, state.judged["r1"].call) == ("passed", "tw:c1")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_call_of_another_scenario_fails_it(scenario: str) -> None:
    others = {
        name for name, told in GOOD.items() if after(book(scenario), *facts(told)).judged["r1"].verdict == "passed"
    }
    assert others == {scenario}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_fact_that_a_step_wants_is_missed_when_it_does_not_come(scenario: str) -> None:
    for step in SCENARIOS[scenario].steps:
        if step.never or step.kind == "CallStarted":
            continue
        told = [one for one in GOOD[scenario] if one[0] != step.kind]
        waiting = after(book(scenario), *facts(told))
        assert waiting.judged["r1"].verdict in ("waiting", "failed")
        closed = after(book(scenario), *facts(told), CloseRun(partner_id="acme", run="r1", at=AT + HOUR))
        missing = next(judged for judged in closed.judged["r1"].steps if judged.step == step.name)
        assert (missing.verdict, missing.came, closed.judged["r1"].verdict) == ("failed", None, "failed")


# Judging


def test_a_failed_step_says_what_was_expected_what_came_and_when() -> None:
    told = [STARTED_IN, ANSWERED, SALE, LEG_END, END, result("sale")]
    state = after(book("inbound-sale-with-upsell"), *facts(told))
    assert state.judged["r1"].verdict == "failed"
    (wrong,) = (step for step in state.judged["r1"].steps if step.verdict == "failed")
    assert wrong.step == "result"
    assert wrong.expected == "CallDispositioned(canonical=sale_upsell) after answered"
    assert wrong.came == "CallDispositioned(native=SALE, canonical=sale, corrected=False)"
    assert wrong.at == AT + timedelta(seconds=130)


def test_what_may_not_come_fails_the_call() -> None:
    told = [*GOOD["outbound-refusal"], SALE]
    state = after(book("outbound-refusal"), *facts(told))
    assert steps(state)["no sale"] == "failed"


def test_a_hot_lead_is_handed_over_within_five_minutes_of_the_answer() -> None:
    for seconds, verdict in ((320, "passed"), (321, "failed")):
        told = [
            STARTED_IN,
            ANSWERED,
            handed_over(seconds),
            ("CallEnded", 400, {"scope": "call"}),
            result("hot_handover"),
        ]
        state = after(book("hot-lead-in-time"), *facts(told))
        assert steps(state)["handed over"] == verdict


def test_a_step_does_not_come_before_what_it_follows() -> None:
    told = [STARTED_IN, ANSWERED, ("CallResumed", 25, {}), ("CallHeld", 30, {}), END]
    assert steps(after(book("held-and-resumed"), *facts(told)))["resumed"] == "failed"


def test_that_something_does_not_come_is_known_when_the_call_is_over() -> None:
    begun = after(book("abandoned-in-queue"), *facts([STARTED_IN]))
    assert (steps(begun)["nobody answers"], begun.judged["r1"].verdict) == ("waiting", "waiting")


def test_until_the_call_is_over_nothing_fails() -> None:
    told = [STARTED_IN, ANSWERED, result("sale", 50)]
    state = after(book("inbound-sale-with-upsell"), *facts(told))
    assert state.judged["r1"].verdict == "waiting"
    assert steps(state)["result"] == "waiting"


@over(st.sampled_from(sorted(SCENARIOS)), st.sampled_from(sorted(SCENARIOS)), st.integers(0, 2**32), st.booleans())
def test_verdicts_depend_on_the_set_of_facts_and_not_on_their_order(
    scenario: str, played: str, seed: int, booked_late: bool
) -> None:
    dice = random.Random(seed)
    seen_ = facts(GOOD[played]) + facts(GOOD[scenario], "tw:c2", AT + timedelta(minutes=dice.randrange(90)))
    straight = after(book(scenario), *seen_)
    gone = dice.sample(seen_, dice.randrange(len(seen_)))
    wrong = [
        msgspec.structs.replace(fact, fact=f"{fact.fact}-wrong", says={**fact.says, "canonical": "other"})
        for fact in gone
    ]
    crooked: list[Command] = [*seen_, *wrong]
    dice.shuffle(crooked)
    crooked += [TakeBackFact(partner_id="acme", fact=fact.fact) for fact in dice.sample(wrong, len(wrong))]
    crooked = [*crooked, book(scenario)] if booked_late else [book(scenario), *crooked]
    assert after(*crooked).judged == straight.judged


def test_of_several_calls_the_one_that_begins_last_counts_and_others_numbers_and_times_do_not() -> None:
    good, bad = facts(GOOD["call-back"]), facts([STARTED_OUT, ANSWERED, END, result("sale")], "tw:c2", AT + HOUR / 2)
    state = after(book("call-back"), *good)
    assert (state.judged["r1"].verdict, state.judged["r1"].call) == ("passed", "tw:c1")
    state = after(book("call-back"), *good, *bad)
    assert (state.judged["r1"].verdict, state.judged["r1"].call) == ("failed", "tw:c2")
    late = facts(GOOD["call-back"], "tw:c3", AT + HOUR)
    other = facts(GOOD["call-back"], "tw:c4", AT, ("desk-2",))
    assert after(book("call-back"), *late, *other).judged["r1"].call is None


# Runs and the gate


def test_a_run_is_booked_once_and_alone_on_its_number() -> None:
    run = book("call-back")
    outcome = given(scenario_runs).when(run)
    assert [type(event).__name__ for event in outcome.events] == ["ScenarioRunBooked", "ScenarioRunJudged"]
    booked = outcome.events
    given(scenario_runs, *booked).when(book("no-answer")).then_rejected("run_exists")
    given(scenario_runs, *booked).when(book("no-answer", "r2")).then_rejected("number_booked")
    assert given(scenario_runs, *booked).when(book("no-answer", "r2", (1, 2))).rejected is None
    assert given(scenario_runs, *booked).when(book("no-answer", "r2", numbers=("desk-2",))).rejected is None
    given(scenario_runs).when(book("nothing-such")).then_rejected("unknown_scenario")
    given(scenario_runs).when(book("call-back", hours=(1, 1))).then_rejected("empty_window")
    given(scenario_runs).when(CancelRun(run="r9", reason="why not", **BY)).then_rejected("unknown_run")
    closed = given(scenario_runs, *booked).when(CloseRun(partner_id="acme", run="r1", at=AT + HOUR / 4))
    again = given(scenario_runs, *booked, *closed.events).when(book("no-answer", "r2", since=AT + HOUR / 4))
    assert again.rejected is None


def judged(state: ScenarioRuns) -> tuple[bool, tuple[str, ...]]:
    assert state.gate is not None
    return state.gate.passed, state.gate.missing


def test_the_gate_opens_when_every_required_scenario_has_passed_and_shuts_when_one_is_lost() -> None:
    required = RequireScenarios(partner_id="acme", scenarios=("call-back", "no-answer"))
    first = [required, book("call-back"), *facts(GOOD["call-back"])]
    assert judged(after(*first)) == (False, ("no-answer",))
    second = [book("no-answer", "r2", (1, 2)), *facts(GOOD["no-answer"], "tw:c2", AT + HOUR)]
    both = [*first, *second]
    assert judged(after(*both)) == (True, ())
    taken_back = TakeBackFact(partner_id="acme", fact=facts(GOOD["call-back"])[-1].fact)
    assert judged(after(*both, taken_back)) == (False, ("call-back",))
    assert judged(after(*both, CancelRun(run="r2", reason="It was not me.", **BY))) == (False, ("no-answer",))
    # A run that nobody has called in yet takes nothing away; its failure does, and its success gives it back.
    booked = [*both, book("call-back", "r3", (2, 3))]
    assert judged(after(*booked)) == (True, ())
    failed = [*booked, *facts([STARTED_OUT, ANSWERED, END, result("sale")], "tw:c3", AT + 2 * HOUR)]
    assert judged(after(*failed)) == (False, ("call-back",))
    assert judged(after(*failed, *facts(GOOD["call-back"], "tw:c4", AT + 2.5 * HOUR))) == (True, ())


def test_a_gate_that_stays_as_it_is_is_not_told_again() -> None:
    required = RequireScenarios(partner_id="acme", scenarios=("call-back",))
    state = after(required)
    assert judged(state) == (False, ("call-back",))
    events = scenario_runs.decide(book("call-back"), state)
    assert not any(isinstance(event, ScenarioGateJudged) for event in events)
    assert any(isinstance(event, ScenarioRunJudged) for event in events)


# From the telephony to the partner's file


def started(**more: Any) -> CallStarted:
    return CallStarted(
        call="tw:c1", source="tw", partner="acme", direction="inbound", at=AT, interval=AT, day="2026-03-02",
        phase="queued", offered=True, dialed=False, customer_ref="cus_1", our_number="+38761000111", **more,
    )  # fmt: skip


def test_facts_of_test_calls_go_to_the_runs_without_anything_of_the_customer() -> None:
    assert follow_test_calls.handle(published(started())) == []
    assert follow_test_calls.handle(published(started(counts="test"))) == []  # of a test source: nobody booked it
    tried = msgspec.structs.replace(started(counts="test", test_numbers=("desk-1",)), source="tw.sandbox")
    assert follow_test_calls.handle(published(tried)) == []  # of a sandbox: nobody called
    fact = published(started(counts="test", test_numbers=("desk-1",)), 7)
    (send,) = follow_test_calls.handle(fact)
    assert (send.stream_id, type(send.command)) == ("acme", SeeFact)
    said = msgspec.json.encode(send.command).decode()
    assert "cus_1" not in said
    assert "+387" not in said
    (back,) = follow_test_calls.handle(published(fact.event, 8, reverses=fact))
    assert back.command == TakeBackFact(partner_id="acme", fact="spec.1:7.0")
    state = scenario_runs.initial
    for one in (send, back):
        state = evolved(scenario_runs, state, scenario_runs.decide(one.command, state))  # type: ignore[arg-type]
    assert state.facts == {}
    ended = CallEnded(
        call="tw:c1", source="tw", partner="acme", direction="inbound", at=AT, interval=AT, day="2026-03-02",
        scope="call", reason="completed", ended_by="customer", test_numbers=("desk-1",), counts="test",
    )  # fmt: skip
    (send,) = follow_test_calls.handle(published(ended))
    assert send.command.says["scope"] == "call"  # type: ignore[attr-defined]


def test_the_plan_says_what_is_required_and_the_partners_file_whether_it_has_passed() -> None:
    plan = PlanMade(templates=("outbound",), start=AT.date(), accountable="a", ours="b", theirs="c", **BY)
    (send,) = note_test_calls.handle(published(plan))
    assert send.command == RequireScenarios(partner_id="acme", scenarios=mandatory(["outbound"]))
    state = partner.initial
    for passed, held in ((True, True), (False, False), (True, True)):
        gate = ScenarioGateJudged(partner_id="acme", passed=passed, missing=())
        (send,) = note_test_calls.handle(published(gate))
        state = evolved(partner, state, partner.decide(send.command, state))  # type: ignore[arg-type]
        assert bool(state.facts.get("passed_test_calls")) is held


def test_the_view_shows_every_run_with_its_steps() -> None:
    state, told = scenario_runs.initial, []
    run: list[Any] = [
        RequireScenarios(partner_id="acme", scenarios=("call-back",)), book("call-back"), *facts(GOOD["call-back"]),
        CloseRun(partner_id="acme", run="r1", at=AT + HOUR),
    ]  # fmt: skip
    for command in run:
        events = scenario_runs.decide(command, state)
        told += events
        state = evolved(scenario_runs, state, events)
    doc = seen(runs, *(event for event in told if isinstance(event, get_args(runs.events))))["acme"]
    assert (doc.passed, doc.runs["r1"].verdict, doc.runs["r1"].call) == (True, "passed", "tw:c1")
    assert [step.step for step in doc.runs["r1"].steps] == [step.name for step in SCENARIOS["call-back"].steps]
    assert runs.fields(doc) == {"open": 0}
    cancelled = scenario_runs.decide(CancelRun(run="r1", reason="It was not me.", **BY), state)
    assert seen(runs, *[e for e in [*told, *cancelled] if isinstance(e, get_args(runs.events))])["acme"].passed is False


# Over HTTP


SOURCE: dict[str, Any] = {
    "id": "tw-1",
    "settings": {"connector": "twilio", "partner": "acme", "test_numbers": {"+38761000111": "desk-1"}},
}
RUN = {"scenario": "call-back", "numbers": ["desk-1"], "since": "2026-03-02T09:00:00Z", "until": "2026-03-02T10:00:00Z"}


async def ready(at: World) -> None:
    assert (await at.http.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"})).status_code == 201
    assert (await at.http.post("/api/v1/sources", json=SOURCE)).status_code == 201


async def test_a_run_is_booked_seen_closed_and_cancelled_over_http() -> None:
    async with world() as at:
        await ready(at)
        booked = await at.http.put("/api/v1/transitions/acme/test-runs/r1", json=RUN)
        assert booked.status_code == 202, booked.text
        assert (await at.http.post("/api/v1/transitions/acme/test-runs/r1/close")).status_code == 202
        shown = (await at.http.get("/api/v1/transitions/acme/test-runs/r1")).json()
        assert (shown["verdict"], shown["steps"][0]["expected"]) == ("failed", "CallStarted()")
        cancel = await at.http.post("/api/v1/transitions/acme/test-runs/r1/cancel", json={"reason": "Wrong number."})
        assert cancel.status_code == 202
        (listed,) = (await at.http.get("/api/v1/transitions/acme/test-runs")).json()["items"]
        assert "Wrong number." in listed["cancelled"]
        catalogue = (await at.http.get("/api/v1/transitions/acme/scenarios")).json()
        assert [row["scenario"] for row in catalogue["items"]] == sorted(SCENARIOS)
        assert (await at.http.get("/api/v1/transitions/acme/test-runs/r9")).status_code == 404


async def test_a_number_that_no_source_knows_is_not_booked() -> None:
    async with world() as at:
        await ready(at)
        refused = await at.http.put("/api/v1/transitions/acme/test-runs/r1", json=RUN | {"numbers": ["desk-2"]})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "numbers")
        nowhere = await at.http.put(
            "/api/v1/transitions/acme/test-runs/r1", json=RUN | {"since": "2026-03-02T09:00:00"}
        )
        assert (nowhere.status_code, nowhere.json()["errors"][0]["field"]) == (422, "since")
        other = await at.http.put("/api/v1/transitions/globex/test-runs/r1", json=RUN)
        assert other.status_code == 422


@pytest.mark.parametrize("numbers", [{"my desk": "desk-1"}, {"+38761000111": "My desk"}, {"+38761000111": ""}])
async def test_a_test_number_is_digits_and_its_name_a_word(numbers: dict[str, str]) -> None:
    async with world() as at:
        settings = SOURCE["settings"] | {"test_numbers": numbers}
        refused = await at.http.post("/api/v1/sources", json={"id": "tw-1", "settings": settings})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "settings.test_numbers")
