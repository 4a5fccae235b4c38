"""The journal as CSV, for whatever takes one."""

from __future__ import annotations

from collections.abc import Iterable

from services.reconciliation.invoices.exports.cells import amount
from services.reconciliation.invoices.exports.entries import Entry
from shared.cells import as_csv, guarded

COLUMNS = (
    "date", "account", "contra", "tax_code", "net", "tax", "gross", "currency", "cost_centre", "document", "supplier",
    "period", "due", "text",
)  # fmt: skip


def journal(made: Iterable[Entry]) -> bytes:
    """A row an entry; amounts with a decimal point, days as `2026-04-06`."""
    rows = [
        (
            one.on.isoformat(),
            guarded(one.account),
            guarded(one.contra),
            guarded(one.tax_code),
            amount(one.net, one.currency),
            amount(one.tax, one.currency),
            amount(one.gross, one.currency),
            one.currency,
            guarded(one.cost_centre),
            guarded(one.document),
            guarded(one.supplier),
            one.month,
            one.due.isoformat(),
            guarded(one.text),
        )
        for one in made
    ]
    return as_csv((COLUMNS, *rows))
