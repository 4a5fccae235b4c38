"""The routes of months: reports come in, what was found is looked at, mismatches find their owner, and it is agreed."""

from __future__ import annotations

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
from fastapi import APIRouter, Query, Request, Response

from services.reconciliation.api import examples
from services.reconciliation.api.desk import (
    NAME,
    Anyone,
    AtDesk,
    Reconciles,
    Reports,
    Service,
    content_of_file,
    kept_of,
    known_month,
    place_of,
)
from services.reconciliation.domain.deadlines import deadlines
from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import (
    UNREQUESTED,
    AgreeMonth,
    AttributeMismatch,
    AttributeMismatches,
    ReopenMonth,
    SubmitReport,
    TakeMismatch,
)
from services.reconciliation.events.months import OtherMonth
from services.reconciliation.matching.kept import Kept
from services.reconciliation.views.months import KnownMismatch, KnownMonth, months
from services.reconciliation.views.sums import sums
from shared.http import (
    MAX_REPORT_BYTES,
    UPLOAD,
    accepts,
    body,
    command_id,
    content_of,
    file_response,
    invalid,
    json_response,
    limited,
    must_see,
    not_found,
    page,
    takes,
)
from shared.kernel import Rejected
from shared.security import Principal

router = APIRouter(prefix="/months", tags=["months"])
MOST_LINES = 500
INTERNAL = frozenset({"attributed", "taken", "reopened", "not compared"})
"""Steps of a month's history that tell what our own people thought of it."""
_MONTH_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}:[0-9]{4}-(0[1-9]|1[0-2])")

accepts(
    router,
    "/{month_id}/mismatches/{mismatch_id}/attribution",
    month,
    AttributeMismatch,
    service=NAME,
    right="reconciliation.run",
)
accepts(router, "/{month_id}/attribution", month, AttributeMismatches, service=NAME, right="reconciliation.run")
accepts(
    router, "/{month_id}/mismatches/{mismatch_id}/taking", month, TakeMismatch, service=NAME, right="reconciliation.run"
)
accepts(router, "/{month_id}/reopening", month, ReopenMonth, service=NAME, right="reconciliation.run")


