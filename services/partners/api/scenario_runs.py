"""The routes of test calls: what must pass, the runs that are booked, and how each was judged, step by step."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from services.partners.api.rules import Anyone, Service
from services.partners.domain.scenario_runs import BookRun, CancelRun, CloseRun, scenario_runs
from services.partners.domain.scenarios import SCENARIOS
from services.partners.views.runs import KnownRuns, Run, runs
from services.partners.views.sources import sources
from shared.http import Deps, accepts, answers, invalid, json_response, must_see, not_found

router = APIRouter(prefix="/transitions", tags=["transitions"])


async def _must_be_ours(command: BookRun, deps: Deps) -> None:
    """422 for a number that no source of the partner knows as a test number: its calls would count as real ones."""
    found = await deps.reads.find(sources, {"partner": command.partner_id})
    known = {name for _, source in found for name in source.settings.test_numbers.values()}
    for number in command.numbers:
        if number not in known:
            named = ", ".join(sorted(known)) or "none"
            raise invalid("numbers", f"{number} is no test number of the partner's sources; there are: {named}")


accepts(
    router,
    "/{partner_id}/test-runs/{run}",
    scenario_runs,
    BookRun,
    service="partners",
    right="partners.run",
    method="PUT",
    check=_must_be_ours,
)
accepts(
    router, "/{partner_id}/test-runs/{run}/cancel", scenario_runs, CancelRun, service="partners", right="partners.run"
)
accepts(
    router, "/{partner_id}/test-runs/{run}/close", scenario_runs, CloseRun, service="partners", right="partners.run"
)

_RUN = {
    "run": "sale-1",
    "scenario": "inbound-sale-with-upsell",
    "numbers": ["desk-1"],
    "since": "2026-03-02T09:00:00Z",
    "until": "2026-03-02T10:00:00Z",
    "booked_at": "2026-03-01T15:00:00Z",
    "booked_by": "M. Kovač",
    "closed_at": None,
    "cancelled": None,
    "call": "adria-twilio:CA0123",
    "verdict": "failed",
    "steps": [
        {
            "step": "result",
            "expected": "CallDispositioned(canonical=sale_upsell) after answered",
            "verdict": "failed",
            "came": "CallDispositioned(direction=inbound, native=SALE, canonical=sale, corrected=False)",
            "at": "2026-03-02T09:14:07Z",
        }
    ],
}


@router.get(
    "/{partner_id}/scenarios",
    summary="The test-call scenarios, and how a partner does by them",
    responses=answers(
        "All.",
        {
            "passed": False,
            "missing": ["inbound-sale-with-upsell"],
            "items": [
                {
                    "scenario": "inbound-sale-with-upsell",
                    "text": "Call in, buy, and take what is offered beside it.",
                    "mandatory": True,
                    "steps": [{"step": "started", "expected": "CallStarted(direction=inbound)"}],
                    "runs": ["sale-1"],
                }
            ],
            "next": None,
        },
        304,
        404,
    ),
)
async def show_scenarios(partner_id: str, deps: Service, who: Anyone) -> Response:
    """The whole catalogue; `mandatory` are those without which the partner takes no real calls."""
    doc = await _runs(deps, who, partner_id)
    items = [
        {
            "scenario": name,
            "text": scenario.text,
            "mandatory": name in doc.required,
            "steps": [{"step": step.name, "expected": step.expected} for step in scenario.steps],
            "runs": [run for run, booked in doc.runs.items() if booked.scenario == name],
        }
        for name, scenario in sorted(SCENARIOS.items())
    ]
    return json_response({"passed": doc.passed, "missing": doc.missing, "items": items, "next": None})


@router.get(
    "/{partner_id}/test-runs",
    summary="The test runs of a partner",
    responses=answers("All.", {"items": [_RUN], "next": None}, 304, 404),
)
async def list_runs(partner_id: str, deps: Service, who: Anyone) -> Response:
    """The latest window first, each with its verdict, step by step."""
    doc = await _runs(deps, who, partner_id)
    rows = sorted(doc.runs.items(), key=lambda item: (item[1].since, item[0]), reverse=True)
    return json_response({"items": [_shown(name, run) for name, run in rows], "next": None})


@router.get("/{partner_id}/test-runs/{run}", summary="One test run", responses=answers("The run.", _RUN, 304, 404))
async def show_run(partner_id: str, run: str, deps: Service, who: Anyone) -> Response:
    """What each step expected, what came in its place, and when."""
    doc = await _runs(deps, who, partner_id)
    if run not in doc.runs:
        raise not_found("test run")
    return json_response(_shown(run, doc.runs[run]))


async def _runs(deps: Service, who: Anyone, partner_id: str) -> KnownRuns:
    must_see(who, partner_id)
    found = await deps.reads.get(runs, [partner_id])
    return found.get(partner_id) or KnownRuns(partner_id=partner_id)


def _shown(name: str, run: Run) -> dict[str, Any]:
    steps = [{field: getattr(step, field) for field in step.__struct_fields__} for step in run.steps]
    return {"run": name, **{field: getattr(run, field) for field in run.__struct_fields__}, "steps": steps}
