"""What the end-to-end tests of selling share: a product, a customer, commands over HTTP, and a system at rest."""

from __future__ import annotations

from typing import Any

import httpx

from tests.e2e.systems import System, at_rest

PARTNER = "adria"
SOURCE = {"connector": "native", "partner": PARTNER, "day_zone": "Europe/Zagreb"}


async def done(client: httpx.AsyncClient, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The body of a command that was carried out."""
    answer = await client.request(method, f"/api/v1{path}", json=body, headers=headers)
    assert answer.status_code in (200, 201, 202), f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json()


async def refused(client: httpx.AsyncClient, path: str, body: Any, code: str, status: int = 409) -> None:
    """What the rules refuse is told with its code."""
    answer = await client.post(f"/api/v1{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text


async def open_shop(system: System, *skus: str, net_minor: int = 3192) -> str:
    """A partner with a source, products at a price, and a customer: the token."""
    client = system.client
    await done(client, "POST", "/partners", {"partner_id": PARTNER, "name": "Adria", "time_zone": "Europe/Zagreb"})
    await done(client, "POST", "/sources", {"id": "adria-1", "settings": SOURCE})
    for sku in skus:
        await done(client, "PUT", f"/products/{sku}", {"name": sku})
        await price(system, sku, net_minor)
    await at_rest(system)
    number = "+385912345678"
    return (await system.runtime.kits["calls"].vault.customer_refs([number]))[number]


async def price(system: System, sku: str, net_minor: int) -> None:
    """From now on the product costs so much in Croatia."""
    prices = [{"country": "HR", "currency": "EUR", "net_minor": net_minor}]
    body = {"prices": prices, "tax_rates": {"HR": "25"}, "reason": "As decided."}
    await done(system.client, "POST", f"/products/{sku}/prices", body)
