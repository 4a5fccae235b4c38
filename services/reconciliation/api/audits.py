"""The routes of the self-audit: what our dashboards show otherwise than our facts add up to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.reconciliation.api import examples
from services.reconciliation.api.accuracy import MONTH
from services.reconciliation.api.desk import Anyone, AtDesk
from shared.http import json_response, must_see

router = APIRouter(prefix="/audits", tags=["months"])


@router.get("/{partner}/{month}", summary="Dashboards against a replay of the facts", responses=examples.AUDIT)
async def show_audit(
    partner: str,
    month: Annotated[str, Path(pattern=MONTH)],
    desk: AtDesk,
    who: Anyone,
) -> Response:
    """Totals by day that differ from what the partner's facts of the month add up to: defects of ours, whatever a
    report says. Worked out when asked, which takes seconds for a month of many calls. 409 `no_terms`."""
    must_see(who, partner)
    return json_response({"items": await desk.gathering.shown_elsewhere(partner, month), "next": None})
