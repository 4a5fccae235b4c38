"""What customers did before we counted it ourselves: orders that a file tells of."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shared.kernel import Event, Money


class PastOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order as another system kept it, under its own number there. `amount` None: the file does not say."""

    customer_ref: str
    order: str
    ordered_on: datetime
    sku: str = ""
    quantity: int = 1
    amount: Money | None = None


class PastOrdersRemembered(Event, frozen=True, kw_only=True):
    """Orders of a partner's customers, from one part of a file. They are history, and count in no figure."""

    partner: str
    import_id: str
    part: int
    orders: tuple[PastOrder, ...]
    at: datetime
    by: str


HistoryEvent = PastOrdersRemembered
