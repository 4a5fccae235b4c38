"""A shelf of documents in place of the views of a running system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.training.views.worked import WorkedMonth, WorkedSince
from shared.kernel import View


class Shelf:
    """Documents of views by name and key, found as the views' indexes say."""

    def __init__(self) -> None:
        self.docs: dict[str, dict[str, Any]] = {
            name: {} for name in ("worked", "worked_since", "coachings", "speakers", "measured_learning")
        }

    async def get(self, view: View[Any, Any, Any], keys: Sequence[str]) -> dict[str, Any]:
        return {key: self.docs[view.name][key] for key in keys if key in self.docs[view.name]}

    async def find(
        self,
        view: View[Any, Any, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: str | int | None = None,
        high: str | int | None = None,
    ) -> list[tuple[str, Any]]:
        found = []
        for key, doc in sorted(self.docs[view.name].items()):
            fields: dict[str, Any] = view.fields(doc)
            inside = order is None or ((low is None or fields[order] >= low) and (high is None or fields[order] < high))
            if inside and all(fields[name] == value for name, value in equal.items()):
                found.append((key, doc))
        return found

    def did(
        self,
        agent: str,
        day: date,
        contacts: int,
        sales: int,
        partner: str = "adria",
        campaign: str = "serum",
        lead_age: str = "",
    ) -> None:
        """An agent's day: all of its contacts at nine, of leads of one age."""
        key = f"{day:%Y-%m}:{partner}:{agent}"
        month = self.docs["worked"].setdefault(key, WorkedMonth(partner=partner, agent=agent, month=f"{day:%Y-%m}"))
        month.days[f"{day.day}|outbound||{campaign}"] = [contacts, sales]
        so_far = month.hours.get(f"9|outbound|{lead_age}|{campaign}", [0, 0])
        month.hours[f"9|outbound|{lead_age}|{campaign}"] = [so_far[0] + contacts, so_far[1] + sales]
        since = self.docs["worked_since"].setdefault(
            f"{partner}:{agent}", WorkedSince(partner=partner, agent=agent, months={})
        )
        since.months[f"{day:%Y-%m}"] = since.months.get(f"{day:%Y-%m}", 0) + contacts
