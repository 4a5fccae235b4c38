"""What happens to orders beside what everybody may know: late messages, and how long goods may come back."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.selling import (
    FulfilmentMoved,
    OrderCancelled,
    OrderPlaced,
    OrderReturned,
    PaymentMoved,
)
from shared.kernel import Event

Matter = Literal["payment", "fulfilment"]


class MessageNoted(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A provider said what is known already, or what was over by then: the state stays, and the word is kept."""

    order: str
    partner: str
    matter: Matter
    state: str
    provider: str
    message: str
    at: datetime
    late: bool = False
    reference: str | None = None


class ReturnWindowSet(Event, frozen=True, kw_only=True):
    """Orders of the campaign may be cancelled and come back within so many days from now on. What was ordered keeps
    what it was told. The campaign `default` stands for all others."""

    campaign: str
    days: int
    reason: str
    at: datetime
    by: str


OrderEvent = OrderPlaced | OrderCancelled | OrderReturned | PaymentMoved | FulfilmentMoved | MessageNoted
WindowEvent = ReturnWindowSet
