"""Facts of calls and sums of days, as the tests of economics need them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from services.reconciliation.economics.tallies import REVENUE, Cell
from shared.contracts.calls import CallAnswered, CallDispositioned, CallEnded, CallStarted, SaleRecorded
from shared.kernel import Money

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def of(call: str = "sw:1", **more: Any) -> dict[str, Any]:
    """What every fact says."""
    said: dict[str, Any] = {
        "call": call, "source": "sw", "partner": "adria", "direction": "inbound", "at": AT, "interval": AT,
        "day": "2026-03-02", "campaign": "spring", "agent": "a1", "leg": "l1",
    }  # fmt: skip
    return said | more


def started(**more: Any) -> CallStarted:
    return CallStarted(**of(phase="queued", offered=True, dialed=False, **more))


def answered(**more: Any) -> CallAnswered:
    fields: dict[str, Any] = {"answered_by": "human", "first": True, "offered": True, "dialed": False}
    return CallAnswered(**of(**fields | more))


def talked(talk_ms: int | None = 80_000, **more: Any) -> CallEnded:
    return CallEnded(**of(scope="leg", reason="hangup", ended_by="agent", talk_ms=talk_ms, **more))


def ended(**more: Any) -> CallEnded:
    return CallEnded(**of(scope="call", reason="hangup", ended_by="agent", outcome="completed", **more))


def result(canonical: str = "sale", **more: Any) -> CallDispositioned:
    return CallDispositioned(**of(native="X", canonical=canonical, **more))


def sold(minor: int | None = 4900, currency: str = "EUR", **more: Any) -> SaleRecorded:
    fields: dict[str, Any] = {"sku": "L1", "amount": None if minor is None else Money(minor, currency)}
    return SaleRecorded(**of(**fields | more))


def counted(campaign: str | None, calls: int, answered: int, contacts: int) -> Counter[Cell]:
    """The calls of a campaign."""
    amounts = {"calls": calls, "answered": answered, "contacts": contacts}
    return Counter({Cell(campaign, None, measure): amount for measure, amount in amounts.items() if amount})


def sales(campaign: str | None, product: str, number: int, minor: int, currency: str = "EUR") -> Counter[Cell]:
    """Sales of a product, and what all of them brought."""
    return Counter({Cell(campaign, product, "sales"): number, Cell(campaign, product, REVENUE + currency): minor})
