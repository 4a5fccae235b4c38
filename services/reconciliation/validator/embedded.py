"""The invoice that a PDF carries with it. Runs in the worker's process only, under its limit of memory."""

from __future__ import annotations

import io

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from services.reconciliation.invoices.invoice import Unreadable
from services.reconciliation.invoices.reading.xml import MOST_BYTES

NAMES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")
"""What Factur-X and ZUGFeRD call it."""
MOST_PDF = 32 * 1024 * 1024


def embedded_xml(pdf: bytes) -> bytes:
    """The invoice's XML.

    Unreadable: `too_large`, `not_pdf`, `encrypted`, `no_invoice` for a PDF without one (it is then typed in by hand),
    `several_invoices` where two differ.
    """
    if len(pdf) > MOST_PDF:
        raise Unreadable("too_large", f"more than {MOST_PDF} bytes")
    try:
        reader = PdfReader(io.BytesIO(pdf), strict=False)
        if reader.is_encrypted:
            raise Unreadable("encrypted", "the PDF is encrypted")
        found = {
            bytes(content)
            for attached in reader.attachment_list
            if attached.name.lower() in NAMES and (content := attached.content) is not None
        }
    except Unreadable:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as wrong:
        raise Unreadable("not_pdf", f"{type(wrong).__name__}: {str(wrong)[:200]}") from None
    if not found:
        raise Unreadable("no_invoice", f"the PDF has none of {', '.join(NAMES)} attached")
    if len(found) > 1:
        raise Unreadable("several_invoices", "the PDF has several invoices attached, and they differ")
    document = found.pop()
    if len(document) > MOST_BYTES:
        raise Unreadable("too_large", f"more than {MOST_BYTES} bytes of XML")
    return document
