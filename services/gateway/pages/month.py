"""The page of one partner's month: its report, the groups of mismatches with their evidence, requests, the agreement;
and the same on paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door
from services.gateway.pages.meanwhile import state_of, states_of
from services.gateway.pages.reconciliation import API, Reader, as_table, major
from services.gateway.pages.site import page
from services.gateway.pages.tables import Cell
from services.gateway.views import words
from services.gateway.views.codes.money import (
    CONFIDENCE_WORDS,
    INVOICE_STATES,
    KIND_WORDS,
    PARTY_WORDS,
    PROFILE_PARTS,
    REMARK_REASONS,
    REPORT_FIELDS,
    REPORT_RESULTS,
    RUN_PHASES,
)
from services.gateway.views.month_groups import Group, evidence, groups_of, hands, said_of, steps_of, tolerated_group
from services.gateway.views.words import UNKNOWN, _, money, number
from shared.clock import now
from shared.http import not_found
from shared.security import Principal

router = APIRouter()
Partner = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Month = Annotated[str, Path(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]
GroupId = Annotated[str, Query(pattern=r"^([EU]\d{1,6})?$")]
ON_A_PAGE = 25
GROUPS_ON_A_PAGE = 100
STEPS_ON_A_PAGE = 100
NAMED_AT_MOST = 20
"""Groups that a sentence names."""
ON_PAPER = 200
"""Lines of a group that are printed; the file has all of them."""

STEP_WORDS = {
    "report": _("Report received"),
    "matched": _("Matched"),
    "attributed": _("Mismatches attributed"),
    "invoice": _("Invoice checked"),
    "forwarded": _("Forwarded"),
}
HISTORY_WORDS = {
    "report": _("Report"),
    "adjusted report": _("Adjusted report"),
    "compared": _("Compared"),
    "not compared": _("Not compared"),
    "attributed": _("Attributed"),
    "taken": _("Taken"),
    "asked": _("Asked"),
    "accepted": _("Accepted"),
    "agreed": _("Agreed"),
    "reopened": _("Reopened"),
}
SAID = {
    "attributed": _("Kept, with your reason. It can be undone."),
    "undone": _("Undone. Both stay in the history."),
    "taken": _("Taken, with your reason."),
    "asked": _("The partner is asked for an adjusted report."),
    "submitted": _("The report is kept. It is compared now."),
    "again": _("It is compared again."),
    "cancelled": _("The comparison was broken off."),
    "layout": _("Reports of this partner are read like this from now on."),
    "agreed": _("The month is agreed."),
    "reopened": _("The month is open again."),
    "nothing": _("Choose a group first."),
}
GROUP_COLUMNS = (
    "group", "kind", "cause", "owner", "confidence", "lines", "against", "moved", "currency", "state", "proof",
)  # fmt: skip
LINE_COLUMNS = (
    "group", "line", "our_call", "kind", "time", "our_time", "agent", "our_agent", "duration_s", "our_duration_s",
    "result", "our_result", "amount", "our_amount", "moved", "currency",
)  # fmt: skip


@router.get("/reconciliation/{partner}/{month}")
async def show(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Reader,
    partner: Partner,
    month: Month,
    group: GroupId = "",
    cursor: Annotated[str, Query(max_length=200)] = "",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    history: Literal["", "all"] = "",
    said: Annotated[str, Query(max_length=20)] = "",
    wrong: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """The case. `group`: whose lines are shown beside our events; `skip`: groups that come before those on the page;
    `history`: whether every step of it is shown; `said` and `wrong`: what came of the last button."""
    case = await _case(gateway, ask, viewer, partner, month)
    doc = case["doc"]
    chosen = next((one for one in case["groups"] if one.id == group), None)
    lines: dict[str, Any] = {"items": [], "next": None}
    if chosen is not None and chosen.has_lines:
        lines = await ask(_lines(partner, month, group), limit=ON_A_PAGE, cursor=cursor or None) or lines
    comparing = doc is not None and doc["stage"] == "submitted"
    run = await ask(f"{_place(partner, month)}/run") if comparing else None
    profile = await ask(f"{_place(partner, month)}/profile") if doc is not None and doc["reconciled"] else None
    return page(
        request,
        "month.html",
        **case,
        chosen=chosen,
        shown=case["groups"][skip : skip + GROUPS_ON_A_PAGE],
        skip=skip,
        history=list(reversed(doc["history"]))[: None if history else STEPS_ON_A_PAGE] if doc else [],
        lines=[evidence(one) for one in lines["items"]],
        next=lines["next"],
        first=not cursor,
        comparing=comparing,
        run=run,
        profile=profile,
        blocked=_blocked(case, viewer),
        over=await _states(ask, partner, doc, profile),
        standing=standing_of(doc) if doc else {},
        runs=viewer.may("reconciliation.run"),
        reports=viewer.may("reconciliation.report"),
        problem=wrong,
        said=str(SAID[said]) if said in SAID else "",
        history_words=HISTORY_WORDS,
        said_of=said_of,
        run_phases=RUN_PHASES,
        remark_reasons=REMARK_REASONS,
        profile_parts=PROFILE_PARTS,
    )


@router.get("/print/reconciliation/{partner}/{month}")
async def paper(
    request: Request, gateway: Door, ask: Asker, viewer: Reader, partner: Partner, month: Month
) -> Response:
    """The whole month for A4: every group with its lines, sums, and where both sides sign."""
    case = await _case(gateway, ask, viewer, partner, month)
    if case["doc"] is None:
        raise not_found("month")
    lines = {}
    for one in case["groups"]:
        if one.has_lines:
            found = await ask(_lines(partner, month, one.id), limit=ON_PAPER)
            lines[one.id] = [evidence(line) for line in found["items"]] if found else []
    return page(request, "month_paper.html", **case, lines=lines, most=ON_PAPER, printed=now())


@router.get("/reconciliation/{partner}/{month}/tables/groups.{form}")
async def groups_table(
    gateway: Door, ask: Asker, viewer: Reader, partner: Partner, month: Month, form: str
) -> Response:
    """The groups as a file."""
    case = await _case(gateway, ask, viewer, partner, month)
    return as_table(form, f"{partner}-{month}-groups", GROUP_COLUMNS, map(_group_cells, case["groups"]))


@router.get("/reconciliation/{partner}/{month}/tables/lines.{form}")
async def lines_table(
    gateway: Door, ask: Asker, viewer: Reader, partner: Partner, month: Month, form: str, group: GroupId = ""
) -> Response:
    """The lines of a group as a file, or of all groups."""
    case = await _case(gateway, ask, viewer, partner, month)
    found: list[tuple[Group, dict[str, Any]]] = []
    for one in case["groups"]:
        if one.has_lines and group in ("", one.id):
            found += [(one, line) for line in await everything(ask, _lines(partner, month, one.id), limit=500)]
    return as_table(form, f"{partner}-{month}-lines", LINE_COLUMNS, _line_cells(found))


async def _case(gateway: Door, ask: AsViewer, viewer: Principal, partner: str, month: str) -> dict[str, Any]:
    """What page and paper show alike; 404 where there is neither a report nor a contract in the month."""
    if not viewer.sees(partner):
        raise not_found("month")
    doc = await ask(_place(partner, month))
    expected = await ask(f"{API}/expected", month=month)
    due = next((one for one in expected["items"] if one["partner_id"] == partner), None)
    if doc is None and due is None:
        raise not_found("month")
    invoices: list[dict[str, Any]] = []
    if viewer.may("invoices.read"):
        invoices = await everything(ask, f"{API}/invoices", partner=partner, month=month)
    names = await gateway.calls.names()
    groups = groups_of(doc) if doc is not None else []
    sums = doc["sums"] if doc is not None else None
    return {
        "partner": partner,
        "name": due["name"] if due else names.partner(partner),
        "month": month,
        "doc": doc,
        "due": due,
        "sums": sums,
        "currency": sums["currency"] if sums else due["currency"] if due else "",
        "groups": [*groups, *tolerated_group(sums)],
        "invoices": invoices,
        "steps": steps_of(doc, invoices),
        "internal": viewer.role != "partner",
        "agent_name": lambda code: names.agent(partner, code),
        "party_words": PARTY_WORDS,
        "kind_words": KIND_WORDS,
        "invoice_states": INVOICE_STATES,
        "report_fields": REPORT_FIELDS,
        "report_results": REPORT_RESULTS,
        "confidence_words": CONFIDENCE_WORDS,
        "step_words": STEP_WORDS,
        "named": named,
    }


async def _states(
    ask: AsViewer, partner: str, doc: dict[str, Any] | None, found: dict[str, Any] | None
) -> dict[str, str]:
    """What the forms of the page are drawn from."""
    kept = await ask(f"{API}/partners/{partner}/profile") if found else None
    groups = groups_of(doc) if doc else []
    return {
        "layout": state_of(layout_of(found, kept)),
        "groups": owners_of(groups),
        "agreement": state_of(agreed_upon(doc)),
    }


def layout_of(found: dict[str, Any] | None, kept: dict[str, Any] | None) -> object:
    """How the report of the month is read, and by which layout the partner's reports are."""
    return [found and found["profile"], kept and kept["profile"]]


