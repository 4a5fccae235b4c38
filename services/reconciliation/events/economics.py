"""What is told for unit economics: rates of currencies, and what was spent on media."""

from __future__ import annotations

from datetime import date, datetime

from shared.kernel import Event, Money


class RateTold(Event, frozen=True, kw_only=True):
    """So many units of a currency were one euro on a day. `units`: a decimal text; told anew, it takes the earlier
    one's place. `source`: who says so."""

    month: str
    currency: str
    units: str
    day: date
    source: str
    at: datetime
    by: str


class MediaCostTold(Event, frozen=True, kw_only=True):
    """What was spent in a month on media for a campaign. `partner_id`: where it was for the calls of one partner alone;
    told anew, it takes the earlier amount's place."""

    month: str
    campaign: str
    partner_id: str | None = None
    amount: Money
    at: datetime
    by: str


EconomicsEvent = RateTold | MediaCostTold
