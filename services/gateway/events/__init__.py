"""All that the aggregates of the gateway record, and the topic on which its own views read it."""

from services.gateway.events.webhooks import WebhookEvent

TOPIC = "tallyline.gateway"

GatewayEvent = WebhookEvent
