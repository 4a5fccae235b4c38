"""What time brings about is an input too: timers look for deadlines that have passed and append items, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from services.calls.connectors.base import Reading
from services.calls.doors.sources import Source, Sources
from services.calls.tracker.call_document import AGENTS, CALLS, TIMER, CallDocument, vendor_id
from services.calls.tracker.ghosts import GONE
from services.calls.tracker.items import Item, encode_item
from services.calls.tracker.tracker import day_end
from services.calls.views.measures import milliseconds
from shared.clock import Clock
from shared.contracts.calls import TELEPHONY_TOPIC
from shared.engine.appender import Appender
from shared.kernel import Observation
from shared.ports import Documents, Outgoing

LIMIT = 200
_SAID = ("state", "native", "reason")
_CARRIED = (*_SAID, "seen", "beats")
_decode = msgspec.json.Decoder(CallDocument).decode


def reading_of_timer(item: Item) -> Reading:
    """What a timer's item says. A later closing of the same day counts over an earlier one, and so does what it
    carries: later is what knows more of the day, whatever the clock shows, for a recorded one may stand still. Offsets
    of a later generation of the topic are later than all before it."""
    if item.timer == "no_end":
        # A lead has calls again and again, each with a deadline of its own.
        due = item.delivery.removeprefix(TIMER) if item.correlation.startswith("lead:") else ""
        return Reading(key=f"timer:no_end:{due}" if due else "timer:no_end", version="no_end", verdict="ignored")
    if item.timer == "closed":
        return Reading(key=f"timer:closed:{item.data['as_of']}", version="closed", verdict="ignored")
    version = f"as_of:{item.data.get('generation', 1):06}.{item.data['as_of']:020}"
    note = Observation(
        kind="AgentStateChanged",
        at=datetime.fromisoformat(item.data["at"]),
        agent=vendor_id(item.correlation),
        data={name: item.data[name] for name in _CARRIED if item.data.get(name) is not None or name in _SAID},
    )
    return Reading(key="timer:carry", version=version, verdict="ignored", notes=(note,))


class Timers:
    """Looks for deadlines in the tracker's documents. An item appended twice is a repeat, and harmless."""

    def __init__(
        self,
        documents: Documents,
        sources: Sources,
        appender: Appender,
        clocks: Mapping[str, datetime],
        now: Clock,
        generation: int,
    ) -> None:
        self._documents = documents
        self._sources = sources
        self._appender = appender
        self._clocks = clocks
        self._now = now
        self._generation = generation

    async def step(self) -> int:
        """Append what is due; how many items."""
        appended = 0
        for source in self._sources.all():
            clock = self._now() if source.settings.clock == "live" else self._clocks.get(source.id)
            if clock is not None:
                appended += await self._due(source, CALLS, clock) + await self._due(source, AGENTS, clock)
        return appended

    async def _due(self, source: Source, collection: str, clock: datetime) -> int:
        high = milliseconds(clock)
        page = await self._documents.find(
            collection, {"source": source.id}, order="deadline", low=0, high=high, limit=LIMIT
        )
        documents = (_decode(stored.body) for stored in page.items)
        items = [item for document in documents for item in _items(source, document, clock, self._generation)]
        for item in items:
            await self._appender.append(TELEPHONY_TOPIC, item.document, [Outgoing(item.document, encode_item(item))])
        return len(items)


def _items(source: Source, document: CallDocument, clock: datetime, generation: int) -> list[Item]:
    common = {
        "source": source.id,
        "partner": document.partner,
        "index": 0,
        "of": 1,
        "received_at": clock,
        "revision": source.revision,
    }
    if document.agent is None:
        due = document.deadline.isoformat() if document.deadline else ""
        return [Item(**common, correlation=document.correlation, delivery=f"{TIMER}{due}", timer="no_end")]  # type: ignore[arg-type]
    state, end = document.agent, day_end(document.correlation)
    following = f"agent:{vendor_id(document.correlation)}:{end:%Y-%m-%d}"
    data = {
        "at": end.isoformat(),
        "as_of": document.at,
        "generation": generation,
        "state": "offline" if state.lost else state.state,
        "native": state.native,
        "reason": GONE if state.lost else state.reason,
    }
    if not state.lost:
        data |= {"seen": state.seen and state.seen.isoformat(), "beats": state.beats}
    return [
        Item(**common, correlation=following, delivery=f"{TIMER}{end:%Y-%m-%d}", timer="carry", data=data),  # type: ignore[arg-type]
        Item(**common, correlation=document.correlation, delivery=f"{TIMER}{end:%Y-%m-%d}", timer="closed", data=data),  # type: ignore[arg-type]
    ]
