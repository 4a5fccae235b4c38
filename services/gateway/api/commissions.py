"""Agents' statements for their page, asked of the calls service."""

from __future__ import annotations

from datetime import UTC
from urllib.parse import quote

import msgspec

from services.gateway.api.asking import Ask, everything
from services.gateway.api.campaigns import PER_PAGE
from services.gateway.api.readers import PaidLine, PaidMonth, PaidRow
from shared.clock import Clock


class CommissionsUpstream:
    """Reads for the page of commissions."""

    def __init__(self, ask: Ask, now: Clock) -> None:
        self._ask = ask
        self._now = now

    def this_month(self) -> str:
        """By our clock."""
        return f"{self._now().astimezone(UTC):%Y-%m}"

    async def statements(self, partner: str, month: str) -> list[PaidRow]:
        """All of them, page by page."""
        found = await everything(self._ask, f"{_of(partner)}/statements", month=month, limit=PER_PAGE)
        return [msgspec.convert(one, PaidRow) for one in found]

    async def statement(self, partner: str, agent: str, month: str) -> PaidMonth | None:
        """With its lines."""
        told = await self._ask(f"{_of(partner)}/statements/{quote(agent, safe='')}/{month}")
        if told is None:
            return None
        return PaidMonth(
            agent=told["agent"],
            month=told["month"],
            currency=told["currency"],
            total_minor=told["total_minor"],
            lines=tuple(msgspec.convert(line, PaidLine) for line in told["lines"]),
            closed_at=told["closed"]["at"] if told["closed"] else None,
        )


def _of(partner: str) -> str:
    return f"/api/v1/commissions/{quote(partner, safe='')}"
