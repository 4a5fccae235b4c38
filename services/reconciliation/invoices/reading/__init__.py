"""One file a format in, one `Invoice` out. What can't be read is refused with its reason; nothing is guessed."""

from services.reconciliation.invoices.reading.forms import read_xml, sniffed
from services.reconciliation.invoices.reading.manual import read_manual
from services.reconciliation.invoices.reading.table import Mapping, read_table

__all__ = ["Mapping", "read_manual", "read_table", "read_xml", "sniffed"]
