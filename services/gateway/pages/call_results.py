"""What came of a call beside what its telephony told: orders, the hot lead, recordings. Each for whoever may see it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote

from services.gateway.api.asking import AsViewer, everything, nothing
from services.gateway.api.readers import CallRow
from services.gateway.pages.acting import part
from services.gateway.views.codes.calls import HANDOVER_OUTCOMES, LOST_REASONS, ORDER_STATES, RECORDING_KINDS
from services.gateway.views.words import _, duration, milliseconds, moment
from shared.ports import StoreUnavailable
from shared.security import Principal

AWAY = _("They can’t be looked for just now.")


async def results_of(ask: AsViewer, viewer: Principal, row: CallRow, now: datetime) -> dict[str, Any]:
    """For the template. What is None the viewer may not see: it is not even asked for."""
    orders, lead, recordings = await asyncio.gather(
        _orders(ask, row) if viewer.may("selling.call") else nothing(),
        _lead(ask, row, now) if viewer.may("selling.call") else nothing(),
        _recordings(ask, row, now) if viewer.may("recordings.hear") else nothing(),
    )
    return {
        "orders": orders,
        "lead": lead,
        "recordings": recordings,
        "order_states": ORDER_STATES,
        "recording_kinds": RECORDING_KINDS,
    }


async def _orders(ask: AsViewer, row: CallRow) -> dict[str, Any]:
    """The orders, and where there are none, why: in `says`."""
    try:
        found = await everything(ask, "/api/v1/orders", partner=row.partner, call=row.call)
    except StoreUnavailable:
        return {"items": [], "says": AWAY}
    return {"items": [one for one in found if one.get("placed")], "says": _("none")}


async def _lead(ask: AsViewer, row: CallRow, now: datetime) -> dict[str, str]:
    """What is to be said of the hot lead: there is one of a call at most. Nothing is `asked` where there is none."""
    try:
        found = await ask(f"/api/v1/handovers/{part(f'{row.partner}:{row.call}')}", customer="false")
    except StoreUnavailable:
        return {"asked": "", "says": AWAY}
    return {"asked": "", "says": _("none")} if found is None else told_of(found["handover"], now)


def told_of(lead: dict[str, Any], now: datetime) -> dict[str, str]:
    """`asked`: when; `says`: how long it took against what the contract allows; `outcome`: what came of it."""
    asked, taken, closed = lead["asked"], lead.get("taken"), lead.get("closed")
    due = datetime.fromisoformat(asked["due_at"])
    # the deadline was worked out a moment before the asking was recorded
    allowed = duration(round((due - datetime.fromisoformat(asked["at"])).total_seconds()))
    if taken is not None:
        in_time, late = (
            _("taken by {who} after {time}, in time: {allowed} are allowed"),
            _("taken by {who} after {time}, too late: {allowed} are allowed"),
        )
        text = in_time if taken["in_time"] else late
        says = text.format(who=taken["by"], time=milliseconds(taken["waited_ms"]), allowed=allowed)
    elif lead.get("missed_at") or now > due:
        says = _("nobody took it within the {allowed} that are allowed").format(allowed=allowed)
    else:
        says = _("waits to be taken until {due}: {allowed} are allowed").format(due=moment(due), allowed=allowed)
    words = [] if closed is None else [HANDOVER_OUTCOMES.get(closed["outcome"], closed["outcome"])]
    if closed is not None and closed.get("reason"):
        words.append(LOST_REASONS.get(closed["reason"], closed["reason"]))
    return {"asked": asked["at"], "says": str(says), "outcome": ": ".join(map(str, words))}


async def _recordings(ask: AsViewer, row: CallRow, now: datetime) -> dict[str, Any]:
    """What there is to hear or to read, and where there is nothing, why: in `says`."""
    try:
        found = await ask(f"/api/v1/calls/{quote(row.call, safe=':')}/recordings")
    except StoreUnavailable:
        return {"items": [], "says": AWAY}
    if found is None:
        return {"items": [], "says": _("The customer’s data was erased: nothing can be fetched any more.")}
    items = [one | {"over": _over(one, now)} for one in found["items"]]
    nothing = _("The platform named none.") if row.ended_at else _("Not yet: the call has not ended.")
    return {"items": items, "says": "" if items else nothing}


def _over(one: dict[str, Any], now: datetime) -> str:
    """When the platform's address stopped working; nothing while it works, or where fresh ones are told."""
    until = one["expires_at"]
    return str(until) if until and not one["renewable"] and datetime.fromisoformat(until) <= now else ""
