"""The open calls of a partner by their agents, read once for all who ask within a moment."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

import msgspec

from services.calls.tracker.call_document import CALLS, CallDocument, CallState, agent_of, start_of
from shared.ports import Documents

FRESH_S = 0.2
"""How old what is known of a partner's calls may be: a panel hears so much later, at most, of what another process
writes."""
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


class Ringing:
    """One read of a partner's open calls serves every panel of its agents. Who listens is told of what this process
    itself writes, and then reads no more than their own; of what others write they hear when they look."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: dict[str, tuple[float, dict[str, tuple[Ring, ...]]]] = {}
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._listening: dict[tuple[str, str], list[asyncio.Event]] = {}
        self._told: set[tuple[str, str]] = set()

    async def of(self, partner: str, agent: str) -> tuple[Ring, ...]:
        """The agent's open calls: those in progress first, of each the newest first."""
        async with self._turns[partner]:  # one read after the other, so that none overwrites what a later one found
            at = asyncio.get_running_loop().time()
            known = self._known.get(partner)
            told = (partner, agent) in self._told
            self._told.discard((partner, agent))
            if known is None or at - known[0] > FRESH_S:
                known = self._known[partner] = at, await self._read({"partner": partner})
            elif told:
                known[1][agent] = (await self._read({"partner": partner, "agent": agent})).get(agent, ())
        return known[1].get(agent, ())

    @contextmanager
    def listening(self, partner: str, agent: str) -> Iterator[asyncio.Event]:
        """What is set when a call of theirs is written here; whoever looks clears it before."""
        bell = asyncio.Event()
        self._listening.setdefault((partner, agent), []).append(bell)
        try:
            yield bell
        finally:
            self._listening[partner, agent].remove(bell)
            if not self._listening[partner, agent]:
                del self._listening[partner, agent]
                self._told.discard((partner, agent))

    def written(self, documents: Iterable[CallDocument]) -> None:
        """These are in the store: whoever listens to calls of theirs looks at once."""
        if not self._listening:
            return
        for document in documents:
            for summary in document.summaries:
                agent = agent_of(document, summary)
                if agent is None or (bells := self._listening.get((document.partner, agent))) is None:
                    continue
                self._told.add((document.partner, agent))
                for bell in bells:
                    bell.set()

    async def _read(self, equal: Mapping[str, str]) -> dict[str, tuple[Ring, ...]]:
        found: dict[str, list[Ring]] = defaultdict(list)
        for state in STATES:
            page = await self._documents.find(CALLS, {**equal, "state": state}, "started", descending=True, limit=MOST)
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
