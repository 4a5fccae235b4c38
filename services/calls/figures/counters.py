"""What the counters of a tally are called, in the words of the figures' formulas."""

from __future__ import annotations

from collections.abc import Mapping

from services.calls.figures.kpis import KPIS
from services.calls.views.tally import HISTOGRAMS
from shared.contracts.codes import WAIT_BOUNDS_S

COUNTERS: Mapping[str, str] = {
    "answered_wait_ms": "wait of answered",
    "abandoned_wait_ms": "wait of abandoned",
    "connects": "dials that somebody or something answered",
    "dial_contacts": "dials that a human answered",
    "ring_ms": "ring",
    "talk_ms": "talk",
    "talk_known": "handled with a known talk",
    "hold_ms": "hold",
    "hold_known": "handled with a known hold",
    "wrap_ms": "wrap",
    "wrap_known": "handled with a known wrap",
    "cold_transfers": "cold transfers",
    "warm_transfers": "warm transfers",
    "unknown_transfers": "unknown transfers",
    "answered_waits": "answered with a known wait",
    "abandoned_waits": "abandoned with a known wait",
    "dispositions": "results of calls",
    "orders": "sales with an amount",
    "orders_confirmed": "orders that were placed",
    "agent_ms": "agents' time",
}
"""Those that are no figure of their own."""
WAITS = (*(f"up to {bound} s" for bound in WAIT_BOUNDS_S), f"above {WAIT_BOUNDS_S[-1]} s")
"""The buckets of a histogram of waits, each without those before it."""


def called(counter: str) -> str:
    """A counter by its name, such as `talk_ms` or `dispositions:sale`."""
    field, colon, entry = counter.partition(":")
    name = KPIS[field].label if field in KPIS else COUNTERS[field]
    if not colon:
        return name
    part = WAITS[int(entry)] if field in HISTOGRAMS else entry.replace("_", " ")
    return f"{name}: {part}"
