"""A partner's own software, which tells of its calls in our format, and calls as scenarios want them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.simulate.signing import standard_headers
from tests.e2e.systems import System, Time, at_rest

DESK, TEST_LINE, CUSTOMER = "+38761000111", "+38533000999", "+38761555555"
SECRET = f"whsec_{base64.b64encode(b'a secret of thirty-two bytes, no more').decode()}"


def source(id_: str, partner: str) -> dict[str, Any]:
    """The partner's switch as a source."""
    return {
        "id": id_,
        "settings": {
            "connector": "native",
            "partner": partner,
            "day_zone": "Europe/Zagreb",
            "dispositions": {
                "SOLD": "sale",
                "UPSOLD": "sale_upsell",
                "HOT": "hot_handover",
                "CANCELLED": "cancel_done",
            },
            "test_numbers": {DESK: "desk-1", TEST_LINE: "line-9"},
        },
        "secrets": {"standard-webhooks": [SECRET]},
    }


Said = tuple[str, float, dict[str, Any]]
"""What the switch says of a call: kind, seconds after the call's start, data."""


class Switch:
    """The partner's own software: tells of its calls in our format."""

    def __init__(self, system: System, time: Time, source_id: str) -> None:
        self.system = system
        self.time = time
        self._source = source_id

    async def tell(self, call: str, since: datetime, said: Sequence[Said]) -> None:
        """One delivery each, signed; when this returns, all that follows from them is there."""
        await self.say(call, since, said)
        await at_rest(self.system)

    async def say(self, call: str, since: datetime, said: Sequence[Said]) -> None:
        """The same, without waiting for what follows."""
        for kind, seconds, data in said:
            event = {
                "specversion": "1.0",
                "id": f"{call}-{kind}-{seconds}",
                "source": f"https://{self._source}.example/switch",
                "type": f"com.tallyline.{kind}.v1",
                "time": (since + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
                "data": {"call": call, **data},
            }
            body, second = json.dumps(event).encode(), int(self.time().timestamp())
            ident = f"msg_{call}-{kind}-{seconds}"
            headers = {
                "content-type": "application/cloudevents+json",
                **standard_headers(SECRET, ident, second, body),
            }
            await self._sent(body, headers)

    async def _sent(self, body: bytes, headers: dict[str, str]) -> None:
        """Ingest looks for new sources now and then; until it has seen this one, it knows no secret of it."""
        async with asyncio.timeout(60):
            while True:
                answer = await self.system.client.post(f"/v1/in/{self._source}", content=body, headers=headers)
                if answer.status_code != 401:
                    break
                await asyncio.sleep(0.1)
        assert answer.status_code == 202, answer.text


def begun(customer: str, ours: str = "+38533000100") -> Said:
    """A call in."""
    numbers = {"customer_number": customer, "our_number": ours}
    return "call.started", 0, {"direction": "inbound", "phase": "queued", "campaign": "lamps", **numbers}


ANSWERED: Said = ("call.answered", 10, {"answered_by": "human", "agent": "a7", "leg": "l1"})
SALE: Said = ("sale.recorded", 60, {"agent": "a7", "leg": "l1", "sku": "LAMP", "amount_minor": 4900, "currency": "EUR"})
ENDED: Said = ("call.ended", 90, {"scope": "call", "reason": "completed", "ended_by": "customer"})


def result(code: str, at: float = 100) -> Said:
    """The agent's result."""
    return "call.dispositioned", at, {"agent": "a7", "leg": "l1", "native": code}


PLAYED: dict[str, list[Said]] = {
    "inbound-sale-with-upsell": [ANSWERED, SALE, ENDED, result("UPSOLD")],
    "abandoned-in-queue": [("call.ended", 25, {"scope": "call", "reason": "abandoned", "ended_by": "customer"})],
    "hot-lead-in-time": [
        ANSWERED,
        ("call.transferred", 55, {"agent": "a7", "leg": "l1", "mode": "warm", "to": "office", "to_kind": "contact"}),
        ENDED,
        result("HOT"),
    ],
    "cancelled-sale": [ANSWERED, SALE, ENDED, result("CANCELLED")],
}
