"""What was spent on media in a month, by campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import msgspec

from services.reconciliation.events.economics import MediaCostTold
from shared.contracts.terms.values import CURRENCIES
from shared.kernel import Command, Decider, Money, Rejected, said
from shared.names import Month, PartnerId


class TellMediaCost(Command, frozen=True, kw_only=True):
    """Say what was spent on media for a campaign in a month, for all partners or for one of them. Telling it anew
    corrects it; nothing was spent is an amount of 0. 409 `unknown_currency`, `out_of_range`, and `bought_singly` where
    purchases are told of the campaign's month: they are its cost."""

    month: Month
    campaign: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    partner_id: PartnerId | None = None
    amount: Money
    at: datetime
    by: str


@dataclass(frozen=True)
class MediaCosts:
    """The last amount that was told, by campaign and partner."""

    told: Mapping[tuple[str, str | None], Money] = field(default_factory=dict)


def decide(command: TellMediaCost, state: MediaCosts) -> list[MediaCostTold]:
    """The same again is a repeat."""
    if command.amount.currency not in CURRENCIES:
        raise Rejected("unknown_currency", f"Nobody pays in {command.amount.currency}.")
    if not 0 <= command.amount.minor <= 10**15:
        raise Rejected("out_of_range", "An amount is from 0 to 10^15 minor units.")
    known = state.told.get((command.campaign, command.partner_id))
    if known == command.amount:
        return []
    return [said(MediaCostTold, command)]


def evolve(state: MediaCosts, event: MediaCostTold) -> MediaCosts:
    """The last one counts."""
    return MediaCosts({**state.told, (event.campaign, event.partner_id): event.amount})


media_costs = Decider("media-costs", MediaCostTold, MediaCosts(), decide, evolve)
