"""The routes of runs: how far a comparison is, to break it off, and to have it done again."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response
from msgspec.structs import replace

from services.reconciliation.api import examples
from services.reconciliation.api.desk import Anyone, AtDesk, Desk, Reconciles, Service, known_month
from services.reconciliation.running.job import PHASES
from services.reconciliation.running.notes import Run
from services.reconciliation.views.months import KnownMonth
from shared.http import json_response
from shared.kernel import Rejected

router = APIRouter(prefix="/months", tags=["months"])


@router.get("/{month_id}/run", summary="How far the comparison is", responses=examples.RUN)
async def show_run(month_id: str, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """Phase, lines, and the seconds left where earlier runs say how fast it goes."""
    doc = await known_month(deps, who, month_id)
    _, run = await _run(desk, doc)
    seen = msgspec.structs.asdict(replace(run, own=None, lease=None))
    place = PHASES.index(run.phase) + 1 if run.phase in PHASES else None
    shown = {name: value for name, value in seen.items() if name not in ("own", "lease")}
    return json_response(shown | {"phase_number": place, "phases": len(PHASES)})


@router.post(
    "/{month_id}/run/cancel", status_code=202, summary="Break the comparison off", responses=examples.RUN_ASKED
)
async def cancel_run(month_id: str, deps: Service, desk: AtDesk, who: Reconciles) -> Response:
    """Its process is ended; what was gathered is kept for the next. 409 `not_running`."""
    doc = await known_month(deps, who, month_id)
    revision, run = await _run(desk, doc)
    if run.standing not in ("waiting", "running"):
        raise Rejected("not_running", f"The run is {run.standing}.")
    await desk.runs.put(revision, replace(run, standing="cancelled", ended_at=deps.clock(), seconds_left=None))
    return json_response({"standing": "cancelled"}, status=202)


@router.post("/{month_id}/run", status_code=202, summary="Compare again", responses=examples.RUN_ASKED)
async def run_again(month_id: str, deps: Service, desk: AtDesk, who: Reconciles) -> Response:
    """One that was broken off goes on from what it had; one that came to its end begins with a fresh count of ours. 409
    `agreed_already`, `running_already`."""
    doc = await known_month(deps, who, month_id)
    if doc.agreed is not None:
        raise Rejected("agreed_already", "The month is agreed; reopen it first.")
    revision, run = await _run(desk, doc)
    if run.standing in ("waiting", "running"):
        raise Rejected("running_already", f"The run is {run.standing}.")
    fresh = Run(
        month_id=month_id,
        report=run.report,
        asked_at=deps.clock(),
        own=run.own if run.standing == "cancelled" else None,
    )
    await desk.runs.put(revision, fresh)
    return json_response({"standing": "waiting"}, status=202)


async def _run(desk: Desk, doc: KnownMonth) -> tuple[int, Run]:
    """The run of the last report; one that nobody has noted yet waits."""
    last = doc.reports[-1]
    month_id = f"{doc.partner_id}:{doc.month}"
    found = await desk.runs.get(month_id, last.number)
    return found or (0, Run(month_id=month_id, report=last.number, asked_at=last.at))
