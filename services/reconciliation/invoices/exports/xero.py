"""Xero: bills as CSV, in the columns of its template. Amounts are without tax: say so when it is imported."""

from __future__ import annotations

from collections.abc import Iterable

from services.reconciliation.invoices.exports.cells import amount
from services.reconciliation.invoices.exports.entries import Entry
from shared.cells import as_csv, guarded

COLUMNS = (
    "*ContactName", "EmailAddress", "POAddressLine1", "POAddressLine2", "POAddressLine3", "POAddressLine4", "POCity",
    "PORegion", "POPostalCode", "POCountry", "*InvoiceNumber", "*InvoiceDate", "*DueDate", "Total", "InventoryItemCode",
    "Description", "*Quantity", "*UnitAmount", "*AccountCode", "*TaxType", "TaxAmount", "TrackingName1",
    "TrackingOption1", "TrackingName2", "TrackingOption2", "Currency",
)  # fmt: skip
DAY = "%d/%m/%Y"


def xero(made: Iterable[Entry]) -> bytes:
    """A row an entry, the invoice's number on each; a credit note has negative amounts. Tax codes are the names of the
    tax rates in Xero."""
    rows = []
    for one in made:
        cells = dict.fromkeys(COLUMNS, "") | {
            "*ContactName": guarded(one.supplier),
            "*InvoiceNumber": guarded(one.document),
            "*InvoiceDate": one.on.strftime(DAY),
            "*DueDate": one.due.strftime(DAY),
            "Description": guarded(one.text),
            "*Quantity": "1",
            "*UnitAmount": amount(one.net, one.currency),
            "*AccountCode": guarded(one.account),
            "*TaxType": guarded(one.tax_code),
            "TaxAmount": amount(one.tax, one.currency),
            "Currency": one.currency,
        }
        rows.append(tuple(cells.values()))
    return as_csv((COLUMNS, *rows))
