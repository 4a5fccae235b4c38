"""An invoice in a CSV file, a row a line, by a mapping of our fields to the partner's columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from services.reconciliation.invoices.amounts import decimal
from services.reconciliation.invoices.invoice import Invoice, InvoiceLine, Party, Period, Totals, Unreadable, VatPart

MOST_BYTES = 8 * 1024 * 1024
MOST_ROWS = 20_000
Field = Literal[
    "number", "issued", "type_code", "currency", "due", "contract", "order", "preceding", "starts", "ends",
    "seller", "seller_vat_id", "seller_country", "buyer", "buyer_vat_id", "buyer_country", "iban", "account_name",
    "line", "item", "item_id", "quantity", "unit", "price", "amount", "category", "rate", "exemption",
    "net", "tax", "gross",
]  # fmt: skip
NEEDED: tuple[Field, ...] = ("number", "issued", "currency", "quantity", "price", "amount", "net", "tax", "gross")
"""Without a column for each of these it is no invoice: nothing of it is worked out from the rest."""


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a partner's columns are to be read.

    `columns`: our field to the header of its column; `separator`; `decimal_mark`; `days`: how a day is written, as
    `strptime` has it; `encoding`. What is the same in every invoice stands in `constants`.
    """

    columns: dict[Field, str]
    constants: dict[Field, str] = {}
    separator: Literal[",", ";", "\t", "|"] = ";"
    decimal_mark: Literal[",", "."] = ","
    days: str = "%d.%m.%Y"
    encoding: Literal["utf-8-sig", "cp1252", "cp1250"] = "utf-8-sig"


class _Table:
    def __init__(self, rows: Sequence[dict[str, str]], mapping: Mapping) -> None:
        self.rows, self._mapping = rows, mapping

    def cell(self, row: int, field: Field) -> str:
        header = self._mapping.columns.get(field)
        return (self.rows[row].get(header) or "").strip() if header else self._mapping.constants.get(field, "")

    def one(self, field: Field) -> str:
        """The value that all rows agree on."""
        values = {self.cell(row, field) for row in range(len(self.rows))} - {""}
        if len(values) > 1:
            raise Unreadable("contradiction", f"{field} is {' and '.join(sorted(values)[:3])}", field)
        return values.pop() if values else ""

    def number(self, text: str, place: str) -> Decimal:
        """A number in the marks of the mapping. The other mark, where it groups no thousands, is refused: such a number
        would be a thousand times too big or too small."""
        mark = self._mapping.decimal_mark
        grouping = "[ \u00a0\u202f'" + ("." if mark == "," else ",") + "]"
        if re.fullmatch(rf"[+-]?[0-9]{{1,3}}({grouping}[0-9]{{3}})+([{mark}][0-9]+)?", text):
            text = re.sub(grouping, "", text)
        if not re.fullmatch(rf"[+-]?[0-9]+([{mark}][0-9]+)?", text):
            raise Unreadable("not_a_number", f"{text[:40]!r} is not a number", place)
        return decimal(text.replace(mark, "."), place)

    def day(self, field: Field) -> date | None:
        text = self.one(field)
        if not text:
            return None
        try:
            return datetime.strptime(text, self._mapping.days).date()  # noqa: DTZ007
        except ValueError:
            raise Unreadable("not_a_day", f"{text[:40]!r} is not a day as {self._mapping.days}", field) from None


def read_table(data: bytes, mapping: Mapping) -> Invoice:
    """The invoice in a file. Unreadable: `too_large`, `not_text`, `missing` columns or values, `contradiction` where
    rows differ in what is said once, `mixed_vat` where lines have several rates of tax, and what is no number
    or day."""
    table = _Table(_rows(data, mapping), mapping)
    issued = table.day("issued")
    for field in NEEDED:
        if not table.cell(0, field):
            raise Unreadable("missing", f"no value for {field}", field)
    if issued is None:
        raise Unreadable("missing", "no value for issued", "issued")
    lines = tuple(_line(table, row) for row in range(len(table.rows)))
    rates = {(line.category, line.rate) for line in lines}
    if len(rates) > 1:
        raise Unreadable("mixed_vat", "lines with several rates of tax need an invoice that has the tax of each")
    net, tax, gross = (table.number(table.one(field), field) for field in _SUMS)
    preceding = table.one("preceding")
    starts, ends = table.day("starts"), table.day("ends")
    return msgspec.convert(
        {
            "number": table.one("number"),
            "issued": issued,
            "type_code": table.one("type_code") or "380",
            "currency": table.one("currency"),
            "due": table.day("due"),
            "contract": table.one("contract"),
            "order": table.one("order"),
            "period": Period(starts=starts, ends=ends) if starts or ends else None,
            "preceding": [{"number": preceding}] if preceding else [],
            "seller": Party(
                name=table.one("seller"), vat_id=table.one("seller_vat_id"), country=table.one("seller_country")
            ),
            "buyer": Party(
                name=table.one("buyer"), vat_id=table.one("buyer_vat_id"), country=table.one("buyer_country")
            ),
            "iban": table.one("iban"),
            "account_name": table.one("account_name"),
            "lines": lines,
            "vat": [
                VatPart(
                    taxable=net, tax=tax, category=lines[0].category, rate=lines[0].rate, reason=table.one("exemption")
                )
            ],
            "totals": Totals(lines=net, net=net, tax=tax, gross=gross, due=gross),
        },
        Invoice,
    )


_SUMS: tuple[Field, Field, Field] = ("net", "tax", "gross")


def _line(table: _Table, row: int) -> InvoiceLine:
    place = f"row {row + 2}"
    rate = table.cell(row, "rate")
    return InvoiceLine(
        id=table.cell(row, "line") or str(row + 1),
        quantity=table.number(table.cell(row, "quantity"), f"{place}, quantity"),
        unit=table.cell(row, "unit"),
        amount=table.number(table.cell(row, "amount"), f"{place}, amount"),
        price=table.number(table.cell(row, "price"), f"{place}, price"),
        item=table.cell(row, "item"),
        item_id=table.cell(row, "item_id"),
        category=table.cell(row, "category"),
        rate=table.number(rate, f"{place}, rate") if rate else None,
    )


def _rows(data: bytes, mapping: Mapping) -> list[dict[str, str]]:
    if len(data) > MOST_BYTES:
        raise Unreadable("too_large", f"more than {MOST_BYTES} bytes")
    try:
        text = data.decode(mapping.encoding)
        read = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.separator, strict=True)
        lines = [line for line in read if any(cell.strip() for cell in line)]
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise Unreadable("not_text", str(wrong)[:200]) from None
    if len(lines) < 2:
        raise Unreadable("missing", "a row of headers and a row for each line are needed")
    if len(lines) > MOST_ROWS:
        raise Unreadable("too_large", f"more than {MOST_ROWS} rows")
    headers = [cell.strip() for cell in lines[0]]
    if absent := sorted(set(mapping.columns.values()) - set(headers)):
        raise Unreadable("missing", f"no columns {', '.join(absent)}")
    if repeated := sorted({header for header in mapping.columns.values() if headers.count(header) > 1}):
        raise Unreadable("contradiction", f"several columns are called {', '.join(repeated)}")
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(headers):
            raise Unreadable("missing", f"{len(line)} cells instead of {len(headers)}", f"row {number}")
    return [dict(zip(headers, line, strict=True)) for line in lines[1:]]
