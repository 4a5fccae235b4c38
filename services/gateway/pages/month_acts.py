"""What the buttons of a month's page do: hand a report in, say whose mismatches are, undo, ask, agree, reopen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Form as Part

from services.gateway.api.asking import Asker, AsViewer
from services.gateway.pages.acting import OVER, Fields, Form, back, carried_out, went_wrong
from services.gateway.pages.meanwhile import Field, Overtaken, asked_again, over, state_in
from services.gateway.pages.month import (
    GROUPS_ON_A_PAGE,
    Month,
    Partner,
    agreed_upon,
    columns_told,
    layout_of,
    owners_of,
    owners_told,
    standing_of,
)
from services.gateway.pages.reconciliation import API, minor_of
from services.gateway.pages.uploads import Upload
from services.gateway.views.codes.money import PARTY_WORDS
from services.gateway.views.month_groups import Group, groups_of
from services.gateway.views.words import _, plural
from shared.http import MAX_REPORT_BYTES, Problem, not_found, require
from shared.security import Principal

router = APIRouter(prefix="/reconciliation/{partner}/{month}")
Reports = Annotated[Principal, Depends(require("reconciliation.report"))]
Reconciles = Annotated[Principal, Depends(require("reconciliation.run"))]
Groups = Annotated[list[str], Part(max_length=2000)]
Said = Annotated[str, Part(max_length=2000)]
NONE: list[str] = []
MORE = "more"
"""Groups that are not told one by one; no group has this name."""
LAYOUT = {"columns": Field(_("Columns"), {})}
STANDING = {
    "theirs": Field(_("Theirs"), {}),
    "ours": Field(_("Ours"), {}),
    "unexplained": Field(_("Unexplained"), {}),
    "groups": Field(_("Whose"), {}),
}


@router.post("/report")
async def submit(request: Request, ask: Asker, viewer: Reports, partner: Partner, month: Month) -> Response:
    """Hand the partner's report in."""
    page, place = _page(partner, month), _place(partner, month)
    try:
        upload = await Upload.of(request, MAX_REPORT_BYTES)
        await ask.send(f"{place}/reports", upload.content, name=upload.name)
    except Problem as problem:
        return back(page, wrong=went_wrong(problem, 403), fragment="report")
    return back(page, "submitted", fragment="report")


@router.post("/attribution")
async def attribute(
    request: Request, ask: Asker, viewer: Reconciles, partner: Partner, month: Month, form: Form
) -> Response:
    """Say whose the chosen groups are, or with `which` as `open` all that wait for an owner."""
    groups = groups_of(await _doc(ask, partner, month))
    wanted = form.all("group")
    if form.text("which") == "open":
        wanted = [one.id for one in groups if one.open]
    said: dict[str, Any] = {"party": form.text("party"), "reason": form.text("reason")}
    if again := _decided_meanwhile(request, form, partner, month, groups, wanted, said["party"]):
        return again
    if not wanted:
        return back(_page(partner, month), "nothing", fragment="groups", skip=form.text("skip"))
    return await _decided(ask, form, partner, month, "attribution", said | {"mismatches": wanted}, "attributed")


@router.post("/undo")
async def undo(
    request: Request, ask: Asker, viewer: Reconciles, partner: Partner, month: Month, form: Form
) -> Response:
    """A group belongs to whom it was found to be of; that it did not for a while stays in the history."""
    undone, groups = form.text("undone"), groups_of(await _doc(ask, partner, month))
    one = next((one for one in groups if one.id == undone), None)
    if one is None:
        raise not_found("group")
    if again := _decided_meanwhile(request, form, partner, month, groups, [undone], one.found_party):
        return again
    why = form.text("reason") or f"Undone by {viewer.name}."
    said = {"party": one.found_party, "reason": why}
    return await _decided(ask, form, partner, month, f"mismatches/{undone}/attribution", said, "undone")


@router.post("/taking")
async def take(
    request: Request, ask: Asker, viewer: Reconciles, partner: Partner, month: Month, form: Form
) -> Response:
    """Take what nothing settles; `amount` is added to our count for it, in the currency of the month."""
    doc, taken = await _doc(ask, partner, month), form.text("taken")
    try:
        minor = minor_of(form.text("amount"), doc["sums"]["currency"] if doc["sums"] else "")
    except Problem as problem:
        return back(_page(partner, month), wrong=went_wrong(problem, 403), fragment="groups")
    groups = groups_of(doc)
    mine = next((one.party for one in groups if one.id == taken), "")
    if again := _decided_meanwhile(request, form, partner, month, groups, [taken], mine):
        return again
    said = {"amount_minor": minor, "reason": form.text("reason")}
    return await _decided(ask, form, partner, month, f"mismatches/{taken}/taking", said, "taken")


