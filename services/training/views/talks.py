"""The talks of each agent on each day: what there is to listen to, how long it was, and what came of it?

The end of a talk, its result and its sales come in any order, and may fall on two days: each is kept on its own day,
and joined when talks are asked for. All parts are sums, so that a correction takes off what it takes back.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shared.contracts.calls import TOPIC, CallDispositioned, CallEnded, SaleRecorded
from shared.contracts.selling import OrderCancelled, OrderPlaced
from shared.kernel import View

TalkEvent = CallEnded | CallDispositioned | SaleRecorded


class Talk(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a day says of an agent's part in a call. `ends`: how often it ended there, which is once for each leg;
    `results`, `campaigns`: how often each was told; `sales`: as the telephony reports them."""

    ends: int = 0
    talk_ms: int = 0
    sales: int = 0
    results: dict[str, int] = {}
    campaigns: dict[str, int] = {}

    @property
    def empty(self) -> bool:
        """Whether all that was told was taken back."""
        return not (self.ends or self.talk_ms or self.sales or self.results or self.campaigns)

    @property
    def campaign(self) -> str | None:
        """The campaign; the first by name, should a call have been moved."""
        return min(self.campaigns, default=None)

    @property
    def result(self) -> str | None:
        """The canonical result; the first by name, should there be several."""
        return min(self.results, default=None)


class AgentDay(msgspec.Struct, kw_only=True):
    """An agent's talks of a day in the partner's zone, by call."""

    partner: str
    agent: str
    day: str
    talks: dict[str, Talk] = {}


def by_agent_and_day(event: TalkEvent) -> Iterable[tuple[str, TalkEvent]]:
    """One document for an agent and a day. Tests are nobody's talk; nor is the end of a whole call, which its legs
    have said already."""
    if event.agent is None or event.counts != "production":
        return []
    if isinstance(event, CallEnded) and event.scope != "leg":
        return []
    return [(f"{event.partner}/{event.agent}/{event.day}", event)]


def fold(doc: AgentDay | None, event: TalkEvent, sign: int) -> AgentDay:
    """In any order: a reversal takes off what was or will be added."""
    if event.agent is None:
        raise ValueError("a talk without an agent has no document")
    doc = doc or AgentDay(partner=event.partner, agent=event.agent, day=event.day)
    talk = doc.talks.setdefault(event.call, Talk())
    match event:
        case CallEnded():
            talk.ends += sign
            talk.talk_ms += sign * (event.talk_ms or 0)
            _count(talk.campaigns, event.campaign, sign)
        case CallDispositioned():
            _count(talk.results, event.canonical, sign)
        case SaleRecorded():
            talk.sales += sign
    if talk.empty:
        del doc.talks[event.call]
    return doc


def _count(counts: dict[str, int], name: str | None, by: int) -> None:
    if name is None:
        return
    counts[name] = counts.get(name, 0) + by
    if not counts[name]:
        del counts[name]


def joined(one: Talk, other: Talk) -> Talk:
    """Both added up."""
    results, campaigns = dict(one.results), dict(one.campaigns)
    for mine, theirs in ((results, other.results), (campaigns, other.campaigns)):
        for name, count in theirs.items():
            _count(mine, name, count)
    return Talk(
        ends=one.ends + other.ends,
        talk_ms=one.talk_ms + other.talk_ms,
        sales=one.sales + other.sales,
        results=results,
        campaigns=campaigns,
    )


def both(one: AgentDay, other: AgentDay) -> AgentDay:
    """Two shards of one document, added up."""
    talks = dict(one.talks)
    for call, talk in other.talks.items():
        whole = joined(talks[call], talk) if call in talks else talk
        if whole.empty:
            talks.pop(call, None)
        else:
            talks[call] = whole
    return msgspec.structs.replace(one, talks=talks)


agent_talks = View(
    "agent_talks",
    1,
    TOPIC,
    TalkEvent,
    AgentDay,
    by_agent_and_day,
    fold,
    both,
    indexes=("partner", "agent", "day"),
    fields=lambda doc: {"partner": doc.partner, "agent": doc.agent, "day": doc.day},
)


class WholeTalk(msgspec.Struct, frozen=True, kw_only=True):
    """An agent's whole part in a call. `day`: when it ended."""

    call: str
    agent: str
    day: str
    talk: Talk


def whole_talks(days: Iterable[AgentDay]) -> list[WholeTalk]:
    """The talks of these days that have ended, over midnight too, by day, call and agent. What is told of a call in
    which the agent has no part that ended is left out."""
    parts: dict[tuple[str, str], Talk] = {}
    ended: dict[tuple[str, str], str] = {}
    for doc in days:
        for call, talk in doc.talks.items():
            place = (call, doc.agent)
            parts[place] = joined(parts[place], talk) if place in parts else talk
            if talk.ends > 0:
                ended[place] = max(doc.day, ended.get(place, ""))
    found = [
        WholeTalk(call=call, agent=agent, day=day, talk=parts[call, agent]) for (call, agent), day in ended.items()
    ]
    return sorted(found, key=lambda one: (one.day, one.call, one.agent))


OrderedEvent = OrderPlaced | OrderCancelled


class OrderedDay(msgspec.Struct, kw_only=True):
    """The calls that brought orders on a day (UTC, of the order), and how many of them were cancelled since."""

    partner: str
    day: str
    placed: dict[str, int] = {}
    cancelled: dict[str, int] = {}


def by_day(event: OrderedEvent) -> Iterable[tuple[str, OrderedEvent]]:
    """One document for a partner and a day; an order that no call brought is in none."""
    return [(f"{event.partner}/{_ordered(event)}", event)] if event.call is not None else []


def _ordered(event: OrderedEvent) -> str:
    at = event.at if isinstance(event, OrderPlaced) else event.ordered_at
    return at.date().isoformat()


def fold_orders(doc: OrderedDay | None, event: OrderedEvent, sign: int) -> OrderedDay:
    """In any order."""
    doc = doc or OrderedDay(partner=event.partner, day=_ordered(event))
    _count(doc.placed if isinstance(event, OrderPlaced) else doc.cancelled, event.call, sign)
    return doc


def both_orders(one: OrderedDay, other: OrderedDay) -> OrderedDay:
    """Two shards of one document, added up."""
    placed, cancelled = dict(one.placed), dict(one.cancelled)
    for mine, theirs in ((placed, other.placed), (cancelled, other.cancelled)):
        for call, count in theirs.items():
            _count(mine, call, count)
    return msgspec.structs.replace(one, placed=placed, cancelled=cancelled)


call_orders = View(
    "call_orders",
    1,
    TOPIC,
    OrderedEvent,
    OrderedDay,
    by_day,
    fold_orders,
    both_orders,
    indexes=("partner", "day"),
    fields=lambda doc: {"partner": doc.partner, "day": doc.day},
)
