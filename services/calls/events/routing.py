"""By which policy the calls of a campaign are shared out between partners."""

from __future__ import annotations

from datetime import datetime

import msgspec

from shared.kernel import Event


class PlainRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="plain"):
    """Shares in proportion to a weighted sum of performance, cost and capacity, each from 0 to 1. The weights are whole
    numbers, of which one at least is more than 0."""

    performance: int = 50
    cost: int = 30
    capacity: int = 20


class Bandit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bandit"):
    """Thompson sampling: shares in proportion to how often a partner comes out best when its conversion is drawn from
    what is known of it, times its agents. `floor_percent`: so many per cent at least, so that it goes on exploring;
    `draws`: how many times it is drawn."""

    floor_percent: int = 5
    draws: int = 1000


Policy = PlainRule | Bandit


class MinimumShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many per cent of the calls at least for a partner (a decimal in text with two decimals at most)."""

    partner: str
    percent: str


class RoutingPolicySet(Event, frozen=True, kw_only=True):
    """From now on the campaign's calls are shared out so. `minimums` come beside those of the contracts."""

    campaign: str
    policy: Policy
    minimums: tuple[MinimumShare, ...]
    reason: str
    at: datetime
    by: str


RoutingEvent = RoutingPolicySet
