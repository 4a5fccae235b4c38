"""A month of calls as the calls service tells it: observations through its own rules, facts in shards of its topic."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import polars as pl

from services.calls.connectors.fields import in_order
from services.calls.tracker.facts import Call, facts_of, summarise
from services.calls.tracker.tracker import fact_key
from services.reconciliation.matching.lines import LINES
from services.reconciliation.matching.own_rows import seconds
from services.reconciliation.views.month_calls import MonthCall, shown
from shared.codec import encode, partition_of
from shared.contracts.calls import AgentStateChanged, CallFact, PublicCallEvent
from shared.contracts.partners import SourceSettings
from shared.kernel import Event, Observation, Recorded, View
from tests.spec import published

ZONE = "Europe/Zagreb"
FIRST = datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
"""Midnight of 1 March in the contract's zone."""
SETTINGS = SourceSettings(connector="native", partner="adria", day_zone=ZONE)
PARTITIONS = 4
RESULTS = ("not_interested", "callback", "information_given", "wrong_number", "sale")


def phone(number: int) -> str:
    """The customer's of a call."""
    return f"+38591{1_000_000 + number * 7919}"


def told(
    number: int,
    at: datetime,
    agents: Sequence[str] = ("a1",),
    result: str | None = "not_interested",
    *,
    talk: int = 80,
    amounts: Sequence[int | None] = (),
    direction: str = "outbound",
    settings: SourceSettings = SETTINGS,
    customer: str | None = None,
) -> list[PublicCallEvent]:
    """The facts of one call. Without agents nobody answers; a second agent takes over in the middle."""

    def said(kind: str, after: float, agent: str | None = None, **data: Any) -> Observation:
        moment = at + timedelta(seconds=after)
        return Observation(kind=kind, at=moment, call=f"c{number}", agent=agent, data=data, customer=ref, items=("i",))

    ref = customer
    start = {"direction": direction, "phase": "dialing" if direction == "outbound" else "queued", "campaign": "vital"}
    every = [said("CallStarted", 0, **start)]
    ref = None
    for place, agent in enumerate(agents):
        every.append(said("CallAnswered", 7 + place * talk / 2, agent, answered_by="human"))
        if place:
            every.append(said("CallTransferred", 7 + place * talk / 2, agents[place - 1], mode="warm"))
    for place, amount in enumerate(amounts):
        money = {} if amount is None else {"amount_minor": amount, "currency": "EUR"}
        name = f"o{number}-{place}" if amount is not None else None
        every.append(said("SaleRecorded", 7 + talk * 0.9, agents[-1], order_ref=name, sku="SKU-1", **money))
    over = 7 + talk if agents else 20
    every.append(
        said("CallEnded", over, scope="call", reason="completed" if agents else "no-answer", ended_by="customer")
    )
    if result is not None:
        who = agents[-1] if agents else None
        every.append(said("CallDispositioned", over + 5, who, native="X", canonical=result, wrap_ms=5000))
    call = Call(f"s1:c{number}", f"c{number}", "s1", settings, in_order(every))
    return list(facts_of(call, summarise(call)).values())


def month(calls: int, seed: int = 1, refs: Mapping[str, str] | None = None) -> list[PublicCallEvent]:
    """Facts of so many calls of March, all kinds of them, and of some before and after."""
    dice = random.Random(seed)
    found: list[PublicCallEvent] = []
    for number in range(calls):
        at = FIRST + timedelta(hours=-20, seconds=round(number * (33 * 86_400 - 10_000) / calls) + dice.randrange(60))
        crew = dice.choice([(), ("a1",), ("a2",), ("a3",), ("a2", "a3")])
        result = dice.choice(RESULTS) if crew else "no_answer"
        amounts = dice.choice([(4900,), (5900, 1000), (None,)]) if result == "sale" else ()
        number_ = phone(number)
        customer = refs.get(number_) if refs is not None else number_
        found += told(number, at, crew, result, talk=dice.randrange(5, 900), amounts=amounts, customer=customer)
    return found


