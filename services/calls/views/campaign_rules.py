"""Which rules have the company and each campaign, and which had they?"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from services.calls.events.campaign_rules import RulesPublished
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownRules(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All versions of a scope's rules, oldest first."""

    scope: str
    versions: list[RulesPublished] = []


def by_scope(event: RulesPublished) -> Iterable[tuple[str, RulesPublished]]:
    """One document for the company and one for each campaign."""
    return [(event.scope, event)]


def fold(doc: KnownRules | None, event: RulesPublished, sign: int) -> KnownRules:
    """A command's events are never reversed."""
    doc = doc or KnownRules(scope=event.scope)
    doc.versions.append(event)
    return doc


def newer(one: KnownRules, other: KnownRules) -> KnownRules:
    """A scope's rules are in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.versions) >= len(other.versions) else other


known_rules = View("campaign_rules", 1, TOPIC, RulesPublished, KnownRules, by_scope, fold, newer)
