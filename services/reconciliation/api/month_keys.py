"""The route of month keys: until when what was sent can be read, and what is destroyed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from services.reconciliation.api import examples
from services.reconciliation.api.desk import AtDesk
from shared.http import json_response, limited, page, require
from shared.security import Principal

router = APIRouter(prefix="/month-keys", tags=["operations"])
MOST_KEYS = 1_000
Operator = Annotated[Principal, Depends(require("operations.run", "company"))]


@router.get("", summary="Until when what was sent can be read", responses=examples.MONTH_KEYS)
async def list_month_keys(desk: AtDesk, who: Operator, limit: int = 100, cursor: str | None = None) -> Response:
    """The keys of partners' months, by partner and month: `kept` until a month, `held` longer by a month that is not
    agreed or of which an invoice is disputed, or `destroyed` after its time. With a key all is gone that was sealed
    under it: items and deliveries as sent, reports, words of agents about no customer that we know."""
    limited(limit, MOST_KEYS)
    found = {f"{one.partner_id}:{one.month}": one for one in await desk.retention.keys()}
    return json_response(page(sorted(found.items()), limit, cursor))
