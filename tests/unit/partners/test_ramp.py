"""Ramps: caps that do not fall, phases that are left by their figures, alerts for days with too many calls."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from services.partners.domain.partner import NoteFact
from services.partners.domain.process_managers.ramp import follow_ramp
from services.partners.domain.ramp import AdvanceRamp, CompareWithCap, PlanRamp, Ramp, StartRamp, criteria, ramp
from services.partners.domain.scenario_runs import BookRun, scenario_runs
from services.partners.events.transition import (
    ExitCriteria,
    Phase,
    RampCapAlertWithdrawn,
    RampPlanned,
    RampStarted,
)
from services.partners.views.call_days import COUNTERS, CallDay, add, call_days, figures_of
from services.partners.views.ramps import ramps
from services.partners.watch import WAITS, Watch, end_of_day
from shared.contracts.calls import CallAnswered, CallEnded, CallStarted
from shared.contracts.partners import PartnerMoved, RampAdvanced, RampCapExceeded, RampFigures, RampLearning
from shared.kernel import Event, Recorded
from tests.spec import given, published, seen
from tests.unit.partners.service import World, clock, world

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BY: dict[str, Any] = {"partner_id": "acme", "at": AT, "by": "boss"}
PILOT = Phase(
    name="pilot", daily_cap=10, exit=ExitCriteria(min_days=2, min_calls=15, min_answer_rate=80, max_error_rate=5)
)
HALF = Phase(name="half", daily_cap=50, exit=ExitCriteria())
PLANNED = RampPlanned(phases=(PILOT, HALF), **BY)
STARTED = RampStarted(partner_id="acme", at=AT)
GOOD = RampFigures(
    since="2026-03-02", until="2026-03-04", days=2, calls=20, offered=20, answered=16, ended=20, flawed=1
)


def advanced(
    phase: str = "pilot", target: str | None = "half", at: datetime = AT, figures: RampFigures = GOOD
) -> RampAdvanced:
    cap = {"half": 50, None: None}[target]
    return RampAdvanced(partner_id="acme", phase=phase, target=target, daily_cap=cap, figures=figures, at=at, by="boss")


def advance(phase: str = "pilot", **figures: Any) -> AdvanceRamp:
    return AdvanceRamp(phase=phase, figures=msgspec.structs.replace(GOOD, **figures), **BY)


# Phases


def test_caps_do_not_fall_and_names_are_their_own() -> None:
    given(ramp).when(PlanRamp(phases=(PILOT, HALF), **BY)).then(PLANNED)
    given(ramp).when(PlanRamp(phases=(HALF, PILOT), **BY)).then_rejected("caps_fall")
    given(ramp).when(PlanRamp(phases=(PILOT, PILOT), **BY)).then_rejected("phase_twice")


def test_what_has_begun_keeps_its_name_and_what_was_left_stays_as_it_was() -> None:
    full = Phase(name="full", daily_cap=200, exit=ExitCriteria())
    more = PlanRamp(phases=(PILOT, HALF, full), **BY)
    assert given(ramp, PLANNED, STARTED).when(more).state.phases[-1] == full
    other = PlanRamp(phases=(HALF, full), **BY)
    given(ramp, PLANNED, STARTED).when(other).then_rejected("phase_begun")
    assert given(ramp, PLANNED).when(other).rejected is None
    easier = msgspec.structs.replace(PILOT, exit=ExitCriteria())
    changed = PlanRamp(phases=(easier, HALF), **BY)
    assert given(ramp, PLANNED, STARTED).when(changed).rejected is None
    given(ramp, PLANNED, STARTED, advanced()).when(changed).then_rejected("phase_begun")
    over_ = [PLANNED, STARTED, advanced(), advanced("half", None)]
    given(ramp, *over_).when(more).then_rejected("ramp_completed")


def test_a_phase_is_left_by_its_figures_which_are_recorded() -> None:
    given(ramp).when(advance()).then_rejected("no_ramp")
    given(ramp, PLANNED).when(advance()).then_rejected("ramp_not_started")
    given(ramp, PLANNED, STARTED).when(advance("half")).then_rejected("phase_not_in_force")
    given(ramp, PLANNED, STARTED).when(advance()).then(advanced())
    last = given(ramp, PLANNED, STARTED, advanced()).when(advance("half"))
    last.then(advanced("half", None))
    assert last.state.completed


@pytest.mark.parametrize(
    ("worse", "says"),
    [
        ({"days": 1}, "1 whole days with calls, at least 2"),
        ({"calls": 14, "ended": 14, "flawed": 0}, "14 calls, at least 15"),
        ({"answered": 15}, "answered of offered: 15 of 20, at least 80 %"),
        ({"offered": 0, "answered": 0}, "answered of offered: 0 of 0"),
        ({"ended": 19}, "2 of 20 calls without a sound end, at most 5 %"),
        ({"flawed": 2}, "2 of 20 calls without a sound end, at most 5 %"),
    ],
)
def test_a_phase_is_not_left_while_a_criterion_does_not_hold(worse: dict[str, Any], says: str) -> None:
    refused = given(ramp, PLANNED, STARTED).when(advance(**worse)).then_rejected("exit_criteria_unmet")
    assert refused.rejected is not None
    assert says in refused.rejected.detail
    assert refused.rejected.detail.count(";") == 0, "only this one does not hold"


def test_dialled_calls_are_held_against_those_that_reached_somebody() -> None:
    dialling = msgspec.structs.replace(HALF, exit=ExitCriteria(min_contact_rate=30))
    assert criteria(dialling, msgspec.structs.replace(GOOD, dialed=10, reached=3))[-1][1]
    assert not criteria(dialling, msgspec.structs.replace(GOOD, dialed=10, reached=2))[-1][1]


# Caps


def compare(calls: int, day: str = "2026-03-02", zone: str = "UTC") -> CompareWithCap:
    return CompareWithCap(partner_id="acme", day=day, day_ends=end_of_day(day, ZoneInfo(zone)), calls=calls, at=AT)


def test_a_day_above_its_cap_is_an_alert_once_and_withdrawn_when_it_was_not_above_it() -> None:
    alert = RampCapExceeded(partner_id="acme", phase="pilot", day="2026-03-02", daily_cap=10, calls=11, at=AT)
    given(ramp, PLANNED, STARTED).when(compare(10)).then()
    given(ramp, PLANNED, STARTED).when(compare(11)).then(alert)
    given(ramp, PLANNED, STARTED, alert).when(compare(12)).then()
    withdrawn = RampCapAlertWithdrawn(partner_id="acme", day="2026-03-02", calls=10, at=AT)
    given(ramp, PLANNED, STARTED, alert).when(compare(10)).then(withdrawn)
    given(ramp, PLANNED, STARTED, alert, withdrawn).when(compare(11)).then(alert)
    doc = seen(ramps, PLANNED, STARTED, alert, withdrawn, alert)["acme"]
    assert [one.withdrawn_at is None for one in doc.alerts] == [False, True]


def test_the_cap_of_a_day_is_that_of_the_last_phase_that_began_before_it_ended() -> None:
    state = Ramp((PILOT, HALF), AT, (AT + timedelta(days=2),))
    ends = [end_of_day(f"2026-03-0{day}", ZoneInfo("UTC")) for day in (1, 2, 3, 4, 5)]
    assert [phase and phase.name for phase in map(state.cap_of, ends)] == [None, "pilot", "pilot", "half", "half"]
    # In Tokyo it is the next day already when the ramp begins there in the evening.
    evening = Ramp((PILOT,), datetime(2026, 3, 2, 16, tzinfo=UTC))
    assert evening.cap_of(end_of_day("2026-03-02", ZoneInfo("Asia/Tokyo"))) is None
    assert evening.cap_of(end_of_day("2026-03-03", ZoneInfo("Asia/Tokyo"))) == PILOT
    assert Ramp((PILOT,), AT, (AT,)).cap_of(ends[1]) is None


def test_a_day_ends_when_the_clocks_say_so() -> None:
    zagreb = ZoneInfo("Europe/Zagreb")
    assert end_of_day("2026-03-28", zagreb) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert end_of_day("2026-03-29", zagreb) == datetime(2026, 3, 29, 22, tzinfo=UTC)


# What starts it, and what its end means


def test_the_ramp_starts_with_the_stage_and_its_end_is_in_the_partners_file() -> None:
    def moved(target: Any) -> PartnerMoved:
        return PartnerMoved(partner_id="acme", source="testing", target=target, at=AT, by="boss")

    (send,) = follow_ramp.handle(published(moved("ramping")))
    assert send.command == StartRamp(partner_id="acme", at=AT)
    assert follow_ramp.handle(published(moved("live"))) == []
    given(ramp, PLANNED).when(send.command).then(STARTED)
    given(ramp, PLANNED, STARTED).when(StartRamp(partner_id="acme", at=AT + timedelta(days=9))).then()
    assert follow_ramp.handle(published(advanced())) == []
    (send,) = follow_ramp.handle(published(advanced("half", None)))
    assert isinstance(send.command, NoteFact)
    assert (send.command.fact, send.command.holds) == ("completed_ramp", True)


# Counting


def common(n: int, day: str = "2026-03-02", **more: Any) -> dict[str, Any]:
    return {
        "call": f"tw:c{n}",
        "source": "tw",
        "partner": "acme",
        "direction": "inbound",
        "at": AT,
        "interval": AT,
        "day": day,
    } | more


def call(n: int, **more: Any) -> list[Event]:
    """The facts of an answered inbound call."""
    ended: dict[str, Any] = {"reason": "completed", "ended_by": "customer"}
    return [
        CallStarted(**common(n, **more), phase="queued", offered=True, dialed=False),
        CallAnswered(**common(n, **more), answered_by="human", first=True, offered=True, dialed=False),
        CallEnded(**common(n, **more), scope="leg", **ended),
        CallEnded(**common(n, **more), scope="call", outcome="answered", offered=True, **ended),
    ]


@over(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["production", "test"])), max_size=8), st.data())
def test_a_day_counts_its_calls_without_tests_and_a_reversal_leaves_it_as_it_was(
    made: list[tuple[int, Any]], data: st.DataObject
) -> None:
    calls = [call(n, day=f"2026-03-0{day}", counts=counts) for n, (day, counts) in enumerate(made)]
    told: list[Recorded[Any]] = [published(fact, n) for n, fact in enumerate(fact for facts in calls for fact in facts)]
    back = data.draw(st.lists(st.sampled_from(told), unique_by=lambda r: r.position)) if told else []
    told += [published(recorded.event, 1000 + n, reverses=recorded) for n, recorded in enumerate(back)]
    stays = [recorded for recorded in told if recorded.sign > 0 and recorded not in back]
    docs = seen(call_days, *told)
    plain = seen(call_days, *stays)
    nothing = dict.fromkeys(COUNTERS, 0)
    for key, doc in docs.items():
        counted = {name: getattr(doc, name) for name in COUNTERS}
        assert counted == ({name: getattr(plain[key], name) for name in COUNTERS} if key in plain else nothing)
    for day in {day for day, _ in made}:
        begun = [r.event for r in stays if isinstance(r.event, CallStarted) and r.event.counts == "production"]
        found = docs.get(f"acme:2026-03-0{day}", CallDay())
        assert found.calls == found.offered == sum(fact.day == f"2026-03-0{day}" for fact in begun)


def test_figures_are_the_sums_of_the_days_between() -> None:
    days = [CallDay(partner="acme", day=f"2026-03-0{n}", calls=n, ended=n) for n in (1, 2, 3, 4)]
    assert figures_of(days, "2026-03-02", "2026-03-03") == RampFigures(
        since="2026-03-02", until="2026-03-03", days=2, calls=5, ended=5
    )
    assert add(days[0], days[0]).calls == 2
    flawed = CallEnded(**common(1), scope="call", reason="x", ended_by="agent", flags=("negative_duration",))
    assert seen(call_days, flawed)["acme:2026-03-02"].flawed == 1


# Over HTTP, with the watch


async def ramping(at: World) -> None:
    zone = {"time_zone": "Europe/Zagreb"}
    assert (
        await at.http.post("/api/v1/partners", json={"partner_id": "acme", "name": "Acme"} | zone)
    ).status_code == 201
    phases = [msgspec.to_builtins(phase) for phase in (PILOT, HALF)]
    planned = await at.http.put("/api/v1/transitions/acme/ramp", json={"phases": phases})
    assert planned.status_code == 202, planned.text
    start = StartRamp(partner_id="acme", at=clock() - timedelta(days=2))
    await at.service.handle(ramp, "acme", start, command_id="start", actor="boss")


def calls_on(at: World, day: str, first: int, n: int) -> None:
    at.service.events += [fact for number in range(first, first + n) for fact in call(number, day=day)]


LEARNT = RampLearning(
    until=date(2026, 3, 4), agents=3, contacts=600, sales=45, earlier=40, earlier_contacts=8000, expected="50.00",
    verdict="as_the_earlier", share_percent="90.0", chance="0.3", evidence="as those before",
)  # fmt: skip
LEARNS = msgspec.structs.replace(PILOT, exit=ExitCriteria(min_learning_rate=90))


@pytest.mark.parametrize(
    ("learnt", "says"),
    [
        (None, "nothing is told yet of how new agents learn"),
        ({"sales": 44}, "new agents made 44 sales of 600 contacts, and 40 earlier ones would have made 50.00"),
        ({"verdict": "too_few"}, "too few"),
        ({"until": date(2026, 3, 1)}, "until 2026-03-01"),
    ],
)
def test_a_phase_is_not_left_by_agents_who_do_not_learn(learnt: dict[str, Any] | None, says: str) -> None:
    told = None if learnt is None else msgspec.structs.replace(LEARNT, **learnt)
    planned = msgspec.structs.replace(PLANNED, phases=(LEARNS, HALF))
    given(ramp, planned, STARTED).when(advance(learning=told)).then_rejected("exit_criteria_unmet")
    (unmet,) = (one.says for one in criteria(LEARNS, msgspec.structs.replace(GOOD, learning=told)) if not one.holds)
    assert says in unmet


def test_a_phase_is_left_by_agents_who_learn_and_both_sides_figures_are_kept() -> None:
    planned = msgspec.structs.replace(PLANNED, phases=(LEARNS, HALF))
    kept = msgspec.structs.replace(GOOD, learning=LEARNT)
    given(ramp, planned, STARTED).when(advance(learning=LEARNT)).then(advanced(figures=kept))


@over(st.integers(0, 500), st.integers(0, 50_000), st.integers(0, 100))
def test_more_sales_never_shut_what_fewer_open(sales: int, hundredths: int, percent: int) -> None:
    phase = msgspec.structs.replace(PILOT, exit=ExitCriteria(min_learning_rate=percent))

    def holds(n: int) -> bool:
        told = msgspec.structs.replace(LEARNT, sales=n, expected=f"{hundredths // 100}.{hundredths % 100:02}")
        return all(one.holds for one in criteria(phase, msgspec.structs.replace(GOOD, learning=told)))

    assert holds(sales) is (sales * 10_000 >= hundredths * percent)
    assert holds(sales + 1) >= holds(sales)


async def test_an_alert_is_raised_by_the_call_above_the_cap_and_once() -> None:
    async with world() as at:
        await ramping(at)
        watch = Watch(at.service, at.service, clock)
        calls_on(at, "2026-03-02", 0, 10)
        await watch.step()
        shown = (await at.http.get("/api/v1/transitions/acme/ramp")).json()
        assert shown["today"] == {"day": "2026-03-02", "calls": 10, "daily_cap": 10, "above_cap": False}
        assert shown["alerts"] == []
        calls_on(at, "2026-03-02", 10, 1)
        assert (await at.http.get("/api/v1/transitions/acme/ramp")).json()["today"]["above_cap"]
        for _ in range(3):
            await watch.step()
        calls_on(at, "2026-03-02", 11, 1)
        await watch.step()
        (alert,) = (await at.http.get("/api/v1/transitions/acme/ramp")).json()["alerts"]
        assert (alert["phase"], alert["day"], alert["calls"], alert["calls_now"]) == ("pilot", "2026-03-02", 11, 12)
        # Two calls were none of that day after all, and then one more comes: an alert again.
        gone = {call(number)[0].call for number in (10, 11)}  # type: ignore[attr-defined]
        at.service.events[:] = [event for event in at.service.events if getattr(event, "call", "") not in gone]
        await watch.step()
        calls_on(at, "2026-03-02", 12, 1)
        await watch.step()
        both = (await at.http.get("/api/v1/transitions/acme/ramp")).json()["alerts"]
        assert [one["withdrawn_at"] is None for one in both] == [False, True]


async def test_a_phase_is_left_over_http_by_whole_days() -> None:
    async with world() as at:
        await ramping(at)
        calls_on(at, "2026-02-28", 0, 10)
        calls_on(at, "2026-03-02", 20, 10)  # today is not over
        refused = await at.http.post("/api/v1/transitions/acme/ramp/advance", json={"phase": "pilot"})
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/exit_criteria_unmet")
        calls_on(at, "2026-03-01", 40, 8)
        shown = (await at.http.get("/api/v1/transitions/acme/ramp")).json()
        assert all(row["holds"] for row in shown["criteria"])
        assert (await at.http.post("/api/v1/transitions/acme/ramp/advance", json={"phase": "pilot"})).status_code == 202
        shown = (await at.http.get("/api/v1/transitions/acme/ramp")).json()
        assert (shown["phase"], shown["passed"][0]["figures"]["calls"], shown["today"]["daily_cap"]) == ("half", 18, 50)


async def test_a_run_is_closed_a_while_after_its_window() -> None:
    async with world() as at:
        now = clock()
        watch = Watch(at.service, at.service, lambda: now)
        run = BookRun(
            run="r1", scenario="call-back", numbers=("desk-1",), since=AT - timedelta(hours=1), until=AT, **BY
        )
        await at.service.handle(scenario_runs, "acme", run, command_id="1", actor="boss")
        now = AT + WAITS - timedelta(seconds=1)
        await watch.step()
        assert (await at.http.get("/api/v1/transitions/acme/test-runs/r1")).json()["closed_at"] is None
        now = AT + WAITS
        await watch.step()
        shown = (await at.http.get("/api/v1/transitions/acme/test-runs/r1")).json()
        assert (shown["verdict"], shown["steps"][0]["came"]) == ("failed", None)
