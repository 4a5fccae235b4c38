"""From a file to an invoice: what it is, what it carries, what it says, and whether it keeps the standard."""

from __future__ import annotations

import hashlib

from services.reconciliation.invoices.invoice import Form, Invoice, Received, Unreadable
from services.reconciliation.invoices.reading import Mapping, read_manual, read_table, read_xml, sniffed
from services.reconciliation.invoices.validation import Validation
from services.reconciliation.validator.validator import Validator


async def receive(
    data: bytes, validator: Validator, mapping: Mapping | None = None
) -> tuple[Received, Validation | None]:
    """The invoice in a file, and what the validator says of it; None for what has no standard to keep.

    `mapping`: how a table is read. Unreadable: those of the readers and of `Validator.embedded_xml`, `no_mapping` for a
    table that nobody has mapped.
    """
    content = sniffed(data)
    document: bytes | None = None
    if content == "pdf":
        document = await validator.embedded_xml(data)
    elif content == "xml":
        document = data
    form, invoice = _read(data, document, content == "json", mapping)
    received = Received(
        invoice=invoice,
        form="pdf" if content == "pdf" else form,
        digest=hashlib.sha256(data).hexdigest(),
        document=document,
    )
    return received, None if document is None else await validator.validate(document)


def _read(data: bytes, document: bytes | None, typed_in: bool, mapping: Mapping | None) -> tuple[Form, Invoice]:
    if document is not None:
        return read_xml(document)
    if typed_in:
        return "manual", read_manual(data)
    if mapping is None:
        raise Unreadable("no_mapping", "say which column is what: a table is not guessed")
    return "csv", read_table(data, mapping)
