"""Steps of calls: each counts once, in one version, and the figures are the same in whatever order things come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.calls.domain.walk import Step, TakeSteps, walk
from services.calls.events.scripts import ScriptStepTaken
from services.calls.views.script_steps import (
    CallSales,
    CallWalk,
    NodeFigures,
    ScriptFigures,
    WayFigures,
    both_sales,
    both_walks,
    call_sales,
    figures,
    script_walks,
)
from shared.contracts.calls import SaleRecorded
from shared.contracts.selling import OrderCancelled, SurveyAnswered
from shared.kernel import Event, Recorded, View
from tests.spec import given, published, seen
from tests.unit.calls.selling.catalogue import AT, WHO
from tests.unit.calls.selling.shop import placed

CALL = "adria-1:c1"
OF: dict[str, Any] = {"call": CALL, "partner": "adria", "by": "ana"}
WHERE: dict[str, Any] = {"script": "c", "version": 1}


def take(*steps: Step) -> TakeSteps:
    return TakeSteps(**OF, steps=steps, at=AT)


def step(nth: int, node: str, answer: str = "", **more: Any) -> Step:
    return Step(step=nth, node=node, answer=answer, at=AT, **{**WHERE, **more})


def taken(number: int, node: str, answer: str = "", call: str = CALL, **more: Any) -> ScriptStepTaken:
    return ScriptStepTaken(
        **{**OF, **WHERE, "step": number, "node": node, "answer": answer, "at": AT, "call": call, **more}
    )


def test_steps_count_once_however_often_they_are_sent() -> None:
    first = taken(1, "hello")
    given(walk).when(take(step(1, "hello"))).then(first)
    given(walk, first).when(take(step(1, "hello"), step(2, "ask", "yes"))).then(taken(2, "ask", "yes"))
    given(walk).when(take(step(2, "ask", "yes"), step(1, "hello"), step(1, "hello"))).then(
        first, taken(2, "ask", "yes")
    )
    given(walk, first).when(take(step(1, "ask"))).then_rejected("step_differs")


def test_a_call_stays_with_the_version_that_it_began() -> None:
    given(walk, taken(1, "hello")).when(take(step(2, "ask", version=2))).then_rejected("another_version")
    given(walk, taken(1, "hello")).when(take(step(2, "ask", script="d", version=2))).then(
        taken(2, "ask", script="d", version=2)
    )


def test_a_panels_clock_is_never_ahead_of_ours() -> None:
    ahead = msgspec.structs.replace(step(1, "hello"), at=AT + timedelta(hours=1))
    given(walk).when(take(ahead)).then(taken(1, "hello"))


def test_closed_answers_and_numbers_are_told_and_text_is_not() -> None:
    answer: dict[str, Any] = {**OF, **WHERE, "node": "why", "field": "why", "at": AT}
    said = step(1, "why", field="why", choice="price")
    given(walk).when(take(said)).then(taken(1, "why"), SurveyAnswered(**answer, step=1, choice="price"))
    given(walk).when(take(step(2, "why", field="why", number=7))).then(
        taken(2, "why"), SurveyAnswered(**answer, step=2, number=7)
    )
    sealed = SurveyAnswered(**answer, step=3, sealed=True)
    given(walk).when(take(step(3, "why", field="why", sealed=True))).then(taken(3, "why"), sealed)
    assert "text" not in SurveyAnswered.__struct_fields__


def sale(call: str = CALL, counts: Any = "production") -> SaleRecorded:
    return SaleRecorded(
        call=call,
        source="adria-1",
        partner="adria",
        direction="inbound",
        at=AT,
        interval=AT,
        day="2026-03-04",
        counts=counts,
    )


def cancelled(**more: Any) -> OrderCancelled:
    order = placed(call=CALL, **more)
    return OrderCancelled(
        order=order.order,
        partner="adria",
        currency="EUR",
        lines=order.lines,
        ordered_at=AT,
        reason="mind",
        call=CALL,
        **WHO,
    )


def sold(*happened: Event | Recorded[Any]) -> bool:
    docs = seen(call_sales, *happened)
    return CALL in docs and docs[CALL].sold


def test_an_order_that_stands_or_a_reported_sale_is_a_sale() -> None:
    order = placed(call=CALL)
    assert sold(order)
    assert sold(sale())
    assert not sold(sale(counts="test"))
    assert not sold(order, cancelled())
    assert not sold(cancelled(), order)
    assert sold(order, cancelled(), placed(call=CALL, order="adria:2"))
    assert sold(order, cancelled(), sale())
    assert not seen(call_sales, placed(call=None))


def test_a_sale_that_is_taken_back_is_none_in_whichever_order() -> None:
    first = published(sale())
    back = published(sale(), 2, reverses=first)
    assert not sold(first, back)
    assert not sold(back, first)
    assert sold(first, back, published(sale(), 3))


def test_figures_count_each_call_once_at_each_node() -> None:
    events = [
        taken(1, "hello"),
        taken(2, "ask", "again"),
        taken(3, "hello"),
        taken(4, "ask", "yes"),
        taken(5, "sold"),
        taken(1, "hello", call="adria-1:c2"),
        taken(2, "ask", "no", call="adria-1:c2"),
    ]
    found = figures(seen(script_walks, *events).values(), seen(call_sales, sale()))
    once, won = WayFigures(calls=1), WayFigures(calls=1, sold=1)
    assert found == ScriptFigures(
        calls=2,
        sold=1,
        nodes={
            "hello": NodeFigures(reached=2, left=0, sold=1, answers={"": WayFigures(calls=2, sold=1)}),
            "ask": NodeFigures(reached=2, left=1, sold=1, answers={"again": won, "yes": won, "no": once}),
            "sold": NodeFigures(reached=1, left=1, sold=1, answers={"": won}),
        },
    )


CALLS = st.sampled_from(["adria-1:c1", "adria-1:c2", "adria-1:c3"])
STEPS = st.builds(
    lambda call, number: taken(number, "abcd"[number % 4], "xy"[number % 2], call=call), CALLS, st.integers(1, 6)
)
SALES = st.builds(sale, CALLS)


def by_shard(view: View[Any, Any, Any], merge: Any, shards: list[list[Any]]) -> dict[str, Any]:
    docs: dict[str, Any] = {}
    for one in shards:
        for key, doc in seen(view, *one).items():
            docs[key] = merge(docs[key], doc) if key in docs else doc
    return docs


@drawn(st.lists(STEPS, max_size=12), st.lists(SALES, max_size=4), st.data())
def test_figures_are_the_same_in_any_order_and_over_any_partitions(
    steps: list[Any], sales: list[Any], data: st.DataObject
) -> None:
    first = [published(one, number) for number, one in enumerate(sales, 1)]
    back = [
        published(one.event, 100 + number, reverses=one)
        for number, one in enumerate(first)
        if data.draw(st.booleans(), label="taken back")
    ]
    happened: list[Any] = [*first, *back]
    live = figures(seen(script_walks, *steps).values(), seen(call_sales, *happened))
    shards: list[list[Any]] = [[], [], []]
    for one in data.draw(st.permutations(happened)):
        shards[data.draw(st.integers(0, 2))].append(one)
    others: list[list[Any]] = [[], []]
    for taken_step in data.draw(st.permutations(steps)):
        others[data.draw(st.integers(0, 1))].append(taken_step)
    walks: dict[str, CallWalk] = by_shard(script_walks, both_walks, others)
    folded: dict[str, CallSales] = by_shard(call_sales, both_sales, shards)
    assert figures(walks.values(), folded) == live
    for node in live.nodes.values():
        assert node.sold <= node.reached <= live.calls
        assert node.left <= node.reached
    assert sum(node.left for node in live.nodes.values()) == live.calls
