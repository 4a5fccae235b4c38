"""QuickBooks Online: bills as CSV, a row a line; its import asks which column is what."""

from __future__ import annotations

from collections.abc import Iterable

from services.reconciliation.invoices.exports.cells import amount
from services.reconciliation.invoices.exports.entries import Entry, NotExportable
from shared.cells import as_csv, guarded

COLUMNS = (
    "Bill No", "Vendor", "Bill Date", "Due Date", "Memo", "Account", "Line Description", "Line Amount", "Line Tax Code",
    "Line Tax Amount", "Currency",
)  # fmt: skip
DAY = "%d/%m/%Y"
LONGEST_NUMBER = 21


def quickbooks(made: Iterable[Entry]) -> bytes:
    """A row an entry. NotExportable: `credit_note`, which is no bill there, and `long_number`."""
    entries = tuple(made)
    totals: dict[str, int] = {}
    for one in entries:
        totals[one.document] = totals.get(one.document, 0) + one.gross
        if len(guarded(one.document)) > LONGEST_NUMBER:
            raise NotExportable("long_number", f"{one.document} is longer than {LONGEST_NUMBER}")
    for document, total in totals.items():
        if total < 0:
            raise NotExportable("credit_note", f"{document} is a supplier credit, which is entered by hand")
    rows = [
        (
            guarded(one.document),
            guarded(one.supplier),
            one.on.strftime(DAY),
            one.due.strftime(DAY),
            one.month,
            guarded(one.account),
            guarded(one.text),
            amount(one.net, one.currency),
            guarded(one.tax_code),
            amount(one.tax, one.currency),
            one.currency,
        )
        for one in entries
    ]
    return as_csv((COLUMNS, *rows))
