"""The routes of requests to a partner: to ask for an adjusted report, what was sent, and what came of it."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from services.reconciliation.api import examples
from services.reconciliation.api.desk import (
    Anyone,
    AtDesk,
    Desk,
    Reconciles,
    Service,
    content_of_file,
    kept_of,
    known_month,
)
from services.reconciliation.domain.month import month
from services.reconciliation.domain.month_commands import UNREQUESTED, RequestAdjustment
from services.reconciliation.matching import request as asking
from services.reconciliation.matching.bundles import joined
from services.reconciliation.matching.delta import Delta
from services.reconciliation.matching.kept import Kept, unpacked
from services.reconciliation.running.requested import Head, answered, parts_of
from services.reconciliation.views.months import KnownMonth
from shared.contracts.terms.sheet import MonthTerms
from shared.http import body, command_id, file_response, invalid, json_response, not_found, takes
from shared.kernel import Rejected

router = APIRouter(prefix="/months", tags=["requests"])
MEDIA = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_MOST = 500
"""Lines that an answer names at most, of each sort."""


class _Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mismatches: tuple[str, ...]
    due: date | None = None


def answer_due(terms: MonthTerms, now: datetime) -> date:
    """Until when the partner answers, where nobody says otherwise: the contract's days for an answer."""
    return now.date() + timedelta(days=terms.answer_days)


@router.post(
    "/{month_id}/requests",
    status_code=202,
    summary="Ask for an adjusted report",
    openapi_extra=takes(_Ask),
    responses=examples.ASKED,
)
async def ask(request: Request, month_id: str, deps: Service, desk: AtDesk, who: Reconciles) -> Response:
    """Ask the partner to correct the mismatches chosen: a letter in its language, and the lines in its own layout.
    Without `due` the contract's days for an answer count. 409 `not_reconciled`, `unknown_mismatch`,
    `not_the_partners`, `nothing_to_correct`, `agreed_already`."""
    doc = await known_month(deps, who, month_id)
    said = await body(request, _Ask)
    now = deps.clock()
    due = said.due or answer_due((await desk.gathering.terms(doc.partner_id, doc.month)).month, now)
    if due < now.date():
        raise invalid("due", "lies in the past")
    unknown = [one for one in said.mismatches if one not in doc.mismatches]
    if unknown or not said.mismatches:
        raise Rejected("unknown_mismatch", f"The last report has no mismatch {', '.join(unknown) or 'chosen'}.")
    if UNREQUESTED in said.mismatches:
        raise Rejected("nothing_to_correct", f"What moved in {UNREQUESTED} stands with the answer of the request.")
    found = await kept_of(desk, doc)
    report, content = await _report(desk, doc, doc.reports[-1].number)
    made = await asyncio.to_thread(asking.request, found, content, said.mismatches, due)
    kept = doc.reconciled.kept if doc.reconciled else ""
    head = Head(report=report, kept=kept, mismatches=said.mismatches, container=made.container)
    sealed = joined([msgspec.json.encode(head), made.letter.encode(), made.attachment])
    command = RequestAdjustment(
        month_id=month_id,
        mismatches=said.mismatches,
        lines=made.lines,
        digest=await desk.sealed.put(doc.partner_id, doc.month, sealed),
        due=due,
        at=now,
        by=who.name,
    )
    accepted = await deps.door.handle(month, month_id, command, command_id=command_id(request), actor=who.name)
    return json_response(accepted, status=202)


@router.get("/{month_id}/requests/{number}", summary="The letter", response_class=Response, responses=examples.LETTER)
async def show_letter(month_id: str, number: int, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """As it was sent, in the partner's language. 410 once the month's key was destroyed."""
    doc = await known_month(deps, who, month_id)
    _, letter, _ = await _parts(desk, doc, number)
    return file_response(letter, f"request-{doc.month}-{number}.md", "text/markdown; charset=utf-8")


@router.get(
    "/{month_id}/requests/{number}/attachment",
    summary="The lines concerned",
    response_class=Response,
    responses=examples.FILE,
)
async def show_attachment(month_id: str, number: int, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """In the layout of the partner's report, expected beside reported. 410 once the month's key was destroyed."""
    doc = await known_month(deps, who, month_id)
    head, _, attachment = await _parts(desk, doc, number)
    name = f"request-{doc.month}-{number}.{head.container}"
    return file_response(attachment, name, MEDIA[head.container])


@router.get(
    "/{month_id}/requests/{number}/adjusted",
    summary="The report as it would be right",
    response_class=Response,
    responses=examples.FILE,
)
async def show_adjusted(month_id: str, number: int, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """The report with all that was asked for, and nothing else: what the partner may send back. 410 once the month's
    key was destroyed."""
    doc = await known_month(deps, who, month_id)
    head, _, _ = await _parts(desk, doc, number)
    before = await _kept(desk, doc, head.kept)
    _, content = await _report(desk, doc, head.report)
    right = await asyncio.to_thread(asking.adjusted, before, content, head.mismatches)
    return file_response(right, f"adjusted-{doc.month}-{number}.{head.container}", MEDIA[head.container])


@router.get("/{month_id}/requests/{number}/answer", summary="What came of it", responses=examples.ANSWER)
async def show_answer(month_id: str, number: int, deps: Service, desk: AtDesk, who: Anyone) -> Response:
    """The last report held against the one that was asked about: what was done, and what moved that nobody asked for.
    409 `no_answer` where no other report came, `not_reconciled`."""
    doc = await known_month(deps, who, month_id)
    head, _, _ = await _parts(desk, doc, number)
    if doc.reports[-1].number <= head.report:
        raise Rejected("no_answer", "No report came after this request.")
    now = await kept_of(desk, doc)
    before = await _kept(desk, doc, head.kept)
    found = await asyncio.to_thread(answered, before, now, head.mismatches)
    return json_response(_told(found))


def _told(found: Delta) -> dict[str, Any]:
    return {
        "done": found.count("done"),
        "not_done": found.count("not_done"),
        "otherwise": found.count("otherwise"),
        "open": [
            {
                "action": one.asked.action,
                "line": one.asked.line,
                "mismatches": one.asked.mismatches,
                "expected": one.asked.expected,
                "done": one.done,
                "now": one.line,
                "found": one.found,
            }
            for one in found.answers
            if one.done != "done"
        ][:_MOST],
        "unrequested": len(found.unrequested),
        "moved": [
            {
                "what": one.what,
                "before": one.before,
                "now": one.now,
                "field": one.field,
                "was": one.was,
                "is": one.is_,
            }
            for one in found.unrequested[:_MOST]
        ],
    }


async def _report(desk: Desk, doc: KnownMonth, number: int) -> tuple[int, bytes]:
    report = next((one for one in doc.reports if one.number == number), None)
    if report is None:
        raise not_found("report")
    return report.number, await content_of_file(desk, doc.partner_id, doc.month, report.digest)


async def _parts(desk: Desk, doc: KnownMonth, number: int) -> tuple[Head, bytes, bytes]:
    asked = next((one for one in doc.requests if one.number == number), None)
    if asked is None:
        raise not_found("request")
    return parts_of(await content_of_file(desk, doc.partner_id, doc.month, asked.digest))


async def _kept(desk: Desk, doc: KnownMonth, digest: str) -> Kept:
    content = await content_of_file(desk, doc.partner_id, doc.month, digest)
    return await asyncio.to_thread(unpacked, content)
