"""Media in which our numbers are shown, and what was bought there day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

import msgspec

from services.calls.domain.campaign_rules import CampaignId
from services.calls.domain.number import MediaId
from services.calls.domain.product import Name
from services.calls.events.media import Channel, MediumDescribed
from shared.contracts.selling import MediaBought
from shared.contracts.terms.values import CURRENCIES
from shared.kernel import Command, Decider, Money, Rejected, said
from shared.names import Country, Currency, Month, PartnerId

MOST_ROWS = 2_000


class DescribeMedium(Command, frozen=True, kw_only=True):
    """Say what a medium is, such as a television channel or a newspaper; a new one is made by it."""

    media: MediaId
    name: Name
    channel: Channel
    country: Country
    at: datetime
    by: str


def _describe(command: DescribeMedium, state: MediumDescribed | None) -> list[MediumDescribed]:
    event = said(MediumDescribed, command)
    same = state is not None and msgspec.structs.replace(state, at=event.at, by=event.by) == event
    return [] if same else [event]


medium: Decider[DescribeMedium, MediumDescribed, MediumDescribed | None] = Decider(
    name="medium", events=MediumDescribed, initial=None, decide=_describe, evolve=lambda state, event: event
)


Place = tuple[date, str, str | None]
"""Day, medium and partner: in a campaign there is one amount for it."""


class Purchase(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was paid for a medium on a day, for the calls of all partners or of one; an amount in minor units."""

    day: date
    media: MediaId
    minor: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
    currency: Currency
    partner: PartnerId | None = None

    @property
    def place(self) -> Place:
        """What it was paid for."""
        return self.day, self.media, self.partner


class TellMediaBought(Command, frozen=True, kw_only=True):
    """Say what was paid for media on days of a month for a campaign. There is one amount for each day, medium and
    partner: told anew it is corrected, and 0 says that nothing was paid.

    409 `other_month`, `told_twice` where two lines are for the same, `unknown_currency`, `unknown_media`.
    """

    campaign: CampaignId
    month: Month
    bought: Annotated[tuple[Purchase, ...], msgspec.Meta(min_length=1, max_length=MOST_ROWS)]
    at: datetime
    by: str


@dataclass(frozen=True)
class Buying:
    """What was told last of each day, medium and partner."""

    told: Mapping[Place, Money] = field(default_factory=dict)


def _tell(command: TellMediaBought, state: Buying) -> list[MediaBought]:
    """An event for each amount that is another one than before."""
    seen = set()
    for one in command.bought:
        if f"{one.day:%Y-%m}" != command.month:
            raise Rejected("other_month", f"{one.day} is no day of {command.month}.")
        if one.place in seen:
            raise Rejected("told_twice", f"There are two amounts of {one.media} on {one.day}.")
        seen.add(one.place)
        if one.currency not in CURRENCIES:
            raise Rejected("unknown_currency", f"Nobody pays in {one.currency}.")
    return [
        MediaBought(
            month=command.month,
            day=one.day,
            media=one.media,
            campaign=command.campaign,
            partner=one.partner,
            amount=Money(one.minor, one.currency),
            before=state.told.get(one.place),
            at=command.at,
            by=command.by,
        )
        for one in command.bought
        if state.told.get(one.place) != Money(one.minor, one.currency)
    ]


def _told(state: Buying, event: MediaBought) -> Buying:
    return Buying({**state.told, (event.day, event.media, event.partner): event.amount})


media_buying = Decider("media-buying", MediaBought, Buying(), _tell, _told)