@router.post(
    "/{month_id}/reports",
    status_code=202,
    summary="Submit the partner's report",
    openapi_extra=UPLOAD,
    responses=examples.SUBMITTED,
)
async def submit_report(
    request: Request,
    month_id: str,
    deps: Service,
    desk: AtDesk,
    who: Reports,
    name: Annotated[str, Query(max_length=200, description="The name of the file.")],
) -> Response:
    """The file is the body, as the partner's system writes it; it is kept under seal. It is compared at once, in the
    background: the month says then what came of it, such as `other_month` where not one line is of it. 413 above
    100 MB, 409 `agreed_already`, `no_terms`."""
    partner, of_month = _place(month_id)
    must_see(who, partner)
    if not name.strip() or not name.isprintable():
        raise invalid("name", "the name of the file")
    content = await content_of(request, MAX_REPORT_BYTES)
    if not content:
        raise invalid("body", "the file is empty")
    await desk.gathering.basis(partner, of_month)
    digest = await desk.sealed.put(partner, of_month, content)
    command = SubmitReport(month_id=month_id, digest=digest, name=name, size=len(content), at=deps.clock(), by=who.name)
    accepted = await deps.door.handle(month, month_id, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


@router.get("", summary="Months", responses=examples.MONTHS)
async def list_months(
    deps: Service,
    who: Anyone,
    partner: str | None = None,
    of_month: Annotated[str | None, Query(alias="month")] = None,
    stage: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """Those that the caller may see, by partner and month, with what their mismatches add up to, minor units."""
    limited(limit, MOST_LINES)
    asked = {"partner": partner, "month": of_month, "stage": stage}
    found = await deps.reads.find(months, {name: value for name, value in asked.items() if value is not None})
    seen = [(key, _summary(doc)) for key, doc in found if who.sees(doc.partner_id)]
    return json_response(page(seen, limit, cursor))


@router.get("/{month_id}", summary="A month", responses=examples.MONTH)
async def show_month(month_id: str, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """Reports, mismatches with their owners, what they add up to, requests, the agreement, its history, and by when
    what is due. `elsewhere`: how many lines of the last report are of other months, and of which one most of them are,
    where it is a tenth of them or more. The partner sees whose a mismatch is, and not what our people noted about it.
    """
    doc = seen_by(who, await known_month(deps, who, month_id))
    terms = await desk.gathering.terms(doc.partner_id, doc.month)
    zone = ZoneInfo(terms.schedule.time_zone)
    due = deadlines(doc.month, terms.month, doc.reports[-1].at.astimezone(zone).date())
    told = {"deadlines": due, "sums": sums(doc), "elsewhere": elsewhere_of(doc)}
    return json_response(msgspec.structs.asdict(doc) | told)


@router.get(
    "/{month_id}/reports/{number}", summary="A report as sent", response_class=Response, responses=examples.FILE
)
async def show_report(month_id: str, number: int, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """The file as it came. 410 once the month's key was destroyed."""
    doc = await known_month(deps, who, month_id)
    report = next((one for one in doc.reports if one.number == number), None)
    if report is None:
        raise not_found("report")
    content = await content_of_file(desk, doc.partner_id, doc.month, report.digest)
    return file_response(content, report.name, "application/octet-stream")


@router.get("/{month_id}/profile", summary="How the last report is laid out", responses=examples.PROFILE)
async def show_profile(month_id: str, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """Columns and formats as they were found, what has changed, rows that are no calls, cells that were not read."""
    found = await kept_of(desk, await known_month(deps, who, month_id))
    told = {
        "profile": found.profile,
        "changes": found.changes,
        "skipped": found.skipped.head(MOST_LINES).to_dicts(),
        "remarks": found.remarks.head(MOST_LINES).to_dicts(),
    }
    return json_response(told)


@router.get("/{month_id}/mismatches/{mismatch_id}/lines", summary="Lines of a mismatch", responses=examples.LINES)
async def show_lines(
    month_id: str,
    mismatch_id: str,
    deps: Service,
    desk: AtDesk,
    who: Anyone,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """The partner's line as sent beside our call, and what each side counts for it."""
    limited(limit, MOST_LINES)
    doc = await known_month(deps, who, month_id)
    if mismatch_id not in doc.mismatches:
        raise not_found("mismatch")
    if mismatch_id == UNREQUESTED:
        raise Rejected("see_answer", "What moved that nobody asked for stands with the answer of the last request.")
    found = await kept_of(desk, doc)
    return json_response(page(lines_of(found, mismatch_id), limit, cursor))


def lines_of(found: Kept, mismatch_id: str) -> list[tuple[str, dict[str, Any]]]:
    """The lines and calls of a mismatch, each under a key that keeps their order."""
    number = int(mismatch_id.removeprefix("E"))
    theirs = found.lines.select(
        "row", "line", "local", "phone", "agent", "duration_s", "disposition", "amount_minor", "cells"
    )
    ours = found.calls.select(
        "call",
        our_call="call_id",
        our_local="local",
        our_agent="agent",
        our_duration_s="talk_s",
        our_disposition="outcome",
        our_amount_minor="order_minor",
    )
    rows = (
        found.findings.filter(pl.col("explanation") == number)
        .select("row", "call", "kind", "cause", "party", "moved")
        .join(theirs, on="row", how="left", maintain_order="left")
        .join(ours, on="call", how="left", maintain_order="left")
        .drop("row", "call")
    )
    return [(f"{place:09d}", row) for place, row in enumerate(rows.to_dicts())]


class _Agree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    accepted_by: str = ""


@router.post(
    "/{month_id}/agreement",
    status_code=202,
    summary="Agree the month",
    openapi_extra=takes(_Agree),
    responses=examples.AGREED,
)
async def agree(request: Request, month_id: str, deps: Service, desk: AtDesk, who: Reconciles) -> Response:
    """Both sides agree: the quantities of our count are fixed, and it may be invoiced.

    409 `no_report`, `not_reconciled`, `open_undetermined`, `open_defects`, `open_corrections`, `agreed_already`,
    `separation_of_duties` for who attributed or took a mismatch.
    """
    doc = await known_month(deps, who, month_id)
    said = await body(request, _Agree) if request.headers.get("content-length", "0") != "0" else _Agree()
    command = AgreeMonth(
        month_id=month_id,
        usage=await desk.gathering.kept_usage(doc.partner_id, doc.month, deps.blobs),
        accepted_by=said.accepted_by,
        at=deps.clock(),
        by=who.name,
    )
    accepted = await deps.door.handle(month, month_id, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


def _place(month_id: str) -> tuple[str, str]:
    if _MONTH_ID.fullmatch(month_id) is None:
        raise Rejected("no_month", f"{month_id} is not a partner and a month, such as adria:2026-03.")
    return place_of(month_id)


def seen_by(who: Principal, doc: KnownMonth) -> KnownMonth:
    """The month as its viewer may see it: reasons are notes of our own people, and so are the names under them."""
    if who.role != "partner":
        return doc
    mismatches = {
        id_: KnownMismatch(
            found=one.found,
            attributed=one.attributed and msgspec.structs.replace(one.attributed, reason="", by=""),
            taken=one.taken and msgspec.structs.replace(one.taken, reason="", by=""),
        )
        for id_, one in doc.mismatches.items()
    }
    history = [step for step in doc.history if step.what not in INTERNAL]
    return msgspec.structs.replace(doc, mismatches=mismatches, history=history)


def elsewhere_of(doc: KnownMonth) -> OtherMonth | None:
    """Of the last report, that it is of another month, or a good part of it."""
    if doc.failed is not None and doc.failed.elsewhere is not None:
        return doc.failed.elsewhere
    return doc.reconciled.elsewhere if doc.reconciled is not None else None


def _summary(doc: KnownMonth) -> dict[str, Any]:
    done, found = doc.reconciled, sums(doc)
    last = doc.reports[-1] if doc.reports else None
    return {
        "month_id": f"{doc.partner_id}:{doc.month}",
        "partner_id": doc.partner_id,
        "month": doc.month,
        "stage": doc.stage,
        "reports": len(doc.reports),
        "reported_at": last.at if last else None,
        "adjusted": last.adjusted if last else False,
        "answer_due": doc.requests[-1].due if doc.requests else None,
        "mismatches": len(doc.mismatches),
        "lines": done.lines if done else None,
        "calls": done.calls if done else None,
        "elsewhere": elsewhere_of(doc),
        "sums": found,
        "agreed": doc.agreed.agreed if doc.agreed else None,
        "agreed_at": doc.agreed.at if doc.agreed else None,
    }
