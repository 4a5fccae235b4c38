"""Rotas for their page, asked of the training service."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from services.gateway.api.asking import Ask, everything
from services.gateway.api.readers import KeptShifts, OpenHalfHour, RotaRow, RotaShift, ShownRota


class RotasUpstream:
    """Reads for the page of rotas."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def rotas(self, partner: str) -> list[RotaRow]:
        """The newest first."""
        found = [msgspec.convert(one, RotaRow) for one in await everything(self._ask, _of(partner))]
        return sorted(found, key=lambda one: (one.first, one.rota), reverse=True)

    async def rota(self, partner: str, name: str) -> ShownRota | None:
        """With its shifts, what is open in it, and who kept to it."""
        path = f"{_of(partner)}/{quote(name, safe='')}"
        told: dict[str, Any] | None = await self._ask(path)
        if told is None or told["drafted"] is None:
            return None
        kept = await everything(self._ask, f"{path}/adherence")
        drafted = told["drafted"]
        return ShownRota(
            row=msgspec.convert(
                {
                    "rota": told["rota"],
                    "first": drafted["first"],
                    "weeks": drafted["weeks"],
                    "published_at": told["published_at"],
                    "shifts": len(told["shifts"]),
                },
                RotaRow,
            ),
            time_zone=drafted["time_zone"],
            shifts=tuple(msgspec.convert(one, RotaShift) for one in told["shifts"]),
            need={language: tuple(people) for language, people in drafted["need"].items()},
            open=tuple(msgspec.convert(one, OpenHalfHour) for one in told["open"]),
            kept={one["agent"]: msgspec.convert(one, KeptShifts) for one in kept},
        )


def _of(partner: str) -> str:
    return f"/api/v1/training/partners/{quote(partner, safe='')}/rotas"
