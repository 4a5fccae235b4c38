"""A partner's transition over HTTP: test calls come in through a real connector, are judged and counted nowhere; the
gate lets through when all have passed; then real calls are held against the cap of the phase."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.partners.domain.partner import NoteFact, partner
from tests.e2e.switch import ANSWERED, CUSTOMER, DESK, ENDED, PLAYED, SALE, TEST_LINE, Switch, begun, result, source
from tests.e2e.systems import System, Time, ask, at_rest, eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def switch(system: System, time: Time) -> Switch:
    """A partner that is ready for test calls, as far as other parts of its file are concerned."""
    client = system.client
    zone = {"time_zone": "Europe/Zagreb"}
    made = await client.post("/api/v1/partners", json={"partner_id": "lumen", "name": "Lumen"} | zone)
    assert made.status_code == 201
    assert (await client.post("/api/v1/sources", json=source("lumen-switch", "lumen"))).status_code == 201
    adopted = await client.post(
        "/api/v1/partners/lumen/adopt", json={"stage": "testing", "reason": "Half way already."}
    )
    assert adopted.status_code == 202
    for fact in ("signed_contract", "conformant_source"):
        note = NoteFact(partner_id="lumen", fact=fact, ref="lumen:main")
        commands = system.runtime.kits["partners"].commands
        await commands.handle(partner, "lumen", note, command_id=f"test:{fact}", actor="test")
    await at_rest(system)
    return Switch(system, time, "lumen-switch")


async def put(switch: Switch, path: str, body: dict[str, Any], method: str = "PUT") -> Any:
    """Carry out what must be carried out."""
    answer = await switch.system.client.request(method, f"/api/v1/transitions/lumen{path}", json=body)
    assert answer.status_code == 202, answer.text
    await at_rest(switch.system)
    return answer.json()


async def move(switch: Switch, target: str) -> tuple[int, str]:
    """Ask for another stage: the status, and why not."""
    await at_rest(switch.system)
    answer = await switch.system.client.post("/api/v1/partners/lumen/stage", json={"target": target})
    await at_rest(switch.system)
    return answer.status_code, answer.json().get("type", "").rpartition("/")[2]


async def counted(switch: Switch, counts: str = "production") -> dict[str, Any]:
    """What the figures, what stands behind them, the lists and the wallboard say of the partner."""
    client, today = switch.system.client, switch.time().date()
    period = {"from": (today - timedelta(days=1)).isoformat(), "to": (today + timedelta(days=2)).isoformat()}
    scope = {"partner": "lumen", "counts": counts, **period}
    rows = (await ask(client, "/api/v1/performance/partners", kpis="offered,handled,sales_reported", **scope))["items"]
    evidence = await ask(client, "/api/v1/performance/evidence", measure="offered", limit=100, **scope)
    calls = (await ask(client, "/api/v1/calls", partner="lumen", counts=counts, limit=100))["items"]
    found = {name: f["value"] for row in rows for name, f in row["figures"].items() if f["value"]}
    return found | {"evidence": evidence["count"], "calls": len(calls)}


NOTHING = {"evidence": 0, "calls": 0}


async def book(switch: Switch, run: str, scenario: str, numbers: Sequence[str], since: datetime) -> None:
    window = {"since": since.isoformat(), "until": (since + timedelta(minutes=10)).isoformat()}
    await put(switch, f"/test-runs/{run}", {"scenario": scenario, "numbers": numbers, **window})


async def run_of(switch: Switch, run: str) -> Any:
    return await ask(switch.system.client, f"/api/v1/transitions/lumen/test-runs/{run}")


async def test_a_plan_begins_with_what_must_pass(switch: Switch) -> None:
    people = {"accountable": "J. Horvat", "ours": "M. Kovač", "theirs": "A. Diallo"}
    await put(switch, "", {"templates": ["inbound"], "start": "2026-11-16", **people})
    await put(switch, "/lines/%2B38533000100", {"purpose": "TV spot", "campaign": "lamps"})
    await put(switch, "/issues/echo", {"title": "Callers hear an echo", "severity": "severe", "owner": "A. Diallo"})
    shown = await ask(switch.system.client, "/api/v1/transitions/lumen")
    assert (shown["critical_path"][0], shown["accountable"], shown["lines"]["+38533000100"]["switched"]) == (
        "kick-off",
        "J. Horvat",
        False,
    )
    assert shown["slip_days"] == 2  # nobody has met yet, two days after it was planned
    scenarios = await ask(switch.system.client, "/api/v1/transitions/lumen/scenarios")
    assert scenarios["missing"] == sorted(PLAYED)
    assert await move(switch, "ramping") == (409, "test_calls_passed")


async def test_a_test_call_that_goes_wrong_names_the_step(switch: Switch) -> None:
    since = switch.time() - timedelta(minutes=50)
    await book(switch, "sale-1", "inbound-sale-with-upsell", ["desk-1"], since)
    wrong = [begun(DESK), ANSWERED, SALE, ENDED, result("SOLD")]
    await switch.tell("t-1", since + timedelta(seconds=5), wrong)
    run = await run_of(switch, "sale-1")
    assert (run["verdict"], run["call"]) == ("failed", "lumen-switch:t-1")
    (failed,) = (step for step in run["steps"] if step["verdict"] == "failed")
    assert failed == {
        "step": "result",
        "expected": "CallDispositioned(canonical=sale_upsell) after answered",
        "verdict": "failed",
        "came": "CallDispositioned(direction=inbound, native=SOLD, canonical=sale, corrected=False)",
        "at": (since + timedelta(seconds=105)).isoformat().replace("+00:00", "Z"),
    }
    assert await counted(switch) == NOTHING
    assert await move(switch, "ramping") == (409, "test_calls_passed")


async def test_the_gate_lets_through_when_every_mandatory_scenario_has_passed(switch: Switch) -> None:
    for n, (scenario, said) in enumerate(sorted(PLAYED.items())):
        since = switch.time() - timedelta(minutes=39 - 10 * n)
        number, name = ((begun(DESK), "desk-1"), (begun(CUSTOMER, TEST_LINE), "line-9"))[n % 2]
        await book(switch, f"run-{n}", scenario, [name], since)
        assert await move(switch, "ramping") == (409, "test_calls_passed")
        # The start, with the number, comes last: what was told before is taken back.
        await switch.tell(f"p-{n}", since, [*said, number])
        run = await run_of(switch, f"run-{n}")
        assert run["verdict"] == "passed", run
    assert (await ask(switch.system.client, "/api/v1/transitions/lumen/scenarios"))["passed"]
    assert await move(switch, "ramping") == (409, "lines_switched")
    await put(switch, "/lines/%2B38533000100/switch", {}, "POST")
    assert await move(switch, "ramping") == (409, "no_severe_issue")
    await put(switch, "/issues/echo/resolve", {"outcome": "Another codec."}, "POST")


async def test_test_calls_are_in_no_figure_no_list_and_on_no_wallboard(switch: Switch) -> None:
    await switch.tell("t-live", switch.time() - timedelta(seconds=30), [begun(DESK), ANSWERED])
    await switch.tell("c-live", switch.time() - timedelta(seconds=30), [begun(CUSTOMER), ANSWERED])
    only = {"offered": 1, "evidence": 1, "calls": 1}
    assert await counted(switch) == only
    tests = await counted(switch, "test")
    assert (tests["offered"], tests["evidence"], tests["calls"]) == (6, 6, 6)
    now = await ask(switch.system.client, "/internal/calls/now", at=switch.time().isoformat(), partner="lumen")
    assert [call["call"] for call in now["calls"]] == ["lumen-switch:c-live"]
    # A number that is known late makes a real call a test call after the fact.
    await switch.tell("late", switch.time() - timedelta(minutes=3), [ANSWERED, SALE, ENDED])
    assert (await counted(switch))["handled"] == 1
    await switch.tell("late", switch.time() - timedelta(minutes=3), [begun(DESK)])
    assert await counted(switch) == only
    await switch.tell("c-live", switch.time() - timedelta(seconds=30), [ENDED])


async def test_what_is_taken_back_is_judged_again_and_shuts_the_gate(switch: Switch) -> None:
    runs = (await ask(switch.system.client, "/api/v1/transitions/lumen/test-runs"))["items"]
    sold = next(run for run in runs if run["scenario"] == "cancelled-sale")
    since = datetime.fromisoformat(sold["since"])
    await switch.tell("p-1", since, [result("SOLD", 150)])
    assert (await run_of(switch, sold["run"]))["verdict"] == "failed"
    assert await move(switch, "ramping") == (409, "test_calls_passed")
    await switch.tell("p-1", since, [result("CANCELLED", 160)])
    assert (await run_of(switch, sold["run"]))["verdict"] == "passed"


PHASES = [
    {
        "name": "pilot",
        "daily_cap": 2,
        "exit": {"min_days": 1, "min_calls": 3, "min_answer_rate": 80, "max_error_rate": 0},
    },
    {"name": "full", "daily_cap": 1000, "exit": {"min_days": 1}},
]


async def ramp(switch: Switch) -> Any:
    return await ask(switch.system.client, "/api/v1/transitions/lumen/ramp")


async def test_calls_above_the_cap_raise_an_alert_and_a_phase_is_left_by_its_figures(switch: Switch) -> None:
    fall = await switch.system.client.put("/api/v1/transitions/lumen/ramp", json={"phases": PHASES[::-1]})
    assert (fall.status_code, fall.json()["type"]) == (409, "/problems/caps_fall")
    await put(switch, "/ramp", {"phases": PHASES})
    assert (await move(switch, "ramping"))[0] == 202
    assert (await ramp(switch))["phase"] == "pilot"
    since = switch.time() - timedelta(minutes=5)
    await switch.tell("c-2", since, [begun(CUSTOMER), ANSWERED, ENDED])
    shown = await ramp(switch)
    assert (shown["today"]["calls"], shown["today"]["above_cap"], shown["alerts"]) == (2, False, [])
    await switch.tell("t-3", since, [begun(DESK), ANSWERED, ENDED])
    await switch.tell("c-3", since, [begun(CUSTOMER), ANSWERED, ENDED])
    assert (await ramp(switch))["today"]["above_cap"]

    async def alerts() -> Any:
        return (await ramp(switch))["alerts"]

    (alert,) = await eventually(alerts)
    assert (alert["phase"], alert["daily_cap"], alert["calls"], alert["day"]) == ("pilot", 2, 3, "2026-11-18")
    refused = await switch.system.client.post("/api/v1/transitions/lumen/ramp/advance", json={"phase": "pilot"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/exit_criteria_unmet")
    assert "0 whole days with calls, at least 1" in refused.json()["detail"]
    assert await move(switch, "live") == (409, "ramp_completed")

    switch.time.forward(timedelta(days=1))
    await put(switch, "/ramp/advance", {"phase": "pilot"}, "POST")
    shown = await ramp(switch)
    assert (shown["phase"], shown["today"]["daily_cap"], len(shown["alerts"])) == ("full", 1000, 1)
    assert shown["passed"][0]["figures"] == {
        "since": "2026-11-18", "until": "2026-11-18", "days": 1, "calls": 3, "offered": 3, "answered": 3, "dialed": 0,
        "reached": 0, "ended": 3, "flawed": 0, "learning": None,
    }  # fmt: skip
    await switch.tell("c-4", switch.time() - timedelta(minutes=5), [begun(CUSTOMER), ANSWERED, ENDED])
    switch.time.forward(timedelta(days=1))
    await put(switch, "/ramp/advance", {"phase": "full"}, "POST")
    assert (await ramp(switch))["completed"]
    assert (await move(switch, "live"))[0] == 202
    assert (await ask(switch.system.client, "/api/v1/partners/lumen"))["stage"] == "live"


async def test_no_number_is_in_an_event_or_a_document_of_the_partners_service_but_our_own(switch: Switch) -> None:
    kit = switch.system.runtime.kits["partners"]
    told = [
        str(commit.events)
        for stream in ("scenario_runs-lumen", "ramp-lumen")
        for commit in await kit.store.load(stream)
    ]
    assert told
    assert not any(number in text for text in told for number in (DESK, TEST_LINE, CUSTOMER, "cus_"))


async def test_the_partners_own_lead_says_of_its_own_tasks_alone_that_they_are_done(system: System) -> None:
    client = system.client
    named = {"partner_id": "sonder", "name": "Sonder", "time_zone": "Europe/Zagreb"}
    assert (await client.post("/api/v1/partners", json=named)).status_code == 201
    await at_rest(system)
    people = {"accountable": "J. Horvat", "ours": "M. Kovač", "theirs": "A. Diallo"}
    plan = {"templates": ["inbound"], "start": "2026-03-02", **people}
    assert (await client.put("/api/v1/transitions/sonder", json=plan)).status_code == 202
    key = await client.post("/api/v1/keys", json={"name": "lead", "role": "partner", "partners": ["sonder"]})
    lead = {"authorization": f"Bearer {key.json()['key']}"}

    async def said(path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
        answer = await client.post(f"/api/v1/transitions/{path}", json=body or {}, headers=lead)
        return answer.status_code, answer.json().get("type", "").rpartition("/")[2]

    assert await said("sonder/tasks/kick-off/done") == (409, "task_of_others")
    assert await said("sonder/tasks/source/done") == (409, "dependency_open")
    assert await said("lumen/tasks/source/done") == (404, "not_found")
    assert await said("sonder/tasks/source/done", {"acting": "ours"}) == (422, "invalid")
    assert (await client.post("/api/v1/transitions/sonder/tasks/kick-off/done")).status_code == 202
    assert (await said("sonder/tasks/source/done"))[0] == 202
    assert (await said("sonder/tasks/source/reopen", {"reason": "One line is missing."}))[0] == 202
    added = await client.put("/api/v1/transitions/sonder/tasks/more", json={}, headers=lead)
    assert added.status_code == 403
