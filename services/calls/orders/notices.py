"""Providers hear of orders: from each event that they asked for, a message is made and kept to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from services.calls.events.providers import ProviderConfigured
from services.calls.orders.hooks import secret_name
from services.calls.views.providers import KnownProvider, providers
from shared.contracts.calls import TOPIC
from shared.contracts.selling import FulfilmentMoved, OrderCancelled, OrderPlaced, OrderReturned, PaymentMoved
from shared.engine.partitions import Checkpoints
from shared.engine.reading import First
from shared.engine.taking import Taking
from shared.http import Deps
from shared.kernel import Recorded
from shared.ports import Record
from shared.webhooks import Target, Webhooks, message_id

Told = OrderPlaced | OrderCancelled | OrderReturned | PaymentMoved | FulfilmentMoved


class Targets:
    """Where each provider is told, as it is configured now."""

    def __init__(self, deps: Deps, private: bool) -> None:
        self._deps = deps
        self._private = private

    async def __call__(self, provider: str) -> Target | None:
        """None: it is told nothing, or there is no key yet to sign with."""
        doc: KnownProvider | None = (await self._deps.reads.get(providers, [provider])).get(provider)
        if doc is None or doc.configured is None or doc.retired is not None or not doc.configured.notify_url:
            return None
        secret = await self._deps.vault.get_secret(secret_name(provider, "outgoing"))
        return None if secret is None else Target(doc.configured.notify_url, secret, self._private)


def message(provider: str, recorded: Recorded[Told], base_url: str) -> bytes:
    """The event as a CloudEvent. It names no customer but by the token; whoever may, asks for the address."""
    event = recorded.event
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": message_id(provider, recorded.origin, *recorded.position),
            "source": f"{base_url}/api/v1/orders",
            "type": f"tallyline.calls.{type(event).__name__}",
            "subject": event.order,
            "time": event.at,
            "datacontenttype": "application/json",
            "data": {"event": event, "links": {"order": f"{base_url}/api/v1/orders/{quote(event.order, safe=':')}"}},
        }
    )


def wants(configured: ProviderConfigured, event: Told) -> bool:
    """Whether a provider asked to hear of this. It is not told what it said itself."""
    if type(event).__name__ not in configured.hears:
        return False
    if isinstance(event, PaymentMoved | FulfilmentMoved) and event.provider == configured.provider:
        return False
    return not configured.countries or event.country in configured.countries


class Notices(Taking):
    """The worker. A message that is kept already stays as it is, so repeats do no harm."""

    def __init__(self, webhooks: Webhooks, deps: Deps, checkpoints: Checkpoints) -> None:
        super().__init__("calls.notices", TOPIC, Told, checkpoints)
        self._webhooks = webhooks
        self._deps = deps

    async def take(self, partition: int, records: Sequence[Record], firsts: Sequence[First]) -> None:
        """The messages are kept."""
        for recorded in (first.recorded for first in firsts):
            for provider, doc in await self._deps.reads.find(providers, {}):
                # By what held then: a log that is read once more tells nobody of what was over before they came.
                configured = doc.at(recorded.recorded_at)
                if configured is not None and wants(configured, recorded.event):
                    body = message(provider, recorded, self._deps.base_url)
                    ident = message_id(provider, recorded.origin, *recorded.position)
                    await self._webhooks.add(ident, body, provider, recorded.trace, recorded.recorded_at)
