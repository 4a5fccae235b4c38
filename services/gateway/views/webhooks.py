"""Who is told of what, with which key, and is it told now?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from services.gateway.events import TOPIC
from services.gateway.events.webhooks import (
    WebhookConfigured,
    WebhookEvent,
    WebhookKeyChanged,
    WebhookRemoved,
    WebhookResumed,
    WebhookStopped,
)
from shared.kernel import View


class KnownWebhook(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An endpoint as last configured. `standing` and `configurations` say since when it is told, or not, and how it was
    configured before, the newest last; `keys` are the newest two. `changes` counts the events behind this."""

    webhook: str
    configured: WebhookConfigured | None = None
    configurations: list[WebhookConfigured] = []
    standing: list[WebhookStopped | WebhookResumed | WebhookRemoved] = []
    keys: list[WebhookKeyChanged] = []
    removed: bool = False
    changes: int = 0

    @property
    def stopped(self) -> WebhookStopped | None:
        """Why it is told nothing now."""
        last = self.standing[-1] if self.standing else None
        return last if isinstance(last, WebhookStopped) else None

    def told_at(self, at: datetime) -> WebhookConfigured | None:
        """As it was configured at a time; None while it was told nothing."""
        words = [word for word in self.standing if word.at <= at]
        if words and not isinstance(words[-1], WebhookResumed):
            return None
        held = [one for one in self.configurations if one.at <= at]
        return held[-1] if held else None

    def keys_at(self, at: datetime) -> list[str]:
        """Under which names the vault holds the keys that count, the newest first."""
        names = [known.key for known in self.keys[-1:]]
        until = self.keys[-1].older_until if self.keys else None
        return names + ([self.keys[0].key] if len(self.keys) > 1 and until is not None and at < until else [])


def by_webhook(event: WebhookEvent) -> Iterable[tuple[str, WebhookEvent]]:
    """One document an endpoint."""
    return [(event.webhook, event)]


def fold(doc: KnownWebhook | None, event: WebhookEvent, sign: int) -> KnownWebhook:
    """A command's events are never reversed."""
    doc = doc or KnownWebhook(webhook=event.webhook)
    doc.changes += 1
    match event:
        case WebhookConfigured():
            doc.configured = event
            doc.configurations.append(event)
        case WebhookKeyChanged():
            doc.keys = [*doc.keys[-1:], event]
        case WebhookStopped() | WebhookResumed():
            doc.standing.append(event)
        case WebhookRemoved():
            doc.standing.append(event)
            doc.removed = True
    return doc


def newer(one: KnownWebhook, other: KnownWebhook) -> KnownWebhook:
    """An endpoint is in one partition: there is one shard, but for a moment of a move."""
    return one if one.changes >= other.changes else other


webhooks = View("webhooks", 1, TOPIC, WebhookEvent, KnownWebhook, by_webhook, fold, newer)