def columns_told(profile: dict[str, Any] | None) -> str:
    """A layout in a few words: its columns, and what they are read as."""
    columns = profile["columns"] if profile else []
    return "; ".join(f"{one['label']}: {REPORT_FIELDS.get(one['field'], one['field'])}" for one in columns) or UNKNOWN


def owners_of(groups: Iterable[Group]) -> str:
    """The state of each group: whose it is, and whether somebody decided that."""
    return states_of({one.id: [one.party, one.decided, one.open] for one in groups})


def agreed_upon(doc: dict[str, Any] | None) -> object:
    """What both sides would agree on."""
    return doc and [doc["sums"], doc["mismatches"]]


def standing_of(doc: dict[str, Any]) -> dict[str, str]:
    """The same in a few words."""
    sums, groups = doc["sums"], groups_of(doc)
    amounts = {name: money(sums[name], sums["currency"]) for name in ("theirs", "ours", "unexplained")} if sums else {}
    return amounts | {"groups": owners_told(groups)}


def owners_told(groups: Sequence[Group]) -> str:
    """Whose each group is; of more than a sentence names, how many are whose."""
    if len(groups) <= NAMED_AT_MOST:
        return ", ".join(f"{one.id}: {PARTY_WORDS[one.party]}" for one in groups)
    owned = Counter(one.party for one in groups)
    return ", ".join(f"{PARTY_WORDS[party]}: {number(owned[party])}" for party in sorted(owned))


