"""An invoice in the terms of EN 16931, whatever it was written in; amounts as sent, exactly, in its currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

Form = Literal["ubl", "cii", "pdf", "csv", "manual"]
"""What it was written in. `pdf`: a PDF with CII in it (Factur-X, ZUGFeRD)."""
CREDIT_NOTES = frozenset({"81", "83", "261", "296", "308", "381", "396", "420", "458", "532"})
"""The type codes (BT-3) under which an amount is owed to the buyer, as EN 16931 has them."""


class Unreadable(Exception):
    """A document from which no invoice can be read. `code` is stable, `detail` is for people, `place` is a path in the
    document, where there is one."""

    def __init__(self, code: str, detail: str, place: str = "") -> None:
        super().__init__(f"{code}: {detail}" + (f" ({place})" if place else ""))
        self.code = code
        self.detail = detail
        self.place = place


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A part of an invoice. What the document does not say is None, or an empty text."""


class Party(Part, frozen=True, kw_only=True):
    """Seller (BG-4) or buyer (BG-7): `name` (BT-27, BT-44), `vat_id` (BT-31, BT-48), `registration` (BT-30, BT-47) and
    the address with its country (BT-40, BT-55)."""

    name: str = ""
    vat_id: str = ""
    registration: str = ""
    street: str = ""
    city: str = ""
    post_code: str = ""
    country: str = ""


class Period(Part, frozen=True, kw_only=True):
    """An invoicing period (BG-14, BG-26). `starts` (BT-73, BT-134), `ends` (BT-74, BT-135): its first and last day."""

    starts: date | None = None
    ends: date | None = None


class Adjustment(Part, frozen=True, kw_only=True):
    """An allowance (BG-20, BG-27) or a charge (BG-21, BG-28). `amount` (BT-92, BT-99): without sign, as the standard
    has it; `reason` (BT-97, BT-104); `category`, `rate` (BT-95, BT-96): its VAT, on the document level only."""

    charge: bool
    amount: Decimal
    reason: str = ""
    category: str = ""
    rate: Decimal | None = None


class InvoiceLine(Part, frozen=True, kw_only=True):
    """A line (BG-25): `id` (BT-126), `quantity` (BT-129) of `unit` (BT-130, UN/ECE 20), `amount` (BT-131, net),
    `price` (BT-146, net) for `per` units (BT-149), `item` (BT-153), `item_id` (BT-155, the seller's), `category`,
    `rate` (BT-151, BT-152)."""

    id: str
    quantity: Decimal
    unit: str = ""
    amount: Decimal
    price: Decimal
    per: Decimal = Decimal(1)
    item: str = ""
    item_id: str = ""
    category: str = ""
    rate: Decimal | None = None
    period: Period | None = None
    adjustments: tuple[Adjustment, ...] = ()


class VatPart(Part, frozen=True, kw_only=True):
    """A line of the VAT breakdown (BG-23): `taxable` (BT-116), `tax` (BT-117), `category` (BT-118), `rate` (BT-119),
    `reason` (BT-120): why there is none, `reason_code` (BT-121)."""

    taxable: Decimal
    tax: Decimal
    category: str
    rate: Decimal | None = None
    reason: str = ""
    reason_code: str = ""


class Totals(Part, frozen=True, kw_only=True):
    """Totals of the document (BG-22).

    `lines` (BT-106), `allowances` (BT-107), `charges` (BT-108), `net` (BT-109), `tax` (BT-110), `gross` (BT-112),
    `paid` (BT-113), `rounding` (BT-114), `due` (BT-115).
    """

    lines: Decimal
    allowances: Decimal = Decimal(0)
    charges: Decimal = Decimal(0)
    net: Decimal
    tax: Decimal = Decimal(0)
    gross: Decimal
    paid: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)
    due: Decimal


class Preceding(Part, frozen=True, kw_only=True):
    """A preceding invoice (BG-3): `number` (BT-25), `issued` (BT-26)."""

    number: str
    issued: date | None = None


class Invoice(Part, frozen=True, kw_only=True):
    """An invoice or a credit note.

    `number` (BT-1), `issued` (BT-2), `type_code` (BT-3), `currency` (BT-5), `due` (BT-9), `buyer_reference` (BT-10),
    `contract` (BT-12), `order` (BT-13), `terms` (BT-20), `profile` (BT-24), `payee` (BT-59: who is paid, where that is
    not the seller), `iban` (BT-84), `account_name` (BT-85). More than one account is `other_ibans`.
    """

    number: str
    issued: date
    type_code: str = "380"
    currency: str
    due: date | None = None
    buyer_reference: str = ""
    contract: str = ""
    order: str = ""
    terms: str = ""
    profile: str = ""
    note: str = ""
    period: Period | None = None
    preceding: tuple[Preceding, ...] = ()
    seller: Party
    buyer: Party = Party()
    payee: str = ""
    iban: str = ""
    other_ibans: tuple[str, ...] = ()
    account_name: str = ""
    lines: tuple[InvoiceLine, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    vat: tuple[VatPart, ...] = ()
    totals: Totals

    @property
    def credit_note(self) -> bool:
        """The amounts are owed to the buyer."""
        return self.type_code in CREDIT_NOTES


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as read: `digest` is the SHA-256 of the file, in hex; `document` is the XML that a validator checks,
    None where there is none."""

    invoice: Invoice
    form: Form
    digest: str
    document: bytes | None = None
