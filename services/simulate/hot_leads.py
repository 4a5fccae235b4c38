"""Hot leads of one partner: handed over from calls that happened, and taken by the company's own staff in time, late,
or not at all. What becomes of one follows from what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx

from services.simulate.company import Company, Partner
from services.simulate.deals import Call
from services.simulate.dice import Dice
from services.simulate.driver import NotSetUp
from services.simulate.signing_in import Person, signed_in

DESK = Person("s.begic", "supervisor")
"""Who takes customers over."""
HANDED_OVER = 0.2
"""Of calls in which a callback was agreed."""
RECENT = timedelta(minutes=20)


class Fate(NamedTuple):
    """A kind of lead: what else the agent says, after how long it is taken (None: by nobody), and what comes of it."""

    point: str
    words: str
    taken_after: timedelta | None
    outcome: Mapping[str, str] | None


LOST = {"outcome": "lost", "reason": "price"}
FATES = (
    Fate("ready_to_buy", "Wants three kits for the family.", timedelta(seconds=25), {"outcome": "done"}),
    Fate("complaint_risk", "Was cut off twice, and wants to speak to somebody of the company.", None, None),
    Fate("large_order", "A guest house with twelve rooms.", timedelta(seconds=70), {"outcome": "done"}),
    Fate("asks_terms", "Wants to know how to end the contract.", timedelta(seconds=140), LOST),
    Fate("needs_expert", "Has an antenna of his own; I could not answer.", timedelta(seconds=340), {"outcome": "done"}),
)  # fmt: skip
"""The one of those who complain is nobody's: that is what there is to do."""
OFTEN = ((0, 0.35), (1, 0.1), (2, 0.2), (3, 0.2), (4, 0.15))
"""Places in `FATES`, with how often each comes."""


def fate_of(seed: int, call: str) -> Fate | None:
    """Of a call in which a callback was agreed; None where it is no hot lead."""
    dice = Dice("hot lead", seed, call)
    return FATES[dice.weighted(OFTEN)] if dice.chance(HANDED_OVER) else None


def due(watch: Mapping[str, Any]) -> Fate | None:
    """What is to be done now about a hand-over that waits, as its stopwatch tells it; None: nothing yet."""
    fate = next((one for one in FATES if one.point in watch["points"]), None)
    if fate is None or fate.taken_after is None:
        return None
    return fate if watch["gone_ms"] >= fate.taken_after / timedelta(milliseconds=1) else None


class Desk:
    """The agents who hand over, and who takes it from there."""

    def __init__(self, client: httpx.AsyncClient, company: Company, partner: Partner) -> None:
        self._client, self._seed, self._partner = client, company.seed, partner
        self._seen: set[str] | None = None

    async def look(self, now: datetime) -> int:
        """One look: the first one hands over one lead of each kind, each later one what came since. How many were."""
        recent = await self._calls(now)
        asked = 0
        if self._seen is None:
            self._seen = set()
            known = await self._client.get("/api/v1/handovers", params={"partner": self._partner.id, "limit": "1"})
            if not known.raise_for_status().json()["items"]:
                if len(recent) < len(FATES):
                    self._seen = None  # too early: the past is still coming in
                    return 0
                for call, fate in zip(recent, FATES, strict=False):
                    asked += await self._ask(call, fate)
                self._seen |= {call["call"] for call in recent}
        for call in recent:
            if call["call"] not in self._seen and _age(call, now) < RECENT:
                lead = fate_of(self._seed, call["call"])
                asked += await self._ask(call, lead) if lead is not None else 0
            self._seen.add(call["call"])
        await self._take()
        return asked

    async def _calls(self, now: datetime) -> list[Call]:
        """The newest calls in which a callback was agreed, the newest first."""
        asked = {
            "partner": self._partner.id,
            "disposition": "callback",
            "from": (now - timedelta(hours=12)).isoformat(),
            "limit": "30",
        }
        told = (await self._client.get("/api/v1/calls", params=asked)).raise_for_status().json()
        return [one for one in told["items"] if one["summary"]["agents"] and one["summary"]["customer_ref"]]

    async def _ask(self, call: Call, fate: Fate) -> int:
        """One, where the call can be handed over."""
        body = {
            "partner": self._partner.id,
            "call": call["call"],
            "points": [fate.point],
            "text": fate.words,
            "agent": call["summary"]["agents"][-1],
        }
        key = {"idempotency-key": f"demo-lead-{call['call']}"}
        answer = await self._client.post("/api/v1/handovers", json=body, headers=key)
        if answer.status_code not in (202, 409):
            raise NotSetUp(answer.text)
        return int(answer.status_code == 202)

    async def _take(self) -> None:
        told = await self._client.get("/api/v1/handovers/live", params={"partner": self._partner.id})
        waiting = [(watch, fate) for watch in told.raise_for_status().json()["items"] if (fate := due(watch))]
        if not waiting:
            return
        who = await signed_in(self._client, DESK)
        for watch, fate in waiting:
            route = f"/api/v1/handovers/{watch['handover']}"
            await self._client.post(f"{route}/take", headers=who)
            await self._client.post(f"{route}/outcome", json=fate.outcome, headers=who)


def _age(call: Call, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(call["summary"]["started_at"])