def partition(event: Event) -> int:
    """Where the calls service puts a fact."""
    return partition_of(fact_key(msgspec.Raw(encode(event))), PARTITIONS)


def apart(event: Event) -> int:
    """A partition for each kind of fact: no shard of a call has much of it."""
    scope = getattr(event, "scope", "")
    return sorted(kind.__name__ for kind in PublicCallEvent.__args__).index(type(event).__name__) + 100 * (
        scope == "leg"
    )


class Shards:
    """Views as the engine keeps them: a document in a shard for each partition, each found by fields of its own.
    `place` is where a fact lies."""

    def __init__(self, place: Callable[[Event], int] = partition) -> None:
        self._place = place
        self._bodies: dict[str, dict[str, dict[int, bytes]]] = defaultdict(lambda: defaultdict(dict))
        self._fields: dict[str, dict[str, dict[int, Any]]] = defaultdict(lambda: defaultdict(dict))

    def fold(self, view: View[Any, Any, Any], happened: Iterable[Event | Recorded[Any]]) -> Shards:
        """Take events in, each in its own partition."""
        kept: dict[tuple[str, int], Any] = {}
        for item in happened:
            recorded = item if isinstance(item, Recorded) else published(item)
            if not isinstance(recorded.event, getattr(view.events, "__args__", (view.events,))):
                continue
            at = self._place(recorded.event) if isinstance(recorded.event, CallFact | AgentStateChanged) else 0
            for key, part in view.route(recorded.event):
                kept[key, at] = view.fold(kept.get((key, at)), part, recorded.sign)
        for (key, at), doc in kept.items():
            assert set(view.fields(doc)) == set(view.indexes)
            self._bodies[view.name][key][at] = msgspec.json.encode(doc)
            self._fields[view.name][key][at] = view.fields(doc)
        return self

    async def get(self, view: View[Any, Any, Any], keys: Sequence[str]) -> dict[str, Any]:
        """By key."""
        return {
            key: self._merged(view, self._bodies[view.name][key].values())
            for key in keys
            if key in self._bodies[view.name]
        }

    async def find(
        self,
        view: View[Any, Any, Any],
        equal: Mapping[str, str | int],
        order: str | None = None,
        low: Any = None,
        high: Any = None,
    ) -> list[tuple[str, Any]]:
        """The shards that match, added up."""
        found: list[tuple[str, Any]] = []
        for key, shards in self._fields[view.name].items():
            mine = [at for at, fields in shards.items() if _matches(fields, equal, order, low, high)]
            if mine:
                found.append((key, self._merged(view, [self._bodies[view.name][key][at] for at in mine])))
        return sorted(found, key=lambda one: one[0])

    @staticmethod
    def _merged(view: View[Any, Any, Any], bodies: Iterable[bytes]) -> Any:
        docs = [msgspec.json.decode(body, type=view.doc) for body in bodies]
        merged = docs[0]
        for doc in docs[1:]:
            merged = view.merge(merged, doc)
        return merged


def _matches(fields: Mapping[str, Any], equal: Mapping[str, Any], order: str | None, low: Any, high: Any) -> bool:
    at = fields[order] if order else None
    return all(fields[name] == value for name, value in equal.items()) and (
        order is None or (at is not None and (low is None or at >= low) and (high is None or at < high))
    )


def report(calls: Iterable[MonthCall], phones: Mapping[str, str], zone: str = ZONE) -> pl.DataFrame:
    """What a partner that counts as we do reports of these calls."""
    rows = []
    for number, call in enumerate(calls):
        one = shown(call)
        minor = [sale.amount_minor for sale in one.sales if sale.amount_minor is not None]
        rows.append(
            dict.fromkeys(LINES)
            | {
                "line": str(number + 2),
                "local": one.began.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0),
                "phone": phones.get(one.customer_ref or ""),
                "agent": one.agent,
                "duration_s": float(seconds(one.talk_ms)),
                "disposition": one.disposition,
                "amount_minor": sum(minor) if minor else None,
                "currency": "EUR" if minor else None,
                "campaign": one.campaign,
            }
        )
    return pl.DataFrame(rows, schema=LINES)
