"""The pages of invoices: ours beside what was invoiced, what the checks say, and the people who let it pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door
from services.gateway.pages.acting import Short, back, carried_out, went_wrong
from services.gateway.pages.reconciliation import API, as_table, last_month, major, minor_of
from services.gateway.pages.site import page
from services.gateway.pages.tables import Cell
from services.gateway.pages.uploads import Upload
from services.gateway.views.codes.money import (
    CHECK_OUTCOMES,
    INVOICE_CHECKS,
    INVOICE_RULES,
    INVOICE_STATES,
    SETTLEMENTS,
)
from services.gateway.views.invoice_lines import OBJECTING, reasons_against, shown_rate, worst_by_check
from services.gateway.views.words import _, link
from shared.http import MAX_FILE_BYTES, Problem, not_found, require
from shared.security import Principal

router = APIRouter()
Reader = Annotated[Principal, Depends(require("invoices.read"))]
Pays = Annotated[Principal, Depends(require("invoices.run"))]
Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}:[a-z0-9][a-z0-9-]{0,62}$")]
Month = Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")]
Said = Annotated[str, Form(max_length=2000)]

SAID = {
    "taken": _("The invoice is kept and checked."),
    "checked": _("It was checked again."),
    "lifted": _("The hold is lifted, with your reason."),
    "disputed": _("It is disputed. It goes nowhere until that is settled."),
    "settled": _("The dispute is settled."),
    "rejected": _("It goes back to the partner."),
    "approved": _("You approved it."),
    "forwarded": _("Accounting has it."),
}
COLUMNS = ("invoice", "number", "partner", "month", "kind", "status", "issued", "due", "gross", "open", "currency")
LINE_COLUMNS = (
    "component", "clause", "version", "our_rate", "ours", "invoiced", "difference", "currency",
)  # fmt: skip


@router.get("/invoices")
async def invoices(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Reader,
    month: Month = "",
    partner: Short = "",
    status: Short = "",
    said: Short = "",
    wrong: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """All that the viewer may see, the newest first; `month`, `partner` and `status` choose among them."""
    names = await gateway.calls.names()
    rows = await _rows(ask, month, partner, status)
    return page(
        request,
        "invoices.html",
        rows=rows,
        sums=_sums(rows),
        month=month,
        partner=partner,
        chosen=status,
        default_month=month or last_month(),
        partners=names.choice(viewer.sees, partner),
        statuses=INVOICE_STATES,
        pays=viewer.may("invoices.run"),
        filtered=bool(month or partner or status),
        problem=wrong,
        tables={
            form: link(f"/invoices/tables/invoices.{form}", month=month, partner=partner, status=status)
            for form in ("csv", "xlsx")
        },
    )


@router.get("/invoices/tables/invoices.{form}")
async def table(
    ask: Asker, viewer: Reader, form: str, month: Month = "", partner: Short = "", status: Short = ""
) -> Response:
    """The table as a file."""
    rows = await _rows(ask, month, partner, status)
    return as_table(form, "invoices", COLUMNS, map(_cells, rows))


@router.post("/invoices")
async def take_in(request: Request, ask: Asker, viewer: Pays) -> Response:
    """Take a file in; it is checked at once, and its page is shown."""
    try:
        upload = await Upload.of(request, MAX_FILE_BYTES)
        told = upload.fields
        id_ = f"{told.get('partner', '')}:{told.get('number', '').strip().lower()}"
        await ask.send(f"{API}/invoices/{id_}", upload.content, month=told.get("month"))
    except Problem as problem:
        if problem.status == 404:
            return back("/invoices", wrong=_("There is no such partner."))
        return back("/invoices", wrong=went_wrong(problem, 403))
    return back(f"/invoices/{id_}", "taken")


@router.get("/invoices/{invoice_id}")
async def invoice(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Reader,
    invoice_id: Id,
    said: Short = "",
    wrong: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Line by line, what the checks found, and what may be done with it by whom."""
    doc = await _doc(ask, invoice_id)
    lines, unpriced = await _lines(ask, invoice_id)
    internal = viewer.role != "partner"
    protocol = await ask(f"{API}/invoices/{invoice_id}/protocol") if internal else None
    names = await gateway.calls.names()
    findings = protocol["findings"] if protocol else []
    return page(
        request,
        "invoice.html",
        doc=doc,
        name=names.partner(doc["partner_id"]),
        currency=doc["received"]["gross"]["currency"],
        lines=lines,
        unpriced=unpriced,
        rate=shown_rate,
        findings=findings,
        worst=worst_by_check(findings),
        objecting=[one for one in findings if one["outcome"] in OBJECTING],
        price_checks=("rate", "quantity", "terms", "clawback", "total"),
        open_disputes={id_: one for id_, one in doc["disputes"].items() if id_ not in doc["settled"]},
        against={
            "approve": reasons_against(doc, "approve", viewer.name),
            "forward": reasons_against(doc, "forward", viewer.name),
        },
        statuses=INVOICE_STATES,
        outcomes=CHECK_OUTCOMES,
        rules=INVOICE_RULES,
        checks=INVOICE_CHECKS,
        settlements=SETTLEMENTS,
        pays=viewer.may("invoices.run"),
        internal=internal,
        problem=wrong,
        said=str(SAID[said]) if said in SAID else "",
    )


@router.get("/invoices/{invoice_id}/tables/lines.{form}")
async def lines_table(ask: Asker, viewer: Reader, invoice_id: Id, form: str) -> Response:
    """The lines as a file."""
    await _doc(ask, invoice_id)
    lines, _why = await _lines(ask, invoice_id)
    if lines is None:
        raise not_found("table")
    return as_table(form, f"invoice-{invoice_id.replace(':', '-')}", LINE_COLUMNS, _line_cells(lines))


