"""By which policy are the calls of each campaign shared out?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.routing import RoutingEvent, RoutingPolicySet
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownPolicy(msgspec.Struct, kw_only=True):
    """A campaign's policy; `said`: every word on it, the newest last."""

    campaign: str
    said: list[RoutingPolicySet] = []

    @property
    def current(self) -> RoutingPolicySet:
        """The one that holds now."""
        return self.said[-1]


def by_campaign(event: RoutingEvent) -> Iterable[tuple[str, RoutingEvent]]:
    """One document a campaign."""
    return [(event.campaign, event)]


def fold(doc: KnownPolicy | None, event: RoutingEvent, sign: int) -> KnownPolicy:
    """A command's events are never reversed."""
    doc = doc or KnownPolicy(campaign=event.campaign)
    doc.said.append(event)
    return doc


def longer(one: KnownPolicy, other: KnownPolicy) -> KnownPolicy:
    """A campaign's policy is in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.said) >= len(other.said) else other


routing_policies = View("routing_policies", 1, TOPIC, RoutingEvent, KnownPolicy, by_campaign, fold, longer)
