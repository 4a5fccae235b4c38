"""The page of months: every partner's, how far it is, what differs, what is at stake, and how long it has waited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from services.gateway.api.asking import Asker, AsViewer, everything
from services.gateway.api.gateway import Door, Gateway
from services.gateway.pages.acting import Short
from services.gateway.pages.site import page
from services.gateway.pages.tables import FORMS, Cell, as_file
from services.gateway.views.month_rows import STATES, MonthRow, month_rows, totals
from services.gateway.views.words import _, link
from shared.clock import now
from shared.contracts.rating import months_later
from shared.contracts.terms.values import CURRENCIES
from shared.http import Problem, not_found, require
from shared.security import Principal

router = APIRouter()
API = "/api/v1/reconciliation"
Reader = Annotated[Principal, Depends(require("reconciliation.read"))]
Month = Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")]

STATE_WORDS = {
    "due": _("Report due"),
    "received": _("Received"),
    "matched": _("Matched"),
    "attributing": _("Attributing"),
    "requested": _("Adjustment requested"),
    "agreed": _("Agreed"),
    "invoiced": _("Invoiced"),
    "forwarded": _("Forwarded"),
}
COLUMNS = (
    "partner", "name", "month", "state", "late", "days_waiting", "mismatches", "open", "difference", "at_stake",
    "currency", "invoice",
)  # fmt: skip


@router.get("/reconciliation")
async def months(
    request: Request,
    gateway: Door,
    ask: Asker,
    viewer: Reader,
    month: Month = "",
    state: Short = "",
    partner: Short = "",
) -> Response:
    """A month of all partners; without one, the last that is over. `state` and `partner` choose among them."""
    chosen = month or last_month()
    rows = await rows_of(gateway, ask, viewer, chosen)
    shown = _chosen(rows, state, partner)
    return page(
        request,
        "reconciliation.html",
        month=chosen,
        before=months_later(chosen, -1),
        after=months_later(chosen, 1),
        rows=shown,
        total=totals(shown),
        partners={row.partner: row.name for row in rows},
        partner=partner,
        state=state,
        states=STATES,
        words=STATE_WORDS,
        nothing=not rows,
        tables={
            form: link(f"/reconciliation/tables/months.{form}", month=chosen, state=state, partner=partner)
            for form in ("csv", "xlsx")
        },
    )


@router.get("/reconciliation/tables/months.{form}")
async def table(
    gateway: Door, ask: Asker, viewer: Reader, form: str, month: Month = "", state: Short = "", partner: Short = ""
) -> Response:
    """The table as a file."""
    chosen = month or last_month()
    rows = _chosen(await rows_of(gateway, ask, viewer, chosen), state, partner)
    return as_table(form, f"months-{chosen}", COLUMNS, map(_cells, rows))


def as_table(form: str, name: str, columns: tuple[str, ...], rows: Iterator[tuple[Cell, ...]]) -> Response:
    """CSV or XLSX; 404 for any other form."""
    known = next((one for one in FORMS if one == form), None)
    if known is None:
        raise not_found("form")
    return as_file(known, name, columns, rows)


def major(minor: int | None, currency: str) -> Decimal | None:
    """Minor units as the number that a spreadsheet adds up."""
    return None if minor is None else Decimal(minor).scaleb(-CURRENCIES.get(currency, 2))


def minor_of(text: str, currency: str) -> int:
    """An amount that somebody typed, `49.00` or `49,00`, in minor units. 422 where it is none."""
    try:
        amount = Decimal(text.strip().replace(",", ".")).scaleb(CURRENCIES.get(currency, 2))
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite() or amount != amount.to_integral_value():
        raise Problem(422, "no_amount", _("{text} is no amount in {currency}.").format(text=text, currency=currency))
    return int(amount)


def last_month() -> str:
    """The last month that is over, by the clock of UTC."""
    return f"{now().date().replace(day=1) - timedelta(days=1):%Y-%m}"


async def rows_of(gateway: Gateway, ask: AsViewer, viewer: Principal, month: str) -> list[MonthRow]:
    """The rows that the viewer may see."""
    expected = await ask(f"{API}/expected", month=month)
    came = await everything(ask, f"{API}/months", month=month, limit=500)
    billed: list[dict[str, Any]] = []
    if viewer.may("invoices.read"):
        billed = await everything(ask, f"{API}/invoices", month=month, limit=500)
    names = await gateway.calls.names()
    return month_rows(month, expected["items"], came, billed, _today(), names.partners)


def _today() -> date:
    return now().date()


def _chosen(rows: list[MonthRow], state: str, partner: str) -> list[MonthRow]:
    return [row for row in rows if state in ("", row.state) and partner in ("", row.partner)]


def _cells(row: MonthRow) -> tuple[Cell, ...]:
    return (
        row.partner, row.name, row.month, row.state, "yes" if row.late else "no", row.age, row.mismatches, row.open,
        major(row.difference, row.currency), major(row.at_stake, row.currency), row.currency, row.invoice,
    )  # fmt: skip
