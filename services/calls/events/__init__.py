"""All that the aggregates of the calls service record; the facts of telephony are the tracker's, and not among them."""

from services.calls.events.commissions import CommissionEvent
from services.calls.events.products import ProductEvent

CallsEvent = ProductEvent | CommissionEvent
