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
        "refunded": (),
        "charged_back": ("paid",),
    }
)
"""A failed payment may be tried again; a charge-back that is decided for us is paid again."""
