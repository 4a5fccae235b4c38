"""The states of a payment, and which can follow which."""

from __future__ import annotations

from services.calls.domain.states import Machine
from shared.contracts.selling import PaymentState

PAYMENT: Machine[PaymentState] = Machine(
    {
        "pending": ("authorised", "paid", "failed"),
        "authorised": ("paid", "failed"),
        "failed": ("authorised", "paid"),
        "paid": ("refunded", "charged_back"),
        "refunded": ("charged_back",),
        "charged_back": ("paid", "refunded"),
    }
)
"""A failed payment may be tried again. A charge-back may come after a refund too, and one that is decided for us is
paid again."""
