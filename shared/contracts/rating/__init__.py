"""Rating: what a month of usage costs under the versions of a contract, to the minor unit, with a trace.

Pure and exact. The partners service prices expected months with it, reconciliation the months that were.
"""

from shared.contracts.rating.calendar import days_between, days_of, held_at, held_on, months_later
from shared.contracts.rating.expected import expected_calls, expected_month, expected_usage
from shared.contracts.rating.month import rate
from shared.contracts.rating.trace import Line, Rating, Unrated
from shared.contracts.rating.usage import (
    HOT_LEADS,
    AgentUsage,
    CallUsage,
    Cancellation,
    Commission,
    Figure,
    NotRatable,
    SaleUsage,
    Usage,
    Version,
)

__all__ = [
    "HOT_LEADS",
    "AgentUsage",
    "CallUsage",
    "Cancellation",
    "Commission",
    "Figure",
    "Line",
    "NotRatable",
    "Rating",
    "SaleUsage",
    "Unrated",
    "Usage",
    "Version",
    "days_between",
    "days_of",
    "expected_calls",
    "expected_month",
    "expected_usage",
    "held_at",
    "held_on",
    "months_later",
    "rate",
]
