"""The page of the audit log: who did what and when, what it changed, and whether the log is what it was."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.api.audit import Admin, Log, Reader, concerning, recorded, wanted
from services.gateway.pages.site import page
from services.gateway.views.codes.system import AUDIT_OUTCOMES, AUDIT_STEPS
from services.gateway.views.words import UNKNOWN, _, link
from shared.audit.entries import Kept, head_of
from shared.http import Problem, invalid, not_found

router = APIRouter()
PER_PAGE = 50
LONGEST = 200
Text = Annotated[str, Query(max_length=LONGEST)]


@router.get("/admin/audit")
async def audit(
    request: Request,
    log: Log,
    viewer: Reader,
    who: Text = "",
    what: Text = "",
    outcome: Text = "",
    start: Annotated[str, Query(alias="from", max_length=40)] = "",
    end: Annotated[str, Query(alias="to", max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> Response:
    """Newest first; who, what and what came of it are compared whole, and days are in UTC."""
    asked = {"who": who, "what": what, "outcome": outcome, "from": start, "to": end}
    told, found, following = "", list[Kept](), None
    try:
        search = await wanted(who=who, what=what, start=start, end=end)
        if outcome in AUDIT_OUTCOMES:
            search.equal["outcome"] = outcome
        found, following = await log.newest(search.equal, search.low, search.high, PER_PAGE, cursor)
    except Problem as problem:
        told = problem.detail
    except ValueError:
        raise invalid("cursor", "not a cursor of this list") from None
    return page(
        request,
        "audit.html",
        asked=asked,
        entries=[(stored.entry, concerning(stored.entry), recorded(stored.entry)) for stored in found],
        outcomes=AUDIT_OUTCOMES,
        steps=AUDIT_STEPS,
        told=told,
        opens=viewer.may("administration"),
        csv=link("/api/v1/audit/csv", **asked),
        following=link("/admin/audit", **asked, cursor=following) if following else None,
    )


@router.get("/admin/audit/check")
async def check(
    request: Request, log: Log, viewer: Reader, head: Annotated[str, Query(max_length=LONGEST)] = ""
) -> Response:
    """Read all of it again, and say which chains hold."""
    told, chains = "", []
    try:
        chains = list(await log.verify([head_of(head.strip())] if head.strip() else []))
    except ValueError:
        told = _("A head looks like calls:1841:9c0f…, as it was told before.")
    return page(request, "audit_checked.html", chains=chains, told=told, head=head)


@router.get("/admin/audit/{chain}/{n}")
async def entry(request: Request, log: Log, viewer: Admin, chain: str, n: int) -> Response:
    """One entry, with the old and the new values."""
    found = await log.one(chain, n)
    if found is None:
        raise not_found("entry")
    changes = await log.changes(found.entry.commits)
    rows = [
        (change, [(name, shown((change.old or {}).get(name)), shown(value)) for name, value in change.new.items()])
        for change in changes
    ]
    return page(
        request,
        "audit_entry.html",
        stored=found,
        entry=found.entry,
        changes=rows,
        steps=AUDIT_STEPS,
        outcomes=AUDIT_OUTCOMES,
    )


def shown(value: Any) -> str:
    """A value of an event for people: texts as they are, everything else as JSON."""
    if value is None or value == "":
        return UNKNOWN
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
