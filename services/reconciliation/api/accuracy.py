"""The routes of a partner's KPIs: how right its reports are, and how complete the facts of its calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from services.reconciliation.api import economics_examples as examples
from services.reconciliation.api.desk import Anyone, Service
from services.reconciliation.economics.completeness import FORMULA, completeness, month_of
from services.reconciliation.economics.figures import ratio
from services.reconciliation.views.accuracy import MonthAccuracy, ReportAccuracy, accuracy
from services.reconciliation.views.month_calls import MonthCall, month_calls
from shared.contracts.rating import days_of
from shared.http import Deps, json_response, limited, must_see, page

router = APIRouter(prefix="/partners", tags=["economics"])
MOST_MONTHS = 500
EDGE = timedelta(days=2)
"""Zones and late first facts move a call over the month's edge by no more than this."""
LATE = timedelta(days=35)
"""How late a fact of a call may be told and still be found."""
SETTLED = timedelta(days=1)
"""A call that began later than so long ago may be going on still."""
MONTH = r"^(199[0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$"

Month = Annotated[str, Query(pattern=MONTH, description="A month, `2026-03`.")]


@router.get("/{partner_id}/accuracy", summary="How right the reports are", responses=examples.ACCURACY)
async def show_accuracy(
    partner_id: str, deps: Service, who: Anyone, limit: int = 100, cursor: str | None = None
) -> Response:
    """By month and report: 1 - calls that differ and are the partner's / all calls, in per cent; the first report says
    how the partner reports, the last how it was corrected."""
    must_see(who, partner_id)
    limited(limit, MOST_MONTHS)
    found = await deps.reads.find(accuracy, {"partner": partner_id})
    return json_response(page([(key, _of_month(doc)) for key, doc in found], limit, cursor))


@router.get("/{partner_id}/completeness", summary="How complete the facts are", responses=examples.COMPLETENESS)
async def show_completeness(partner_id: str, deps: Service, who: Anyone, month: Month) -> Response:
    """Calls that have all facts that they should have / all calls, in per cent; calls of the last day may be going on
    still and are left out."""
    must_see(who, partner_id)
    now = deps.clock()
    calls = [
        call
        for call in await calls_near(deps, partner_id, month)
        if month_of(call) == month and call.began <= now - SETTLED
    ]
    found = completeness(calls)
    told = msgspec.structs.asdict(found) | {
        "partner_id": partner_id,
        "month": month,
        "as_of": now,
        "formula": FORMULA,
        "completeness": ratio(found.complete, found.calls, 100),
    }
    return json_response(told)


async def calls_near(deps: Deps, partner_id: str, month: str) -> list[MonthCall]:
    """The calls of a month and of the days around it, with all their facts."""
    first, last = (datetime.combine(day, datetime.min.time(), UTC) for day in days_of(month))
    low, high = (int(at.timestamp() * 1000) for at in (first - EDGE, last + LATE))
    found = await deps.reads.find(month_calls, {"partner": partner_id}, "began", low, high)
    return [doc for _, doc in found if doc.facts]


def _of_month(doc: MonthAccuracy) -> dict[str, Any]:
    return {
        "month": doc.month,
        "agreed": doc.agreed,
        "formula": "100 x (calls - differing) / calls",
        "reports": [_of_report(report) for report in doc.reports],
    }


def _of_report(report: ReportAccuracy) -> dict[str, Any]:
    right = None if report.calls is None else report.calls - report.differing
    return {
        "number": report.number,
        "adjusted": report.adjusted,
        "calls": report.calls,
        "differing": report.differing,
        "accuracy": ratio(right, report.calls, 100),
    }
