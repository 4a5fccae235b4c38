"""All that the aggregates of the gateway record."""

from services.gateway.events.alerts import AlertEvent
from services.gateway.events.webhooks import WebhookEvent
from shared.contracts.gateway import TOPIC

GatewayEvent = WebhookEvent | AlertEvent

__all__ = ["TOPIC", "GatewayEvent"]
