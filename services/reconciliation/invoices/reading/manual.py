"""An invoice that a person typed in, as JSON in the names of `Invoice`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from services.reconciliation.invoices.invoice import Invoice, Unreadable

MOST_BYTES = 1024 * 1024
MOST_DIGITS, MOST_DECIMALS = 18, 12


def read_manual(data: bytes) -> Invoice:
    """The invoice. Unreadable: `too_large`, `not_an_invoice` with the place, `not_a_number`."""
    if len(data) > MOST_BYTES:
        raise Unreadable("too_large", f"more than {MOST_BYTES} bytes")
    try:
        invoice = msgspec.json.decode(data, type=Invoice)
    except msgspec.DecodeError as wrong:
        raise Unreadable("not_an_invoice", str(wrong)) from None
    for number in _numbers(msgspec.structs.asdict(invoice)):
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int) or not -MOST_DECIMALS <= exponent <= 0 or number.adjusted() >= MOST_DIGITS:
            raise Unreadable("not_a_number", f"{str(number)[:40]} is not a number of an invoice")
    return invoice


def _numbers(value: Any) -> Iterator[Decimal]:
    if isinstance(value, Decimal):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _numbers(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, msgspec.Struct):
        yield from _numbers(msgspec.structs.asdict(value))
