"""What comes of calls that really happened in one campaign: orders of their customers, ways through the script, answers
to the survey. Which call brings what follows from the seed and the call's id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx

from services.simulate.company import Company
from services.simulate.dice import Dice
from services.simulate.driver import entered
from services.simulate.selling import SCRIPT, SURVEY, seller, sellers

KITS = ("KIT-01", "KIT-02")
LEFT_OUT = 0.06
"""So many sales have no order: the work list shows them."""
MOST = 500
LOOKS_BACK = timedelta(days=4)
"""The work list looks back over three days."""
STARS = ((5, 0.22), (4, 0.26), (3, 0.2), (2, 0.18), (1, 0.14))
HEARD = (("tv", 0.7), ("friend", 0.2), ("web", 0.1))
PRAISE = ("Nothing, thank you.", "Very friendly, all was clear.", "She took her time for me.")
BLAME = (
    "The line dropped and I had to call again.",
    "I had to spell my address three times.",
    "I waited for a long time before somebody answered.",
)
WHY_NOT = (("price", 0.5), ("contract", 0.3), ("later", 0.2))
STEP = timedelta(seconds=25)

Call = Mapping[str, Any]
"""A call as the list of calls tells it."""


class Order(NamedTuple):
    """What is ordered in a call, and what becomes of it. `moves`: its payment and its goods, in their order."""

    body: dict[str, Any]
    moves: tuple[tuple[str, str], ...]
    cancelled: bool


def order_of(company: Company, call: Call, sku: str, quantity: int) -> Order | None:
    """The order of a sale of so many pieces; None where nobody entered it. The agent is the last of the call."""
    campaign = seller(company)[1]
    summary, dice = call["summary"], Dice("order", company.seed, call["call"])
    if dice.chance(LEFT_OUT):
        return None
    lines: list[dict[str, Any]] = [{"sku": "KIT-01" if sku == "BOX-03" else sku, "quantity": quantity}]
    if lines[0]["sku"] in KITS and (sku == "BOX-03" or dice.chance(0.3)):
        lines.append({"sku": "BOX-03", "kind": "upsell", "offer": "second-box"})
    elif lines[0]["sku"] in KITS and dice.chance(0.2):
        lines.append({"sku": "CARE-12", "kind": "cross_sell", "offer": "care"})
    body = {
        "partner": call["partner"],
        "country": campaign.country,
        "lines": lines,
        "customer_ref": summary["customer_ref"],
        "call": call["call"],
        "agent": summary["agents"][-1],
        "campaign": campaign.code,
    }
    moves: tuple[tuple[str, str], ...] = ()
    if dice.chance(0.4):
        moves += (("payment", "authorised"), ("payment", "paid"))
        if dice.chance(0.5):
            moves += (("fulfilment", "accepted"), ("fulfilment", "packed"))
    return Order(body, moves, cancelled=not moves and dice.chance(0.1))


def steps_of(company: Company, call: Call, asked: bool) -> list[dict[str, Any]]:
    """The way of a call through the script, and where the customer is `asked`, through the survey after it."""
    summary, dice = call["summary"], Dice("steps", company.seed, call["call"])
    sold = summary["disposition"] == "sale"
    found: list[dict[str, Any]] = [{"node": "hello"}]
    if not sold and dice.chance(0.35):
        found.append({"node": "has", "answer": "not-now"})
    else:
        way = "yes" if dice.chance(0.3) else "no"
        offer = "box" if way == "yes" else "kit"
        found += [{"node": "has", "answer": way}, {"node": offer, "answer": "accepted" if sold else "declined"}]
    if sold:
        found.append({"node": "sold"})
    elif dice.chance(0.85):  # the others hang up there
        found += [{"node": "why", "choice": dice.weighted(WHY_NOT)}, {"node": "bye"}]
    steps = [{"script": SCRIPT, **one} for one in found]
    if asked:
        stars = dice.weighted(STARS)
        said: list[dict[str, Any]] = [
            {"node": "heard", "choice": dice.weighted(HEARD)},
            {"node": "stars", "number": stars},
        ]
        if dice.chance(0.6):
            said.append({"node": "better", "text": dice.pick(PRAISE if stars > 3 else BLAME)})
            said.append({"node": "thanks"})
        steps += [{"script": SURVEY, **one} for one in said]
    began = datetime.fromisoformat(summary["answered_at"] or summary["started_at"])
    return [
        {"step": n, "version": 1, "at": (began + n * STEP).isoformat(), **one} for n, one in enumerate(steps, start=1)
    ]


class Closing:
    """Enters, again and again, what came of calls since the last look; what is known already it passes over."""

    def __init__(self, client: httpx.AsyncClient, company: Company) -> None:
        self._client, self._company = client, company
        self._campaign = seller(company)[1]
        self._walked: set[str] = set()
        self._passed: set[str] | None = None

    async def look(self, now: datetime) -> int:
        """One look; how many orders were placed."""
        if self._passed is None:
            self._passed = await self._ordered()
        placed = 0
        for partner in sellers(self._company):
            for call in await self._calls(partner.id, "sale", now, MOST):
                if call["call"] not in self._passed:
                    placed += await self._order(call)
                    self._passed.add(call["call"])
                    await self._walk(call)
            for call in await self._calls(partner.id, "not_interested", now, 40):
                await self._walk(call)
        return placed

    async def _ordered(self) -> set[str]:
        """The calls of the campaign whose orders are there."""
        found: set[str] = set()
        cursor: str | None = None
        while True:
            asked = {"campaign": self._campaign.code, "limit": str(MOST)} | ({"cursor": cursor} if cursor else {})
            told = (await self._client.get("/api/v1/orders", params=asked)).raise_for_status().json()
            found |= {one["placed"]["call"] for one in told["items"] if one["placed"]}
            cursor = told["next"]
            if cursor is None:
                return found

    async def _calls(self, partner: str, result: str, now: datetime, most: int) -> list[Call]:
        asked = {
            "partner": partner,
            "campaign": self._campaign.code,
            "disposition": result,
            "from": (now - LOOKS_BACK).isoformat(),
            "limit": str(most),
        }
        told = (await self._client.get("/api/v1/calls", params=asked)).raise_for_status().json()
        return [one for one in told["items"] if one["summary"]["agents"] and one["summary"]["customer_ref"]]

    async def _order(self, call: Call) -> int:
        """One, where there is an order."""
        told = (await self._client.get(call["href"])).raise_for_status().json()
        sales = [one["data"] for one in told["observations"] if one["kind"] == "SaleRecorded"]
        if not sales:
            return 0
        order = order_of(self._company, call, sales[-1]["sku"], sales[-1]["quantity"] or 1)
        if order is None:
            return 0
        key = f"demo-order-{call['call']}"
        placed = await entered(self._client, "POST", "/api/v1/orders", order.body, key)
        route = f"/api/v1/orders/{placed['order']}"
        for what, state in order.moves:
            await entered(self._client, "POST", f"{route}/{what}", {"state": state}, f"{key}-{state}")
        if order.cancelled:
            reason = {"reason": "The customer called back: not now."}
            await entered(self._client, "POST", f"{route}/cancellation", reason, f"{key}-cancelled")
        return 1

    async def _walk(self, call: Call) -> None:
        """The way of about every second call that ended so."""
        dice = Dice("walk", self._company.seed, call["call"])
        if call["call"] in self._walked or not dice.chance(0.5):
            return
        self._walked.add(call["call"])
        body = {"steps": steps_of(self._company, call, asked=dice.chance(0.6))}
        path = f"/api/v1/scripts/steps/{call['partner']}:{call['call']}"
        await entered(self._client, "POST", path, body, f"demo-walk-{call['call']}")
