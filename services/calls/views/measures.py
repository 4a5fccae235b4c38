"""What an event counts for: the cells it touches, and the steps of their counters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from services.calls.views.tally import Change, wait_bucket
from shared.contracts.calls import (
    AgentStateChanged,
    CallAnswered,
    CallDispositioned,
    CallEnded,
    CallFact,
    CallStarted,
    CallTransferred,
    PublicCallEvent,
    SaleRecorded,
)
from shared.contracts.codes import agent_state, disposition
from shared.contracts.partners import Counts
from shared.contracts.selling import OrderCancelled, OrderPlaced, OrderReturned

QUARTER_MS = 15 * 60 * 1000
SHORT_ABANDON_MS = 5_000

CountedEvent = PublicCallEvent | OrderPlaced | OrderCancelled | OrderReturned
"""All that figures are made of: the facts of telephony, and the orders."""
SourceKind = Literal["call", "state", "order"]

_TRANSFERS = {"blind": "cold_transfers", "warm": "warm_transfers"}


class Cell(NamedTuple):
    """Where figures count: a quarter of an hour (start, ms since the epoch), its day in the partner's zone, and whose.

    `campaign` and `agent` None are the rows of what belongs to none; `direction` is None for agents' time, which
    belongs to no call, and for orders, which do not say.
    """

    interval: int
    day: str
    partner: str
    campaign: str | None
    agent: str | None
    direction: str | None
    counts: Counts


class Measure(NamedTuple):
    """What one event counts for in one cell. `source` names what is behind it: a call, a state's start, an order."""

    cell: Cell
    source: str
    kind: SourceKind
    changes: list[Change]


@lru_cache(maxsize=4096)
def measures(event: CountedEvent) -> Sequence[Measure]:
    """All that an event counts for, each cell once; nothing for an event that counts for nothing.

    Remembered for a while: each of the views asks for it.
    """
    if isinstance(event, AgentStateChanged):
        return list(_agent_time(event))
    if isinstance(event, OrderPlaced | OrderCancelled | OrderReturned):
        return _ordered(event)
    rule = _RULES.get(type(event))
    if rule is None:
        return []
    changes = rule(event)
    if isinstance(event, CallDispositioned) and event.wrap_ms is not None:
        wrap = _wrap(event.wrap_ms)
        if event.ended_interval is None or event.ended_day is None or event.ended_interval == event.interval:
            return [Measure(_cell(event), event.call, "call", changes + wrap)]
        ended = _cell(event)._replace(interval=milliseconds(event.ended_interval), day=event.ended_day)
        return [Measure(_cell(event), event.call, "call", changes), Measure(ended, event.call, "call", wrap)]
    return [Measure(_cell(event), event.call, "call", changes)] if changes else []


