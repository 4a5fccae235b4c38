"""Campaigns and goals for their page, asked of the calls service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from services.gateway.api.asking import Ask, everything
from services.gateway.api.readers import CampaignRow, GoalRow

PER_PAGE = 200


class CampaignsUpstream:
    """Reads for the page of campaigns."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def campaigns(self) -> list[CampaignRow]:
        """All campaigns, each with the numbers that lead to it now, and with who takes its calls uncertified."""
        numbers: dict[str, list[str]] = {}
        for one in await everything(self._ask, "/api/v1/numbers", limit=PER_PAGE):
            if (held := one.get("assigned")) is not None:
                numbers.setdefault(held["campaign"], []).append(one["number"])
        found = await everything(self._ask, "/api/v1/campaigns", limit=PER_PAGE)
        return [_campaign(one, tuple(numbers.get(one["campaign"], ())), await self._uncertified(one)) for one in found]

    async def _uncertified(self, one: Mapping[str, Any]) -> dict[str, int]:
        if not one["described"].get("certificates"):
            return {}
        told = await self._ask(f"/api/v1/campaigns/{quote(one['campaign'], safe='')}/uncertified")
        return dict(Counter(who["partner"] for who in told["items"])) if told is not None else {}

    async def goals(self) -> list[GoalRow]:
        """All goals that hold."""
        found = await everything(self._ask, "/api/v1/goals", limit=PER_PAGE)
        return [msgspec.convert({**one["goal"]["goal_set"], **one["pace"]}, GoalRow) for one in found]


def _campaign(one: Mapping[str, Any], numbers: tuple[str, ...], uncertified: dict[str, int]) -> CampaignRow:
    told = one["described"]
    return CampaignRow(
        campaign=one["campaign"],
        name=told["name"],
        state=one.get("state", "planned"),
        countries=tuple(told["countries"]),
        shares={share["partner"]: share["percent"] for share in told.get("partners", ())},
        numbers=numbers,
        certificates=tuple(told.get("certificates", ())),
        uncertified=uncertified,
    )