@router.post("/requests")
async def request_adjustment(
    ask: Asker, viewer: Reconciles, partner: Partner, month: Month, due: Said = "", group: Groups = NONE
) -> Response:
    """Ask the partner to correct the chosen groups."""
    if not group:
        return back(_page(partner, month), "nothing", fragment="groups")
    return await _do(ask, partner, month, "requests", {"mismatches": group, "due": due or None}, "asked", "requests")


@router.post("/layout")
async def accept_layout(
    request: Request, ask: Asker, viewer: Reconciles, partner: Partner, month: Month, form: Form
) -> Response:
    """Read the partner's next reports as this one was; not over a layout that somebody else saved meanwhile."""
    place = f"{API}/partners/{partner}/profile"
    found = await ask(f"{_place(partner, month)}/profile")
    try:
        await over(
            ask,
            place,
            form.text(OVER),
            lambda kept: layout_of(found, kept),
            lambda tag: ask.do(f"{place}/acceptance", {"month": month}, match=tag),
        )
    except Overtaken as overtaken:
        last = (overtaken.now["versions"] or [{}])[-1]
        return asked_again(
            request,
            form,
            LAYOUT,
            {"columns": columns_told(overtaken.now["profile"])},
            overtaken.state,
            _page(partner, month),
            last.get("by", ""),
            last.get("at"),
            {"columns": columns_told(found and found["profile"])},
        )
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
async def agree(
    request: Request, ask: Asker, viewer: Reconciles, partner: Partner, month: Month, form: Form
) -> Response:
    """Both sides agree on the sums that were looked at. What stands against it is told."""
    page, place = _page(partner, month), _place(partner, month)
    said = {"accepted_by": form.text("accepted_by")}
    try:
        write = lambda tag: ask.do(f"{place}/agreement", said, match=tag)  # noqa: E731
        await over(ask, place, form.text(OVER), agreed_upon, write)
    except Overtaken as found:
        return asked_again(request, form, STANDING, standing_of(found.now), found.state, page)
    except Problem as problem:
        return back(page, wrong=went_wrong(problem, 403), fragment="agreement")
    return back(page, "agreed", fragment="agreement")


@router.post("/reopening")
async def reopen(ask: Asker, viewer: Reconciles, partner: Partner, month: Month, reason: Said = "") -> Response:
    """What was agreed holds no more."""
    return await _do(ask, partner, month, "reopening", {"reason": reason.strip()}, "reopened", "agreement")


def _decided_meanwhile(
    request: Request, form: Fields, partner: str, month: str, groups: list[Group], wanted: list[str], party: str
) -> Response | None:
    """The page that asks again, where somebody else decided on one of these groups; None where nobody did. Who decides
    in the moment between this look and the write stands in the history, and can be undone."""
    states = owners_of(groups)
    changed = [
        one
        for one in groups
        if one.id in wanted and form.text(OVER) and state_in(form.text(OVER), one.id) != state_in(states, one.id)
    ]
    if not changed:
        return None
    other = [one for one in changed if one.party != party]
    fields = {one.id: Field(one.id, PARTY_WORDS) for one in other[:GROUPS_ON_A_PAGE]}
    theirs = {one.id: one.party for one in other[:GROUPS_ON_A_PAGE]}
    mine = dict.fromkeys(fields, party)
    if more := other[GROUPS_ON_A_PAGE:]:
        fields[MORE] = Field(plural("%(n)s more group", "%(n)s more groups", len(more)), {})
        theirs[MORE], mine[MORE] = owners_told(more), str(PARTY_WORDS.get(party, party))
    where = _page(partner, month)
    return asked_again(request, form, fields, theirs, states, where, changed[0].by, None, mine)


async def _decided(
    ask: AsViewer, form: Fields, partner: str, month: str, what: str, body: dict[str, Any], said: str
) -> Response:
    """Back on the page of groups from which it was done."""
    doing = ask.do(f"{_place(partner, month)}/{what}", body)
    return await carried_out(doing, _page(partner, month), said, 403, fragment="groups", skip=form.text("skip"))


async def _do(
    ask: AsViewer, partner: str, month: str, what: str, body: dict[str, Any], said: str, part: str
) -> Response:
    page, place = _page(partner, month), _place(partner, month)
    return await carried_out(ask.do(f"{place}/{what}", body), page, said, 403, fragment=part)


async def _doc(ask: AsViewer, partner: str, month: str) -> dict[str, Any]:
    doc: dict[str, Any] | None = await ask(_place(partner, month))
    if doc is None:
        raise not_found("month")
    return doc


def _place(partner: str, month: str) -> str:
    return f"{API}/months/{partner}:{month}"


def _page(partner: str, month: str) -> str:
    return f"/reconciliation/{partner}/{month}"
