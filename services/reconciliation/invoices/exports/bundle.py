"""The invoice as it was received, with the protocol of its checks: what accounting keeps."""

from __future__ import annotations

import hashlib
import io
import zipfile

from services.reconciliation.invoices.checking import Protocol
from services.reconciliation.invoices.exports.entries import NotExportable
from services.reconciliation.invoices.invoice import Form
from services.reconciliation.invoices.protocol import as_json, as_text

ENDINGS: dict[Form, str] = {"ubl": "xml", "cii": "xml", "pdf": "pdf", "csv": "csv", "manual": "json"}
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of all files in it: the same invoice is the same bytes."""


def bundle(data: bytes, protocol: Protocol) -> bytes:
    """A ZIP of the file, byte for byte, and its protocol as JSON and text. NotExportable: `other_file` where it is not
    the file that was checked."""
    if hashlib.sha256(data).hexdigest() != protocol.digest:
        raise NotExportable("other_file", "this is not the file that was checked")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            (f"invoice.{ENDINGS[protocol.form]}", data),
            ("protocol.json", as_json(protocol)),
            ("protocol.txt", as_text(protocol).encode()),
        ):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
