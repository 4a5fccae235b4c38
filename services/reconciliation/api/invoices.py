"""The routes of invoices: taken in and checked, held or let pass, approved by people who may, forwarded and paid."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from services.reconciliation.api import billing_examples as examples
from services.reconciliation.api.accuracy import MONTH
from services.reconciliation.api.desk import NAME, AtDesk, Desk, Pays, SeesInvoices, Service, place_of
from services.reconciliation.billing.books import KINDS, MEDIA, Kind, exported
from services.reconciliation.billing.forwarding import paid_in
from services.reconciliation.billing.readings import Reading
from services.reconciliation.domain.invoice import (
    ApproveInvoice,
    CreditInvoice,
    DisputeInvoice,
    ForwardInvoice,
    LiftHold,
    RecordPayment,
    RejectInvoice,
    SettleDispute,
    invoice,
)
from services.reconciliation.invoices.checking import Protocol
from services.reconciliation.invoices.comparing import compared
from services.reconciliation.invoices.protocol import as_text
from services.reconciliation.invoices.reading import Mapping
from services.reconciliation.views.invoices import KnownInvoice, invoices
from shared.http import (
    MAX_FILE_BYTES,
    UPLOAD,
    Deps,
    Problem,
    accepts,
    command_id,
    command_of,
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
from shared.security import Principal

router = APIRouter(prefix="/invoices", tags=["invoices"])
ID = "/{invoice_id}"
MOST = 500
TEXT = "text/plain; charset=utf-8"

for path, kind in (
    ("/holds", LiftHold),
    ("/disputes", DisputeInvoice),
    ("/disputes/settlement", SettleDispute),
    ("/rejection", RejectInvoice),
    ("/approval", ApproveInvoice),
    ("/credits", CreditInvoice),
    ("/payments", RecordPayment),
):
    accepts(router, ID + path, invoice, kind, service=NAME, right="invoices.run")


@router.post(ID, status_code=201, summary="Take an invoice in", openapi_extra=UPLOAD, responses=examples.TAKEN_IN)
async def take_in(
    request: Request,
    invoice_id: str,
    deps: Service,
    desk: AtDesk,
    who: Pays,
    month: Annotated[str, Query(description="The agreed month, such as `2026-03`.", pattern=MONTH)],
    mapping: Annotated[str, Query(description="For a CSV: which column is what, as JSON.")] = "",
) -> Response:
    """The file is the body: UBL, CII, a PDF with CII in it, CSV, or JSON where somebody typed it in. It is kept as it
    came, and checked at once; the answer is the protocol. 413 above 20 MB, 422 with the reader's reason where no
    invoice can be read from it."""
    must_see(who, place_of(invoice_id)[0])
    told = _mapping(mapping)
    content = await content_of(request, MAX_FILE_BYTES)
    protocol = await desk.taking_in.take_in(invoice_id, month, content, told, command_id(request), who.name)
    return json_response(protocol, status=201)


def _mapping(text: str) -> Mapping | None:
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Mapping)
    except msgspec.DecodeError as wrong:
        raise invalid("mapping", str(wrong)) from None


@router.post(ID + "/check", status_code=202, summary="Check again", responses=examples.CHECKED)
async def check_again(request: Request, invoice_id: str, deps: Service, desk: AtDesk, who: Pays) -> Response:
    """The file that came last is held against what is known now: the month was agreed, an account was confirmed."""
    doc = await _known(deps, who, invoice_id)
    digest = _digest(doc)
    accepted = await desk.taking_in.check_again(invoice_id, doc.month, digest, command_id(request), who.name)
    return json_response(accepted, status=202)


@router.post(
    ID + "/forwarding",
    status_code=202,
    summary="Forward to accounting",
    openapi_extra=takes(ForwardInvoice, without=("invoice_id", "commissions", "clawed_back", "at", "by")),
    responses=examples.CHECKED,
)
async def forward(request: Request, invoice_id: str, deps: Service, desk: AtDesk, who: Pays) -> Response:
    """Its month's commissions go to the ledger with it, so that a later month takes each back once. 409 `not_approved`,
    `disputed`, `forwarded_already`, `separation_of_duties` for who alone approved it."""
    doc = await _known(deps, who, invoice_id)
    by = command_id(request)
    known: dict[str, object] = {"invoice_id": invoice_id, "at": deps.clock(), "by": who.name}
    if doc.received is not None and doc.received.kind == "invoice":  # a credit note has no commissions
        rating = (await desk.expecting.of(doc.partner_id, doc.month, doc.invoice_id)).expectation.rating
        known |= {"commissions": paid_in(rating), "clawed_back": rating.clawed_back}
    command = await command_of(request, ForwardInvoice, known)
    accepted = await deps.door.handle(invoice, invoice_id, command, command_id=by, actor=who.name)
    return json_response(accepted, status=202)


@router.get("", summary="Invoices", responses=examples.INVOICES)
async def list_invoices(
    deps: Service,
    who: SeesInvoices,
    partner: str | None = None,
    month: str | None = None,
    status: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> Response:
    """Those that the caller may see."""
    limited(limit, MOST)
    asked = {"partner": partner, "month": month, "status": status}
    found = await deps.reads.find(invoices, {name: value for name, value in asked.items() if value is not None})
    seen = [(key, seen_by(who, doc)) for key, doc in found if who.sees(doc.partner_id)]
    return json_response(page(seen, limit, cursor))


@router.get(ID, summary="An invoice", responses=examples.INVOICE)
async def show_invoice(invoice_id: str, deps: Service, who: SeesInvoices) -> Response:
    """Where it stands, what holds it, who approved it, what is still owed. The partner sees neither who lifted a hold
    and why, nor who must not approve."""
    return json_response(seen_by(who, await _known(deps, who, invoice_id)))


@router.get(ID + "/lines", summary="An invoice against the contract", responses=examples.LINES)
async def show_lines(invoice_id: str, deps: Service, desk: AtDesk, who: SeesInvoices) -> Response:
    """By component of the price: what the contract's version in force asks for, what was invoiced, and the difference,
    net, minor units. 409 `other_currency`, `a_credit_note`, which is held against its invoice, and as a prediction."""
    doc = await _known(deps, who, invoice_id)
    _, reading = await _protocol(deps, desk, doc)
    expected = (await desk.expecting.of(doc.partner_id, doc.month, doc.invoice_id)).expectation
    if reading.invoice.credit_note:
        raise Problem(409, "a_credit_note", "A credit note is held against its invoice.")
    if reading.invoice.currency != expected.payment.currency:
        raise Problem(409, "other_currency", f"The contract is in {expected.payment.currency}.")
    return json_response(compared(reading.invoice, expected))


@router.get(ID + "/file", summary="The file as it came", response_class=Response, responses=examples.FILE)
async def show_file(invoice_id: str, deps: Service, who: SeesInvoices) -> Response:
    """Byte for byte."""
    doc = await _known(deps, who, invoice_id)
    return file_response(await _content(deps, _digest(doc)), invoice_id.replace(":", "-"), "application/octet-stream")


@router.get(ID + "/protocol", summary="What the checks found", responses=examples.PROTOCOL)
async def show_protocol(request: Request, invoice_id: str, deps: Service, desk: AtDesk, who: SeesInvoices) -> Response:
    """Each check with what it expected, what it found and its evidence; as text for who accepts that."""
    protocol, _ = await _protocol(deps, desk, await _known(deps, who, invoice_id))
    if request.headers.get("accept", "").startswith("text/plain"):
        return Response(as_text(protocol), media_type=TEXT)
    return json_response(protocol)


@router.get(ID + "/exports/{form}", summary="For the books", response_class=Response, responses=examples.EXPORT)
async def export(invoice_id: str, form: str, deps: Service, desk: AtDesk, who: Pays) -> Response:
    """As received with its protocol (`bundle`), or as entries: `journal`, `datev`, `xero`, `quickbooks`. 409
    `not_approved`, `no_books`, and what the form has no place for."""
    kind = next((one for one in KINDS if one == form), None)
    if kind is None:
        raise not_found("form")
    doc = await _known(deps, who, invoice_id)
    if doc.status not in ("approved", "forwarded", "paid"):
        raise Problem(409, "not_approved", f"It is {doc.status}.")
    return await _exported(deps, desk, doc, kind)


async def _exported(deps: Deps, desk: Desk, doc: KnownInvoice, kind: Kind) -> Response:
    protocol, reading = await _protocol(deps, desk, doc)
    content = await _content(deps, _digest(doc))
    expected = await desk.expecting.of(doc.partner_id, doc.month, doc.invoice_id)
    media, name = MEDIA[kind]
    made = exported(kind, content, reading.invoice, protocol, expected.expectation, desk.books, deps.clock())
    return file_response(made, name, media)


def seen_by(who: Principal, doc: KnownInvoice) -> KnownInvoice:
    """The invoice as its viewer may see it."""
    if who.role != "partner":
        return doc
    checked = doc.checked and msgspec.structs.replace(doc.checked, excluded=(), objections={})
    return msgspec.structs.replace(doc, lifted={}, checked=checked)


async def _known(deps: Deps, who: Principal, invoice_id: str) -> KnownInvoice:
    must_see(who, place_of(invoice_id)[0])
    doc = (await deps.reads.get(invoices, [invoice_id])).get(invoice_id)
    if doc is None or doc.received is None:
        raise not_found("invoice")
    return doc


def _digest(doc: KnownInvoice) -> str:
    if doc.received is None:
        raise not_found("invoice")
    return doc.received.digest


async def _content(deps: Deps, digest: str) -> bytes:
    content = await deps.blobs.get(digest)
    if content is None:
        raise not_found("file")
    return content


async def _protocol(deps: Deps, desk: Desk, doc: KnownInvoice) -> tuple[Protocol, Reading]:
    reading = (await desk.readings.of([_digest(doc)])).get(_digest(doc))
    if reading is None or not reading.protocol:
        raise not_found("protocol")
    return msgspec.json.decode(await _content(deps, reading.protocol), type=Protocol), reading
