"""The open calls of a partner by their agents, read once for all who ask within a moment."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

import msgspec

from services.calls.tracker.call_document import CALLS, CallDocument, CallState, agent_of, start_of
from shared.ports import Documents

FRESH_S = 0.2
"""How old what is known of a partner's calls may be: a panel hears of a call so much later at most."""
MOST = 5_000
STATES: tuple[CallState, ...] = ("in_progress", "waiting")


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """An open call as an agent's panel needs it. `call` is our id, `our_number` the number that was called, `state`
    `waiting` while it rings."""

    call: str
    partner: str
    agent: str
    state: CallState
    direction: str
    campaign: str | None
    our_number: str | None
    customer_ref: str | None
    started_at: datetime | None
    answered_at: datetime | None


_decode = msgspec.json.Decoder(CallDocument).decode
ByAgent = Mapping[str, tuple[Ring, ...]]


class Ringing:
    """One read of a partner's open calls serves every panel of its agents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: dict[str, tuple[float, ByAgent]] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, partner: str, agent: str) -> tuple[Ring, ...]:
        """The agent's open calls: those in progress first, of each the newest first."""
        async with self._turns[partner]:
            at = asyncio.get_running_loop().time()
            known = self._known.get(partner)
            if known is None or at - known[0] > FRESH_S:
                known = self._known[partner] = at, await self._read(partner)
        return known[1].get(agent, ())

    async def _read(self, partner: str) -> ByAgent:
        found: dict[str, list[Ring]] = defaultdict(list)
        for state in STATES:
            page = await self._documents.find(
                CALLS, {"partner": partner, "state": state}, "started", descending=True, limit=MOST
            )
            for stored in page.items:
                if (ring := ring_of(_decode(stored.body))) is not None:
                    found[ring.agent].append(ring)
        return {agent: tuple(rings) for agent, rings in found.items()}


def ring_of(document: CallDocument) -> Ring | None:
    """The call of a document; None where nobody has it or it is none."""
    summary = document.summary
    agent = agent_of(document, summary) if summary is not None else None
    if summary is None or agent is None:
        return None
    return Ring(
        call=f"{document.source}:{summary.call}",
        partner=document.partner,
        agent=agent,
        state=summary.state,
        direction=summary.direction,
        campaign=summary.campaign,
        our_number=start_of(document, summary).our_number,
        customer_ref=summary.customer_ref,
        started_at=summary.started_at,
        answered_at=summary.answered_at,
    )
