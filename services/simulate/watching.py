"""What a simulated company watches, and whom it tells: a few alerts, and other systems that hear of events."""

from __future__ import annotations

from typing import Any

import httpx

from services.simulate.company import Company

_CALM: dict[str, Any] = {
    "window_minutes": 30,
    "least_n": 20,
    "for_minutes": 5,
    "clear_minutes": 15,
    "quiet": {"starts": "22:00", "ends": "06:00", "zone": "Europe/Sarajevo"},
}


def alerts(firm: Company) -> list[dict[str, Any]]:
    """The rules, as their route takes them."""
    partner = firm.partners[0].settings.partner
    return [
        {
            "name": "Too many give up while they wait",
            "kind": "threshold",
            "kpi": "abandonment_rate",
            "direction": "above",
            "limit": 0.08,
            "clear_at": 0.05,
            "levels": [{}, {"after_minutes": 30}],
            **_CALM,
        },
        {
            "name": "Sells less than is usual at this hour",
            "kind": "usual",
            "kpi": "conversion",
            "direction": "below",
            "limit": -40.0,
            "clear_at": -20.0,
            "partner_id": partner,
            "levels": [{}],
            **_CALM,
        },
        {
            "name": "Somebody waits for minutes",
            "kind": "threshold",
            "kpi": "longest_wait",
            "direction": "above",
            "limit": 180.0,
            "clear_at": 60.0,
            "for_minutes": 1,
            "clear_minutes": 5,
            "levels": [{}],
        },
    ]


async def enter_alerts(client: httpx.AsyncClient, firm: Company) -> None:
    """Watch them; those that are watched already, or that somebody retired, stay as they are."""
    for number, rule in enumerate(alerts(firm)):
        answer = await client.post("/api/v1/alerts", json=rule, headers={"idempotency-key": f"demo-alert-{number}"})
        if answer.status_code != 409:
            answer.raise_for_status()


VIEWS: tuple[dict[str, Any], ...] = (
    {"page": "/tickets", "name": "Past their promise", "query": {"late": "1"}, "shared": True},
    {"page": "/calls", "name": "Calls that sold", "query": {"disposition": "sale"}, "shared": True},
    {"page": "/partners", "name": "Live partners", "query": {"stage": "live"}, "shared": True},
)
"""Of pages, for all of the company's own people who see all partners."""


async def enter_views(client: httpx.AsyncClient) -> None:
    """Save them."""
    for number, view in enumerate(VIEWS):
        key = {"idempotency-key": f"demo-view-{number}"}
        (await client.post("/api/v1/saved-views", json=view, headers=key)).raise_for_status()


WEBHOOKS: tuple[dict[str, Any], ...] = (
    {
        "name": "Accounting",
        "url": "https://accounting.tallyline.example/hooks",
        "events": ["InvoiceForwarded"],
    },
)
"""Of what only a person does: nobody listens at the address."""


async def enter_webhooks(client: httpx.AsyncClient) -> None:
    """Tell them; those that were changed or removed meanwhile stay as they are."""
    for number, endpoint in enumerate(WEBHOOKS):
        key = {"idempotency-key": f"demo-webhook-{number}"}
        answer = await client.post("/api/v1/webhooks", json=endpoint, headers=key)
        if answer.status_code != 409:
            answer.raise_for_status()
