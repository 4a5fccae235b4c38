"""Which form a file has, told by its content and never by its name, and the reader of each kind of XML."""

from __future__ import annotations

from typing import Literal

from services.reconciliation.invoices.invoice import Form, Invoice, Unreadable
from services.reconciliation.invoices.reading import cii, ubl
from services.reconciliation.invoices.reading.xml import parsed

Content = Literal["xml", "pdf", "json", "text"]
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def sniffed(data: bytes) -> Content:
    """What a file is. `json` is a manual entry, `text` a table. Unreadable: `empty`."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise Unreadable("empty", "there is nothing in the file")
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"<") or data.startswith(_UTF16):
        return "xml"
    return "json" if head.startswith(b"{") else "text"


def read_xml(document: bytes) -> tuple[Form, Invoice]:
    """The invoice in a UBL or CII document. Unreadable: those of `parsed`, `unknown_format`, `missing`, and what is no
    number or day."""
    root = parsed(document)
    if root.tag in (ubl.INVOICE, ubl.CREDIT_NOTE):
        return "ubl", ubl.read(root)
    if root.tag == cii.INVOICE:
        return "cii", cii.read(root)
    raise Unreadable("unknown_format", f"{str(root.tag)[:200]} is neither UBL nor CII")
