"""Who takes payments and ships goods, and how are they heard?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.calls.events.providers import ProviderConfigured, ProviderEvent, ProviderRetired
from shared.contracts.calls import TOPIC
from shared.kernel import View


class KnownProvider(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A provider as last configured, and every word on it, the newest last."""

    provider: str
    configured: ProviderConfigured | None = None
    retired: str | None = None
    history: list[ProviderConfigured | ProviderRetired] = []

    def at(self, at: datetime) -> ProviderConfigured | None:
        """As it was configured at a time; None while it was not yet there, or retired."""
        held = [event for event in self.history if event.at <= at]
        return held[-1] if held and isinstance(held[-1], ProviderConfigured) else None


def by_provider(event: ProviderEvent) -> Iterable[tuple[str, ProviderEvent]]:
    """One document a provider."""
    return [(event.provider, event)]


def fold(doc: KnownProvider | None, event: ProviderEvent, sign: int) -> KnownProvider:
    """A command's events are never reversed."""
    doc = doc or KnownProvider(provider=event.provider)
    doc.history.append(event)
    match event:
        case ProviderConfigured():
            doc.configured, doc.retired = event, None
        case ProviderRetired(reason=reason):
            doc.retired = reason
    return doc


def newer(one: KnownProvider, other: KnownProvider) -> KnownProvider:
    """A provider is in one partition: there is one shard, but for a moment of a move."""
    return one if len(one.history) >= len(other.history) else other


providers = View("providers", 1, TOPIC, ProviderEvent, KnownProvider, by_provider, fold, newer)
