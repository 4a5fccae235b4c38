"""What is measured of months that are not agreed: lines by state, and what partners count more than we do."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from services.reconciliation.events.months import State
from services.reconciliation.views.months import KnownMonth, months
from shared import metrics
from shared.http import Reads


class Differences:
    """Adds up what the last comparisons found."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._shown: set[tuple[str, str]] = set()

    async def step(self) -> None:
        """One look. A currency of which nothing is open any more is 0."""
        lines: Counter[str] = Counter(dict.fromkeys(get_args(State), 0))
        minor: Counter[tuple[str, str]] = Counter(dict.fromkeys(self._shown, 0))
        for stage in ("reconciled", "asked"):
            found: list[tuple[str, KnownMonth]] = await self._reads.find(months, {"stage": stage})
            for _, doc in found:
                if doc.reconciled is None:
                    continue
                for total in doc.reconciled.totals:
                    lines[total.state] += total.units
                    minor[total.state, doc.reconciled.currency] += total.theirs_minor - total.ours_minor
        self._shown = set(minor)
        for state, n in lines.items():
            metrics.DIFFERENCES.labels(state).set(n)
        for place, amount in minor.items():
            metrics.DIFFERENCE_MINOR.labels(*place).set(amount)