def _blocked(case: dict[str, Any], viewer: Principal) -> list[str]:
    """Why the viewer can't agree the month, each reason in a sentence; none where they can."""
    doc, sums = case["doc"], case["sums"]
    if doc is None or sums is None:
        return [_("The last report was not compared yet.")]
    why = []
    for party, says in (("undetermined", _("Undetermined: {groups}.")), ("own", _("Ours to settle: {groups}."))):
        left = [one.id for one in case["groups"] if one.open and one.party == party]
        if left:
            why.append(says.format(groups=named(left)))
    if sums["unexplained"]:
        why.append(_("Not everything is explained yet. Groups that nobody took add up to it."))
    if viewer.name in hands(doc):
        why.append(_("You decided on mismatches yourself: somebody else has to agree."))
    return why


def named(groups: Sequence[str]) -> str:
    """Groups, in a sentence or a cell."""
    return words.named(groups, NAMED_AT_MOST)


def _place(partner: str, month: str) -> str:
    return f"{API}/months/{partner}:{month}"


def _lines(partner: str, month: str, group: str) -> str:
    return f"{_place(partner, month)}/mismatches/{group}/lines"


def _group_cells(one: Group) -> tuple[Cell, ...]:
    return (
        one.id, one.kind, one.cause, one.party, one.confidence, one.lines, one.against, major(one.moved, one.currency),
        one.currency, "open" if one.open else "settled", one.proof,
    )  # fmt: skip


def _line_cells(found: list[tuple[Group, dict[str, Any]]]) -> Iterator[tuple[Cell, ...]]:
    for group, one in found:
        yield (
            group.id, one["line"], one["our_call"], one["kind"], one["local"], one["our_local"], one["agent"],
            one["our_agent"], one["duration_s"], one["our_duration_s"], one["disposition"], one["our_disposition"],
            major(one["amount_minor"], group.currency), major(one["our_amount_minor"], group.currency),
            major(one["moved"], group.currency), group.currency,
        )  # fmt: skip
