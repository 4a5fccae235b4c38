"""Talks are the same in whatever order facts and corrections come, and are joined over midnight."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given as drawn
from hypothesis import strategies as st

from services.training.views.surveys import call_surveys, later
from services.training.views.talks import AgentDay, TalkEvent, agent_talks, both, both_orders, call_orders, whole_talks
from shared.contracts.calls import CallDispositioned, CallEnded, SaleRecorded
from shared.contracts.selling import OrderCancelled, OrderPlaced, SurveyAnswered
from shared.kernel import Recorded
from tests.spec import published, seen

AT = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def fact(call: str = "adria-1:c1", **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "call": call,
        "source": "adria-1",
        "partner": "adria",
        "direction": "inbound",
        "at": AT,
        "interval": AT,
        "day": "2026-03-04",
        "campaign": "lamps",
        "agent": "a7",
    }
    return {**told, **more}


def ended(talk_ms: int, **more: Any) -> CallEnded:
    told: dict[str, Any] = {"scope": "leg", "reason": "completed", "ended_by": "customer", "talk_ms": talk_ms}
    return CallEnded(**fact(), **told) if not more else CallEnded(**fact(**more), **told)


def result(canonical: str, **more: Any) -> CallDispositioned:
    return CallDispositioned(**fact(**more), native=canonical.upper(), canonical=canonical)


facts = st.one_of(
    st.builds(ended, st.integers(0, 10_000), day=st.sampled_from(["2026-03-04", "2026-03-05"]),
              call=st.sampled_from(["c1", "c2"]), campaign=st.sampled_from(["lamps", None])),
    st.builds(result, st.sampled_from(["sale", "callback"]), call=st.sampled_from(["c1", "c2"])),
    st.builds(lambda call: SaleRecorded(**fact(call)), st.sampled_from(["c1", "c2"])),
)  # fmt: skip


@drawn(st.lists(st.tuples(facts, st.booleans()), max_size=12), st.randoms(use_true_random=False))
def test_a_day_is_the_same_in_any_order_and_corrections_leave_nothing(
    told: list[tuple[TalkEvent, bool]], dice: random.Random
) -> None:
    firsts = [published(event, number) for number, (event, _) in enumerate(told, 1)]
    backs = [
        published(one.event, 100 + one.position[0], reverses=one)
        for one, (_, taken_back) in zip(firsts, told, strict=True)
        if taken_back
    ]
    shuffled: list[Recorded[Any]] = firsts + backs
    dice.shuffle(shuffled)
    kept = [event for event, taken_back in told if not taken_back]
    assert _talks(seen(agent_talks, *shuffled)) == _talks(seen(agent_talks, *kept))


@drawn(st.lists(facts, max_size=12), st.integers(0, 12))
def test_two_shards_add_up_to_the_whole(told: list[TalkEvent], cut: int) -> None:
    one, other = seen(agent_talks, *told[:cut]), seen(agent_talks, *told[cut:])
    added = {key: both(one[key], other[key]) if key in one and key in other else {**one, **other}[key]
             for key in one.keys() | other.keys()}  # fmt: skip
    assert _talks(added) == _talks(seen(agent_talks, *told))


def _talks(docs: dict[str, AgentDay]) -> dict[tuple[str, str], Any]:
    return {(key, call): talk for key, doc in docs.items() for call, talk in doc.talks.items()}


def test_legs_add_up_and_a_result_after_midnight_belongs_to_the_talk() -> None:
    midnight = {"day": "2026-03-05"}
    docs = seen(agent_talks, ended(60_000), ended(30_000), result("sale", **midnight), result("callback", agent="a8"))
    (talk,) = whole_talks(docs.values())
    assert (talk.call, talk.agent, talk.day) == ("adria-1:c1", "a7", "2026-03-04")
    assert (talk.talk.talk_ms, talk.talk.result, talk.talk.campaign) == (90_000, "sale", "lamps")


def test_what_is_nobodys_talk_is_not_kept() -> None:
    nobody = ended(1, agent=None)
    test = ended(1, counts="test")
    whole = CallEnded(**fact(), scope="call", reason="completed", ended_by="customer", talk_ms=5)
    assert seen(agent_talks, nobody, test, whole) == {}


def order(kind: type[Any], ident: str, call: str | None = "adria-1:c1") -> Any:
    told: dict[str, Any] = {"order": ident, "partner": "adria", "currency": "EUR", "lines": (), "by": "a7"}
    if kind is OrderPlaced:
        return OrderPlaced(**told, country="HR", customer_ref="cus_1", call=call, at=AT)
    return OrderCancelled(**told, reason="Changed their mind.", call=call, ordered_at=AT, at=AT + timedelta(days=9))


def test_a_cancelled_order_is_found_by_the_day_on_which_it_was_placed() -> None:
    told = [order(OrderPlaced, "1"), order(OrderCancelled, "1"), order(OrderPlaced, "2", None)]
    docs = seen(call_orders, *told)
    (doc,) = docs.values()
    assert (doc.day, doc.placed, doc.cancelled) == ("2026-03-04", {"adria-1:c1": 1}, {"adria-1:c1": 1})
    shards = [next(iter(seen(call_orders, one).values())) for one in told[:2]]
    assert both_orders(*shards) == doc


def survey(step: int, field: str, number: int) -> SurveyAnswered:
    return SurveyAnswered(
        call="adria-1:c1", partner="adria", script="after", version=1, step=step, node=f"n{field}", field=field,
        at=AT, by="a7", number=number,
    )  # fmt: skip


@drawn(st.permutations([survey(1, "stars", 2), survey(2, "again", 1), survey(3, "stars", 5)]), st.integers(0, 3))
def test_of_two_answers_to_a_field_the_later_step_is_meant(told: list[SurveyAnswered], cut: int) -> None:
    (doc,) = seen(call_surveys, *told).values()
    assert {one.field: one.number for one in doc.answers.values()} == {"stars": 5, "again": 1}
    if 0 < cut < 3:
        (one,), (other,) = (seen(call_surveys, *part).values() for part in (told[:cut], told[cut:]))
        assert later(one, other) == doc
