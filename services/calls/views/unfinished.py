"""Which calls lack a fact that should be there: a result, an order, or the call itself?

One document a call, of telephony's facts and of orders in whatever order they come; what is taken back counts no more.
Facts of a call lie in several partitions: by the agent where they have one, else by the call, and orders by the order.
So a shard says only what it might lack, and who wants to know gets the whole document by its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec

from services.calls.events.work import WorkKind
from services.calls.views.measures import milliseconds
from shared.contracts.calls import TOPIC, CallAnswered, CallDispositioned, CallEnded, CallStarted, SaleRecorded
from shared.contracts.codes import disposition
from shared.contracts.selling import OrderPlaced
from shared.kernel import View

FinishFact = CallStarted | CallAnswered | CallEnded | CallDispositioned | SaleRecorded | OrderPlaced
Sort = Literal["started", "answered", "ended", "result", "sale", "order"]


class Noted(msgspec.Struct, kw_only=True, omit_defaults=True):
    """That something was told, and how often less how often it was taken back: it holds while that is above none."""

    sort: Sort
    at: datetime
    agent: str | None = None
    campaign: str | None = None
    times: int = 0


class Unfinished(msgspec.Struct, kw_only=True):
    """A call, or an order that names none: `subject`. `told` by what tells one fact from another."""

    subject: str
    partner: str
    told: dict[str, Noted] = {}

    def missing(self) -> dict[WorkKind, Noted]:
        """What is missing, with the fact that stands alone: of several the earliest."""
        found: dict[WorkKind, Noted] = {}
        called = any(self._of("started", "answered", "ended", "result"))
        answered = [one for one in self._of("answered") if one.agent is not None]
        ended = next(self._of("ended"), None)
        if ended is not None and answered and not any(self._of("result")):
            found["no_result"] = Noted(
                sort="ended", at=ended.at, agent=answered[-1].agent, campaign=ended.campaign or answered[-1].campaign
            )
        order, sale = next(self._of("order"), None), next(self._of("sale"), None)
        if sale is not None and order is None:
            found["sale_without_order"] = sale
        if order is not None and not called:
            found["order_without_call"] = order
        return found

    def perhaps(self) -> Iterator[tuple[WorkKind, Noted]]:
        """The facts here that may stand alone, and what they lack then: it may lie in another shard."""
        if not any(self._of("result")):
            yield from (("no_result", one) for one in self._of("answered") if one.agent is not None)
        if not any(self._of("order")):
            yield from (("sale_without_order", one) for one in self._of("sale"))
        if not any(self._of("started", "answered", "ended", "result")):
            yield from (("order_without_call", one) for one in self._of("order"))

    def _of(self, *sorts: Sort) -> Iterator[Noted]:
        """Those that hold, by time."""
        found = [one for one in self.told.values() if one.sort in sorts and one.times > 0]
        return iter(sorted(found, key=lambda one: (one.at, one.sort, one.agent or "")))


Part = tuple[str, str, str, Noted]


def by_call(event: FinishFact) -> Iterable[tuple[str, Part]]:
    """The document of the call; nothing for calls of tests, and for orders that neither call nor agent brought."""
    if isinstance(event, OrderPlaced):
        if event.subscription is None and (event.call is not None or event.agent is not None):
            subject = event.call or f"order {event.order}"
            yield subject, (subject, event.partner, f"order {event.order}", _noted("order", event))
        return
    if event.counts == "production":
        for sort, name in _said(event):
            yield event.call, (event.call, event.partner, name, _noted(sort, event))


def _said(
    event: CallStarted | CallAnswered | CallEnded | CallDispositioned | SaleRecorded,
) -> Iterator[tuple[Sort, str]]:
    place = f"{event.at.astimezone(UTC).isoformat()} {event.leg or ''}"
    match event:
        case CallStarted():
            yield "started", f"started {place}"
        case CallAnswered(answered_by=by):
            if by != "machine":
                yield "answered", f"answered {place}"
        case CallEnded(scope=scope):
            if scope == "call":
                yield "ended", f"ended {place}"
        case CallDispositioned(canonical=code):
            yield "result", f"result {place} {code}"
            if "sale" in disposition(code).flags:
                yield "sale", f"result sale {place} {code}"
        case SaleRecorded(order_ref=ref):
            yield "sale", f"sale {place} {ref or ''}"


def _noted(sort: Sort, event: FinishFact) -> Noted:
    return Noted(sort=sort, at=event.at, agent=event.agent, campaign=event.campaign)


def fold(doc: Unfinished | None, part: Part, sign: int) -> Unfinished:
    """Told or taken back, in any order."""
    subject, partner, name, noted = part
    doc = doc or Unfinished(subject=subject, partner=partner)
    _add(doc, name, noted, sign)
    return doc


def _add(doc: Unfinished, name: str, noted: Noted, times: int) -> None:
    known = doc.told.setdefault(name, Noted(sort=noted.sort, at=noted.at, agent=noted.agent, campaign=noted.campaign))
    known.times += times
    if not known.times:
        del doc.told[name]


def added(one: Unfinished, other: Unfinished) -> Unfinished:
    """A call's facts and its orders lie in several partitions: what is told in both adds up."""
    for name, noted in other.told.items():
        _add(one, name, noted, noted.times)
    return one


def indexed(doc: Unfinished) -> dict[str, str | int | None]:
    """Found by the time since which something may be missing; what lacks nothing is not found."""
    since = min((milliseconds(noted.at) for _, noted in doc.perhaps()), default=None)
    return {"partner": doc.partner, "since": since}


unfinished = View(
    "unfinished", 1, TOPIC, FinishFact, Unfinished, by_call, fold, added, indexes=("partner", "since"), fields=indexed
)
