"""Other systems hear of public events: of each that an endpoint asked for, a message is made and kept to be sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from services.gateway.domain.webhooks import TOLD, partner_of, wants
from services.gateway.events.webhooks import WebhookConfigured
from services.gateway.views.webhooks import webhooks
from shared.engine.partitions import Checkpoints
from shared.engine.reading import First
from shared.engine.taking import Taking
from shared.http import Deps
from shared.kernel import Recorded
from shared.ports import Record
from shared.webhooks import Target, Webhooks, message_id

TEST = "WebhookTested"
"""The class of a message that tells of nothing: somebody wants to see whether it arrives."""


def secret_name(webhook: str, key: str) -> str:
    """Under which name the vault holds a key of an endpoint."""
    return f"webhook/{webhook}/{key}"


class Targets:
    """Where each endpoint is told, as it is configured now."""

    def __init__(self, deps: Deps, private: bool) -> None:
        self._deps = deps
        self._private = private

    async def __call__(self, webhook: str) -> Target | None:
        """None: it is told nothing now, or it has no key."""
        doc = (await self._deps.reads.get(webhooks, [webhook])).get(webhook)
        if doc is None or doc.configured is None or doc.removed or doc.stopped is not None:
            return None
        names = [secret_name(webhook, key) for key in doc.keys_at(self._deps.clock())]
        held = await self._deps.vault.get_secrets(names)
        secrets = [held[name] for name in names if name in held]
        return Target(doc.configured.url, secrets[0], self._private, tuple(secrets[1:])) if secrets else None

    async def names(self) -> Iterable[str]:
        """Of all endpoints, also of those that are told nothing more."""
        return [name for name, _ in await self._deps.reads.find(webhooks, {})]


def message(webhook: str, topic: str, recorded: Recorded[Any], base_url: str) -> bytes:
    """The event as a CloudEvent. Customers stand in it by their tokens alone, as in every public event. An event that
    takes an earlier one back names it in `reverses`."""
    event = recorded.event
    told: dict[str, Any] = {
        "specversion": "1.0",
        "id": message_id(webhook, recorded.origin, *recorded.position),
        "source": f"{base_url}/api/v1/webhooks/{webhook}",
        "type": f"{topic}.{type(event).__name__}",
        "time": recorded.recorded_at,
        "datacontenttype": "application/json",
        "data": {"event": event, "origin": recorded.origin, "position": recorded.position},
    }
    if (partner := partner_of(event)) is not None:
        told["subject"] = partner
    if recorded.reverses is not None:
        told["data"]["reverses"] = recorded.reverses
    return msgspec.json.encode(told)


def trial(configured: WebhookConfigured, ident: str, base_url: str, at: Any) -> bytes:
    """A message that tells of nothing."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": ident,
            "source": f"{base_url}/api/v1/webhooks/{configured.webhook}",
            "type": f"tallyline.gateway.{TEST}",
            "time": at,
            "datacontenttype": "application/json",
            "data": {"webhook": configured.webhook, "name": configured.name},
        }
    )


class Telling(Taking):
    """The worker of one topic. A message that is kept already stays as it is, so repeats do no harm."""

    def __init__(self, topic: str, outgoing: Webhooks, deps: Deps, checkpoints: Checkpoints) -> None:
        super().__init__(f"gateway.webhooks.{topic}", topic, TOLD[topic], checkpoints)
        self._outgoing = outgoing
        self._deps = deps

    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """The messages are kept."""
        known = await self._deps.reads.find(webhooks, {}) if firsts else []
        for first in firsts:
            recorded = first.recorded
            for name, doc in known:
                # By what held then: a log that is read once more tells nobody of what was over before they came.
                configured = doc.told_at(recorded.recorded_at)
                if configured is not None and wants(configured, recorded.event):
                    body = message(name, self.topic, recorded, self._deps.base_url)
                    ident = message_id(name, recorded.origin, *recorded.position)
                    await self._outgoing.add(ident, body, name, recorded.trace, recorded.recorded_at)
