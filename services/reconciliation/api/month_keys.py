"""The routes of month keys: until when what was sent can be read, what is destroyed, and which months hold nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.reconciliation.api import examples
from services.reconciliation.api.desk import NAME, AtDesk
from services.reconciliation.domain.retention import ReleaseMonth, retention
from services.reconciliation.views.months import months
from shared.http import Deps, accepts, json_response, limited, page, require
from shared.kernel import Rejected
from shared.security import Principal

router = APIRouter(prefix="/month-keys", tags=["operations"])
MOST_KEYS = 1_000
Operator = Annotated[Principal, Depends(require("operations.run", "company"))]


async def _without_report(command: ReleaseMonth, deps: Deps) -> None:
    if command.month_id in await deps.reads.get(months, [command.month_id]):
        raise Rejected("has_report", "A report came: the month is agreed, or goes on holding its key.")


accepts(
    router,
    "/{month_id}/release",
    retention,
    ReleaseMonth,
    service=NAME,
    right="reconciliation.run",
    check=_without_report,
)


@router.get("", summary="Until when what was sent can be read", responses=examples.MONTH_KEYS)
async def list_month_keys(desk: AtDesk, who: Operator, limit: int = 100, cursor: str | None = None) -> Response:
    """The keys of partners' months, by partner and month: `kept` until a month, `held` longer by a month that is not
    agreed, of which no report came, or of which an invoice is disputed, or `destroyed` after its time. With a key all
    is gone that was sealed under it: items and deliveries as sent, reports, words of agents about no customer that we
    know."""
    limited(limit, MOST_KEYS)
    found = {f"{one.partner_id}:{one.month}": one for one in await desk.retention.keys()}
    return json_response(page(sorted(found.items()), limit, cursor))