@router.post("/invoices/{invoice_id}/check")
async def check(ask: Asker, viewer: Pays, invoice_id: Id) -> Response:
    """Hold it against what is known now."""
    return await _do(ask, invoice_id, "check", {}, "checked")


@router.post("/invoices/{invoice_id}/holds")
async def lift(ask: Asker, viewer: Pays, invoice_id: Id, digest: Said, check: Said, reason: Said = "") -> Response:
    """Let it pass although a check holds it."""
    return await _do(ask, invoice_id, "holds", {"digest": digest, "check": check, "reason": reason.strip()}, "lifted")


@router.post("/invoices/{invoice_id}/disputes")
async def dispute(ask: Asker, viewer: Pays, invoice_id: Id, amount: Said, reason: Said = "") -> Response:
    """Dispute a part of it."""
    doc = await _doc(ask, invoice_id)
    currency = doc["received"]["gross"]["currency"]
    try:
        money = {"minor": minor_of(amount, currency), "currency": currency}
    except Problem as problem:
        return back(f"/invoices/{invoice_id}", wrong=went_wrong(problem, 403))
    said = {"dispute_id": f"d{len(doc['disputes']) + 1}", "amount": money, "reason": reason.strip()}
    return await _do(ask, invoice_id, "disputes", said, "disputed")


@router.post("/invoices/{invoice_id}/settlement")
async def settle(ask: Asker, viewer: Pays, invoice_id: Id, dispute: Said, outcome: Said, reason: Said = "") -> Response:
    """Say how a dispute ended."""
    said = {"dispute_id": dispute, "outcome": outcome, "reason": reason.strip()}
    return await _do(ask, invoice_id, "disputes/settlement", said, "settled")


@router.post("/invoices/{invoice_id}/rejection")
async def reject(ask: Asker, viewer: Pays, invoice_id: Id, digest: Said, reason: Said = "") -> Response:
    """Send it back."""
    return await _do(ask, invoice_id, "rejection", {"digest": digest, "reason": reason.strip()}, "rejected")


@router.post("/invoices/{invoice_id}/approval")
async def approve(ask: Asker, viewer: Pays, invoice_id: Id, digest: Said) -> Response:
    """Approve the file that the page showed: where another came meanwhile, that is told."""
    return await _do(ask, invoice_id, "approval", {"digest": digest}, "approved")


@router.post("/invoices/{invoice_id}/forwarding")
async def forward(ask: Asker, viewer: Pays, invoice_id: Id, target: Said = "books") -> Response:
    """Hand it to accounting."""
    return await _do(ask, invoice_id, "forwarding", {"target": target.strip()}, "forwarded")


async def _do(ask: AsViewer, invoice_id: str, what: str, body: dict[str, Any], said: str) -> Response:
    path, target = f"/invoices/{invoice_id}", f"{API}/invoices/{invoice_id}"
    return await carried_out(ask.do(f"{target}/{what}", body), path, said, 403)


async def _doc(ask: AsViewer, invoice_id: str) -> dict[str, Any]:
    doc: dict[str, Any] | None = await ask(f"{API}/invoices/{invoice_id}")
    if doc is None:
        raise not_found("invoice")
    return doc


async def _lines(ask: AsViewer, invoice_id: str) -> tuple[dict[str, Any] | None, str]:
    """The lines, or why there are none: it is a credit note, it is in another currency, nothing is priced."""
    try:
        return await ask(f"{API}/invoices/{invoice_id}/lines"), ""
    except Problem as problem:
        if problem.status != 409:
            raise
        return None, problem.detail


async def _rows(ask: AsViewer, month: str, partner: str, status: str) -> list[dict[str, Any]]:
    chosen = {"month": month or None, "partner": partner or None, "status": status or None}
    found = await everything(ask, f"{API}/invoices", **chosen, limit=500)
    return sorted(found, key=lambda one: (one["received"]["issued"], one["invoice_id"]), reverse=True)


def _sums(rows: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """Gross and what is open, by currency; a credit note counts against us, and what went back for nothing."""
    found: dict[str, tuple[int, int]] = {}
    for one in rows:
        if one["status"] == "rejected":
            continue
        amount = one["received"]["gross"]
        sign = -1 if one["received"]["kind"] == "credit_note" else 1
        gross, left = found.get(amount["currency"], (0, 0))
        owed = one["open_minor"] if sign > 0 else 0
        found[amount["currency"]] = gross + sign * amount["minor"], left + owed
    return dict(sorted(found.items()))


def _cells(one: dict[str, Any]) -> tuple[Cell, ...]:
    received = one["received"]
    currency = received["gross"]["currency"]
    return (
        one["invoice_id"], received["number"], one["partner_id"], one["month"], received["kind"], one["status"],
        received["issued"], received["due"], major(received["gross"]["minor"], currency),
        major(one["open_minor"], currency), currency,
    )  # fmt: skip


def _line_cells(lines: dict[str, Any]) -> Iterator[tuple[Cell, ...]]:
    currency = lines["currency"]
    for one in lines["lines"]:
        yield (
            one["component"], one["clause"], one["version"], shown_rate(one, currency),
            *(major(one[f"{name}_minor"], currency) for name in ("expected", "invoiced", "difference")), currency,
        )  # fmt: skip
    sums = (major(lines[f"{name}_minor"], currency) for name in ("expected", "invoiced", "difference"))
    yield ("total", None, None, None, *sums, currency)
