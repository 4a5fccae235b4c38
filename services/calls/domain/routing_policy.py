"""Which policy the manager has chosen for a campaign's calls, and what a policy may say."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from services.calls.domain.campaign_rules import CampaignId
from services.calls.domain.product import Text
from services.calls.events.routing import Bandit, MinimumShare, PlainRule, Policy, RoutingEvent, RoutingPolicySet
from shared.kernel import Command, Decider, Rejected, said
from shared.names import PartnerId

MOST_WEIGHT, MOST_DRAWS, MOST_FLOOR = 1000, 10_000, 20
USUAL = PlainRule()
"""Where nobody has chosen."""
_PERCENT = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,2})?$(?!\n)")]


class AskedMinimum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A minimum as it is asked for; see `MinimumShare`."""

    partner: PartnerId
    percent: _PERCENT


class SetRoutingPolicy(Command, frozen=True, kw_only=True):
    """Choose how the campaign's calls are shared out between partners: by a plain rule, or by a bandit that goes on
    exploring. The same once more is nothing new.

    409 `weights_wrong` where no weight is more than 0 or one is out of range, `bandit_wrong` where the floor is not
    from 1 to 20 per cent or the draws not from 100 to 10,000, `minimums_wrong` where a partner stands twice or they are
    more than 100 per cent together.
    """

    campaign: CampaignId
    policy: Policy
    minimums: Annotated[tuple[AskedMinimum, ...], msgspec.Meta(max_length=100)] = ()
    reason: Text
    at: datetime
    by: str


def decide(command: SetRoutingPolicy, state: RoutingPolicySet | None) -> list[RoutingEvent]:
    """The policy that holds, and what is asked for."""
    minimums = tuple(MinimumShare(partner=one.partner, percent=one.percent) for one in command.minimums)
    if state is not None and (state.policy, state.minimums) == (command.policy, minimums):
        return []
    match command.policy:
        case PlainRule(performance=performance, cost=cost, capacity=capacity):
            weights = (performance, cost, capacity)
            if not any(weights) or not all(0 <= weight <= MOST_WEIGHT for weight in weights):
                raise Rejected("weights_wrong", f"Weights are from 0 to {MOST_WEIGHT}, and one is more than 0.")
        case Bandit(floor_percent=floor, draws=draws):
            if not 1 <= floor <= MOST_FLOOR or not 100 <= draws <= MOST_DRAWS:
                raise Rejected("bandit_wrong", f"A floor from 1 to {MOST_FLOOR} %, and 100 to {MOST_DRAWS} draws.")
    partners = [one.partner for one in minimums]
    if len(set(partners)) < len(partners) or sum((Decimal(one.percent) for one in minimums), Decimal()) > 100:
        raise Rejected("minimums_wrong", "Each partner stands once, and together they are at most 100 per cent.")
    return [said(RoutingPolicySet, command, minimums=minimums)]


def evolve(state: RoutingPolicySet | None, event: RoutingEvent) -> RoutingPolicySet:
    """The last one holds."""
    return event


routing_policy = Decider[SetRoutingPolicy, RoutingEvent, RoutingPolicySet | None](
    "routing_policy", RoutingEvent, None, decide, evolve
)