def milliseconds(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(at.timestamp() * 1000)


def _cell(event: CallFact) -> Cell:
    return Cell(
        milliseconds(event.interval),
        event.day,
        event.partner,
        event.campaign or None,
        event.agent or None,
        event.direction,
        event.counts,
    )


def _started(event: CallStarted) -> list[Change]:
    changes: list[Change] = []
    if event.offered:
        changes.append(("offered", None, 1))
    if event.dialed:
        changes.append(("dials", None, 1))
    return changes


def _answered(event: CallAnswered) -> list[Change]:
    if not event.first:
        return []
    changes: list[Change] = [("contacts", None, 1)]
    wait = event.wait_ms
    if event.offered:
        changes.append(("answered", None, 1))
        if wait is not None:
            changes += (("answered_wait_ms", None, wait), ("answered_waits", wait_bucket(wait), 1))
    if event.dialed:
        changes += (("connects", None, 1), ("dial_contacts", None, 1))
        if wait is not None:
            changes.append(("ring_ms", None, wait))
    return changes


def _ended(event: CallEnded) -> list[Change]:
    return _leg_ended(event) if event.scope == "leg" else _call_ended(event)


def _leg_ended(event: CallEnded) -> list[Change]:
    changes: list[Change] = [("handled", None, 1)]
    if event.talk_ms is not None:
        changes += (("talk_ms", None, event.talk_ms), ("talk_known", None, 1))
    if event.hold_ms is not None:
        changes += (("hold_ms", None, event.hold_ms), ("hold_known", None, 1))
    return changes


def _call_ended(event: CallEnded) -> list[Change]:
    changes: list[Change] = []
    if event.dialed and event.outcome == "machine":
        changes.append(("connects", None, 1))
    if not event.offered or event.outcome == "answered":
        return changes
    if event.outcome != "abandoned":
        changes.append(("flowed_out", None, 1))
        return changes
    changes.append(("abandoned", None, 1))
    wait = event.wait_ms
    if wait is not None:
        changes += (("abandoned_wait_ms", None, wait), ("abandoned_waits", wait_bucket(wait), 1))
        if wait <= SHORT_ABANDON_MS:
            changes.append(("short_abandoned", None, 1))
    return changes


def _transferred(event: CallTransferred) -> list[Change]:
    return [(_TRANSFERS.get(event.mode, "unknown_transfers"), None, 1)]


def _dispositioned(event: CallDispositioned) -> list[Change]:
    result = disposition(event.canonical)
    changes: list[Change] = [("dispositions", result.code, 1)]
    if "customer_contact" in result.flags:
        changes.append(("decision_contacts", None, 1))
    return changes


def _wrap(wrap_ms: int) -> list[Change]:
    return [("wrap_ms", None, wrap_ms), ("wrap_known", None, 1)]


def _sold(event: SaleRecorded) -> list[Change]:
    changes: list[Change] = [
        ("sales_reported", None, 1),
        ("units", None, 1 if event.quantity is None else event.quantity),
    ]
    if event.amount is not None:
        currency = event.amount.currency
        changes += (("orders", currency, 1), ("revenue", currency, event.amount.minor))
    return changes


def _ordered(event: OrderPlaced | OrderCancelled | OrderReturned) -> list[Measure]:
    """What an order counts for, at the time of its own event. A repeat shipment is nobody's sale."""
    if event.subscription is not None:
        return []
    currency, gross = event.currency, sum(line.gross_minor for line in event.lines)
    changes: list[Change]
    match event:
        case OrderPlaced():
            more = sum(line.gross_minor for line in event.lines if line.kind in ("upsell", "cross_sell"))
            changes = [
                ("sales_confirmed", None, 1),
                ("orders_confirmed", currency, 1),
                ("revenue_confirmed", currency, gross),
                ("upsell_confirmed", currency, more),
            ]
        case OrderCancelled():
            changes = [("sales_cancelled", None, 1), ("revenue_cancelled", currency, gross)]
        case OrderReturned():
            changes = [("revenue_cancelled", currency, gross)]
    at = milliseconds(event.at)
    day = event.day or event.at.astimezone(UTC).date().isoformat()
    cell = Cell(
        at - at % QUARTER_MS, day, event.partner, event.campaign or None, event.agent or None, None, "production"
    )
    return [Measure(cell, event.order, "order", changes)]


def _agent_time(event: AgentStateChanged) -> Iterator[Measure]:
    state = agent_state(event.state)
    if not state.logged_in:
        return
    since, until = milliseconds(event.since), milliseconds(event.until)
    zone, source, agent = ZoneInfo(event.day_zone), event.since.isoformat(), event.agent or None
    start = since
    while start < until:
        interval = start - start % QUARTER_MS
        end = min(interval + QUARTER_MS, until)
        cell = Cell(interval, day_of(interval, zone), event.partner, None, agent, None, event.counts)
        yield Measure(cell, source, "state", [("agent_ms", state.code, end - start)])
        start = end


@lru_cache(maxsize=4096)
def day_of(interval: int, zone: ZoneInfo) -> str:
    """The local date of a quarter of an hour. All zones' offsets are whole quarters, so none lies in two days."""
    return datetime.fromtimestamp(interval / 1000, UTC).astimezone(zone).date().isoformat()


_RULES: dict[type, Callable[..., list[Change]]] = {
    CallStarted: _started,
    CallAnswered: _answered,
    CallEnded: _ended,
    CallTransferred: _transferred,
    CallDispositioned: _dispositioned,
    SaleRecorded: _sold,
}
