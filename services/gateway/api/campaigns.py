"""Campaigns and goals for their page, asked of the calls service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from services.gateway.api.readers import CampaignRow, GoalRow

PER_PAGE = 200


class Ask(Protocol):
    """A question to the rest of the system over HTTP."""

    async def __call__(self, path: str, **query: str | int | None) -> Any:
        """The answer; None where there is no such thing."""
        ...


class CampaignsUpstream:
    """Reads for the page of campaigns."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def campaigns(self) -> list[CampaignRow]:
        """All campaigns, each with the numbers that lead to it now."""
        numbers: dict[str, list[str]] = {}
        for one in await self._all("/api/v1/numbers"):
            if (held := one.get("assigned")) is not None:
                numbers.setdefault(held["campaign"], []).append(one["number"])
        found = await self._all("/api/v1/campaigns")
        return [_campaign(one, tuple(numbers.get(one["campaign"], ()))) for one in found]

    async def goals(self) -> list[GoalRow]:
        """All goals that hold."""
        found = await self._all("/api/v1/goals")
        return [msgspec.convert({**one["goal"]["goal_set"], **one["pace"]}, GoalRow) for one in found]

    async def _all(self, path: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        cursor: str | None = None
        while True:
            page = await self._ask(path, limit=PER_PAGE, cursor=cursor)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found


def _campaign(one: Mapping[str, Any], numbers: tuple[str, ...]) -> CampaignRow:
    told = one["described"]
    return CampaignRow(
        campaign=one["campaign"],
        name=told["name"],
        state=one.get("state", "planned"),
        countries=tuple(told["countries"]),
        shares={share["partner"]: share["percent"] for share in told.get("partners", ())},
        numbers=numbers,
    )
