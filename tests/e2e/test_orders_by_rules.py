"""Orders under the rules over HTTP on each engine: what rules give and refuse, what stays, and what goals count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.shop import done, open_shop, refused
from tests.e2e.systems import System, Time, ask, at_rest

pytestmark = pytest.mark.asyncio(loop_scope="module")

RULES: dict[str, Any] = {
    "offers": [{"name": "oil", "sku": "OIL", "kind": "cross_sell", "after": ["LAMP"], "discount_percent": "10"}],
    "eligibility": [
        {"name": "once", "requires": {"bought_none": ["OIL"]}, "reason": "One oil for each.", "skus": ["OIL"]}
    ],
}
CAMPAIGN = {"name": "Lamps", "countries": ["HR"], "languages": ["hr"], "starts": "2026-11-01"}
GOAL = {
    "name": "November",
    "measure": "net_revenue",
    "currency": "EUR",
    "target": 100_000,
    "starts": "2026-11-01",
    "ends": "2026-11-30",
    "zone": "Europe/Zagreb",
    "campaign": "lamps",
}


def basket(customer: str, ident: str, *lines: dict[str, Any]) -> dict[str, Any]:
    return {
        "partner": "adria",
        "country": "HR",
        "customer_ref": customer,
        "id": ident,
        "campaign": "lamps",
        "lines": list(lines),
    }


async def test_an_order_is_placed_by_the_rules_of_its_moment_and_counts_for_goals(system: System, time: Time) -> None:
    client = system.client
    customer = await open_shop(system, "LAMP", "OIL", net_minor=2000)
    await done(client, "PUT", "/campaigns/lamps", CAMPAIGN)
    await done(client, "PUT", "/goals/november", GOAL)
    await at_rest(system)
    await done(client, "PUT", "/selling-rules/lamps", {"rules": RULES, "reason": "autumn"})
    await at_rest(system)
    lamp, oil = {"sku": "LAMP"}, {"sku": "OIL", "kind": "cross_sell", "offer": "oil"}

    await refused(client, "/orders", basket(customer, "1", oil), "unknown_offer")
    order = basket(customer, "1", lamp, oil)
    first = await done(client, "POST", "/orders", order)
    assert [(line["net_minor"], line.get("rule")) for line in first["lines"]] == [(2000, None), (1800, "lamps/1#oil")]
    await at_rest(system)
    await refused(client, "/orders", basket(customer, "2", lamp, {"sku": "OIL"}), "not_eligible")
    goal = await ask(client, "/api/v1/goals/november")
    assert (goal["pace"]["done"], goal["pace"]["state"], goal["other_currencies"]) == (3800, "behind", [])

    time.forward(timedelta(minutes=1))
    everybody = {"discounts": [{"name": "all", "percent": "50"}]}
    await done(client, "PUT", "/selling-rules/lamps", {"rules": everybody, "reason": "winter"})
    await at_rest(system)
    second = await done(client, "POST", "/orders", basket(customer, "2", lamp))
    assert [(line["net_minor"], line["rule"]) for line in second["lines"]] == [(1000, "lamps/2#all")]
    assert await done(client, "POST", "/orders", order) == first, "what was ordered stays as it was decided"
    kept = await ask(client, "/api/v1/orders/adria:1")
    assert kept["placed"]["lines"] == first["lines"]

    await done(client, "POST", "/orders/adria:1/cancellation", {"reason": "changed her mind"})
    await at_rest(system)
    assert (await ask(client, "/api/v1/goals/november"))["pace"]["done"] == 1000
    figures = await ask(client, "/api/v1/media/figures?from=2026-11-01&to=2026-12-01")
    assert [(row["name"], row["orders"]) for row in figures["rows"]] == [("lamps", 1)]
    verified = await client.post("/api/v1/operations/views/ordered/verify")
    assert verified.json()["identical"]
