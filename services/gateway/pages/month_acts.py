"""What the buttons of a month's page do: hand a report in, say whose mismatches are, undo, ask, agree, reopen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response

from services.gateway.api.asking import Asker, AsViewer
from services.gateway.pages.acting import back, went_wrong
from services.gateway.pages.doing import Upload, caught_up, changes_of
from services.gateway.pages.month import Month, Partner
from services.gateway.pages.reconciliation import API, minor_of
from services.gateway.views.month_groups import groups_of
from shared.http import MAX_REPORT_BYTES, Problem, not_found, require
from shared.security import Principal

router = APIRouter(prefix="/reconciliation/{partner}/{month}")
Reports = Annotated[Principal, Depends(require("reconciliation.report"))]
Reconciles = Annotated[Principal, Depends(require("reconciliation.run"))]
Groups = Annotated[list[str], Form(max_length=2000)]
Said = Annotated[str, Form(max_length=2000)]
NONE: list[str] = []


@router.post("/report")
async def submit(request: Request, ask: Asker, viewer: Reports, partner: Partner, month: Month) -> Response:
    """Hand the partner's report in."""
    page, place = _page(partner, month), _place(partner, month)
    try:
        upload = await Upload.of(request, MAX_REPORT_BYTES)
        before = await changes_of(ask, place)
        await ask.send(f"{place}/reports", upload.content, name=upload.name)
    except Problem as problem:
        return back(page, wrong=went_wrong(problem, 403), fragment="report")
    await caught_up(ask, place, before + 1)
    return back(page, "submitted", fragment="report")


@router.post("/attribution")
async def attribute(
    ask: Asker,
    viewer: Reconciles,
    partner: Partner,
    month: Month,
    party: Said,
    reason: Said = "",
    which: Said = "chosen",
    group: Groups = NONE,
) -> Response:
    """Say whose the chosen groups are, or with `which` as `open` all that wait for an owner."""
    wanted = group
    if which == "open":
        wanted = [one.id for one in groups_of(await _doc(ask, partner, month)) if one.open]
    said = {"party": party, "reason": reason.strip()}
    return await _each(ask, partner, month, [(one, "attribution", said) for one in wanted], "attributed")


@router.post("/undo")
async def undo(
    ask: Asker, viewer: Reconciles, partner: Partner, month: Month, undone: Said, reason: Said = ""
) -> Response:
    """A group belongs to whom it was found to be of; that it did not for a while stays in the history."""
    one = next((one for one in groups_of(await _doc(ask, partner, month)) if one.id == undone), None)
    if one is None:
        raise not_found("group")
    why = reason.strip() or f"Undone by {viewer.name}."
    return await _each(
        ask, partner, month, [(undone, "attribution", {"party": one.found_party, "reason": why})], "undone"
    )


@router.post("/taking")
async def take(
    ask: Asker,
    viewer: Reconciles,
    partner: Partner,
    month: Month,
    taken: Said,
    amount: Said,
    reason: Said = "",
) -> Response:
    """Take what nothing settles; `amount` is added to our count for it, in the currency of the month."""
    sums = (await _doc(ask, partner, month))["sums"]
    try:
        minor = minor_of(amount, sums["currency"] if sums else "")
    except Problem as problem:
        return back(_page(partner, month), wrong=went_wrong(problem, 403), fragment="groups")
    said = {"amount_minor": minor, "reason": reason.strip()}
    return await _each(ask, partner, month, [(taken, "taking", said)], "taken")


@router.post("/requests")
async def request_adjustment(
    ask: Asker, viewer: Reconciles, partner: Partner, month: Month, due: Said = "", group: Groups = NONE
) -> Response:
    """Ask the partner to correct the chosen groups."""
    if not group:
        return back(_page(partner, month), "nothing", fragment="groups")
    return await _do(ask, partner, month, "requests", {"mismatches": group, "due": due or None}, "asked", "requests")


@router.post("/layout")
async def accept_layout(ask: Asker, viewer: Reconciles, partner: Partner, month: Month) -> Response:
    """Read the partner's next reports as this one was."""
    try:
        await ask.do(f"{API}/partners/{partner}/profile/acceptance", {"month": month})
    except Problem as problem:
        return back(_page(partner, month), wrong=went_wrong(problem, 403), fragment="report")
    return back(_page(partner, month), "layout", fragment="report")


@router.post("/run")
async def run(ask: Asker, viewer: Reconciles, partner: Partner, month: Month, what: Said = "again") -> Response:
    """Compare again, or break the comparison off."""
    path = "run/cancel" if what == "cancel" else "run"
    said = "cancelled" if what == "cancel" else "again"
    return await _do(ask, partner, month, path, {}, said, "report")


@router.post("/agreement")
async def agree(ask: Asker, viewer: Reconciles, partner: Partner, month: Month, accepted_by: Said = "") -> Response:
    """Both sides agree. What stands against it is told."""
    said = {"accepted_by": accepted_by.strip()}
    return await _do(ask, partner, month, "agreement", said, "agreed", "agreement")


@router.post("/reopening")
async def reopen(ask: Asker, viewer: Reconciles, partner: Partner, month: Month, reason: Said = "") -> Response:
    """What was agreed holds no more."""
    return await _do(ask, partner, month, "reopening", {"reason": reason.strip()}, "reopened", "agreement")


async def _each(
    ask: AsViewer, partner: str, month: str, wanted: list[tuple[str, str, dict[str, Any]]], said: str
) -> Response:
    """One command a group. What one of them was refused for is told; those before it stand, each for itself."""
    page, place = _page(partner, month), _place(partner, month)
    if not wanted:
        return back(page, "nothing", fragment="groups")
    before = await changes_of(ask, place)
    try:
        for group, what, body in wanted:
            await ask.do(f"{place}/mismatches/{group}/{what}", body)
    except Problem as problem:
        return back(page, wrong=went_wrong(problem, 403), fragment="groups")
    await caught_up(ask, place, before + len(wanted))
    return back(page, said, fragment="groups")


async def _do(
    ask: AsViewer, partner: str, month: str, what: str, body: dict[str, Any], said: str, part: str
) -> Response:
    page, place = _page(partner, month), _place(partner, month)
    try:
        before = await changes_of(ask, place)
        done = await ask.do(f"{place}/{what}", body)
    except Problem as problem:
        return back(page, wrong=went_wrong(problem, 403), fragment=part)
    if "version" in done:  # else it was no command to the month
        await caught_up(ask, place, before + 1)
    return back(page, said, fragment=part)


async def _doc(ask: AsViewer, partner: str, month: str) -> dict[str, Any]:
    doc: dict[str, Any] | None = await ask(_place(partner, month))
    if doc is None:
        raise not_found("month")
    return doc


def _place(partner: str, month: str) -> str:
    return f"{API}/months/{partner}:{month}"


def _page(partner: str, month: str) -> str:
    return f"/reconciliation/{partner}/{month}"
