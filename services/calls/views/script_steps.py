"""Where did calls go in a script, where did they leave it, and which of the ways sold?

The steps of a call and its sales come in any order, and lie in different partitions: each is kept for itself, and
joined when figures are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from services.calls.events.scripts import ScriptStepTaken, WalkEvent
from shared.contracts.calls import TOPIC, SaleRecorded
from shared.contracts.selling import OrderCancelled, OrderPlaced, SurveyAnswered
from shared.kernel import View


class WalkedStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step: the node, and the answer by which the call left it."""

    node: str
    at: datetime
    answer: str = ""


class GivenAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was answered to an input; see `SurveyAnswered`."""

    field: str
    choice: str | None = None
    number: int | None = None
    sealed: bool = False


class CallWalk(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call's way through one version of a script. Steps and answers by number of step."""

    call: str
    partner: str
    script: str
    version: int
    steps: dict[int, WalkedStep] = {}
    answers: dict[int, GivenAnswer] = {}

    @property
    def day(self) -> str:
        """The date in UTC on which the call began the script."""
        return min((step.at.date().isoformat() for step in self.steps.values()), default="")


def by_walk(event: WalkEvent) -> Iterable[tuple[str, WalkEvent]]:
    """One document for a call and a version."""
    return [(f"{event.script}/{event.version}/{event.call}", event)]


def fold_walk(doc: CallWalk | None, event: WalkEvent, sign: int) -> CallWalk:
    """A command's events are never reversed."""
    doc = doc or CallWalk(call=event.call, partner=event.partner, script=event.script, version=event.version)
    match event:
        case ScriptStepTaken():
            doc.steps[event.step] = WalkedStep(node=event.node, at=event.at, answer=event.answer)
        case SurveyAnswered():
            doc.answers[event.step] = GivenAnswer(
                field=event.field, choice=event.choice, number=event.number, sealed=event.sealed
            )
    return doc


def both_walks(one: CallWalk, other: CallWalk) -> CallWalk:
    """A step is in one shard, or the same in both for a moment of a move."""
    steps, answers = one.steps | other.steps, one.answers | other.answers
    return msgspec.structs.replace(one, steps=steps, answers=answers)


script_walks = View(
    "script_walks",
    1,
    TOPIC,
    WalkEvent,
    CallWalk,
    by_walk,
    fold_walk,
    both_walks,
    indexes=("script", "version", "day"),
    fields=lambda doc: {"script": doc.script, "version": doc.version, "day": doc.day},
)

SaleEvent = SaleRecorded | OrderPlaced | OrderCancelled


class CallSales(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a call sold: orders by their ids, and how many sales the telephony reports, corrections taken off."""

    call: str
    placed: list[str] = []
    cancelled: list[str] = []
    reported: int = 0

    @property
    def sold(self) -> bool:
        """Whether an order stands, or the telephony says so. An order that is cancelled does not stand; one whose goods
        came back was sold all the same."""
        return self.reported > 0 or bool(set(self.placed) - set(self.cancelled))


def by_sale(event: SaleEvent) -> Iterable[tuple[str, SaleEvent]]:
    """One document a call. An order without a call, such as a repeat shipment, is nobody's way to sell, and a test is
    none either."""
    match event:
        case SaleRecorded(counts=counts) if counts != "production":
            return []
        case SaleRecorded() | OrderPlaced() | OrderCancelled():
            return [(event.call, event)] if event.call is not None else []


def fold_sales(doc: CallSales | None, event: SaleEvent, sign: int) -> CallSales:
    """In any order: a reversal takes the sale off, whether or not it was seen before."""
    if event.call is None:
        raise ValueError("a sale without a call has no document")
    doc = doc or CallSales(call=event.call)
    match event:
        case SaleRecorded():
            doc.reported += sign
        case OrderPlaced(order=order):
            doc.placed = sorted({*doc.placed, order})
        case OrderCancelled(order=order):
            doc.cancelled = sorted({*doc.cancelled, order})
    return doc


def both_sales(one: CallSales, other: CallSales) -> CallSales:
    """Orders of both, sales added up."""
    return CallSales(
        call=one.call,
        placed=sorted({*one.placed, *other.placed}),
        cancelled=sorted({*one.cancelled, *other.cancelled}),
        reported=one.reported + other.reported,
    )


call_sales = View("call_sales", 1, TOPIC, SaleEvent, CallSales, by_sale, fold_sales, both_sales)


class WayFigures(msgspec.Struct, kw_only=True):
    """Calls, each counted once, and those of them that sold."""

    calls: int = 0
    sold: int = 0


class NodeFigures(msgspec.Struct, kw_only=True):
    """Of one node: `reached` and `sold` count calls that were there; `left` those that went no further; `answers` the
    calls by the answer that they left it by, which may be several where a call came again."""

    reached: int = 0
    left: int = 0
    sold: int = 0
    answers: dict[str, WayFigures] = {}


class ScriptFigures(msgspec.Struct, kw_only=True):
    """Of a script, or of one version of it."""

    calls: int = 0
    sold: int = 0
    nodes: dict[str, NodeFigures] = {}


def figures(walks: Iterable[CallWalk], sales: Mapping[str, CallSales]) -> ScriptFigures:
    """Count each call once at each node. A call that ends at a disposition has left there as well."""
    total = ScriptFigures()
    for walk in walks:
        if not walk.steps:
            continue
        sold = walk.call in sales and sales[walk.call].sold
        total.calls += 1
        total.sold += sold
        for node in {step.node for step in walk.steps.values()}:
            here = total.nodes.setdefault(node, NodeFigures())
            here.reached += 1
            here.sold += sold
        for node, answer in {(step.node, step.answer) for step in walk.steps.values()}:
            way = total.nodes[node].answers.setdefault(answer, WayFigures())
            way.calls += 1
            way.sold += sold
        total.nodes[walk.steps[max(walk.steps)].node].left += 1
    return total
