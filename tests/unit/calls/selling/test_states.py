"""States that others move: whatever the order of the messages, the end is where the last true one says."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.domain.fulfilment import FULFILMENT
from services.calls.domain.payment import PAYMENT
from services.calls.domain.states import Machine
from shared.contracts.selling import FulfilmentState, PaymentState
from tests.unit.calls.selling.catalogue import AT


def walked(machine: Machine[str], messages: list[tuple[int, str]]) -> str:
    state, since = "pending", None
    for minute, to in messages:
        at = AT + timedelta(minutes=minute)
        if machine.step(state, to, at, since) == "moves":
            state, since = to, at
    return state


@pytest.mark.parametrize(
    ("state", "to", "minutes", "step"),
    [
        ("pending", "paid", 0, "moves"),  # "authorised" was lost
        ("paid", "paid", 0, "stays"),
        ("paid", "authorised", 5, "late"),
        ("refunded", "paid", -5, "late"),
        ("failed", "authorised", 5, "moves"),  # a second attempt
        ("failed", "authorised", -5, "late"),  # the attempt that failed
        ("refunded", "charged_back", 5, "moves"),
        ("refunded", "authorised", 5, "late"),
        ("charged_back", "paid", 5, "moves"),
    ],
)
def test_what_a_message_of_a_payment_does(state: PaymentState, to: PaymentState, minutes: int, step: str) -> None:
    assert PAYMENT.step(state, to, AT + timedelta(minutes=minutes), AT) == step


@pytest.mark.parametrize(
    ("state", "to", "step"),
    [
        ("pending", "shipped", "moves"),
        ("shipped", "packed", "late"),
        ("lost", "delivered", "moves"),
        ("delivered", "lost", "late"),
        ("returned", "delivered", "late"),
    ],
)
def test_what_a_message_of_the_goods_does(state: FulfilmentState, to: FulfilmentState, step: str) -> None:
    assert FULFILMENT.step(state, to, AT, AT) == step


@pytest.mark.parametrize(("machine", "states"), [(PAYMENT, PaymentState), (FULFILMENT, FulfilmentState)])
def test_every_state_of_the_contract_has_its_steps(machine: Machine[str], states: object) -> None:
    assert set(machine.steps) == set(get_args(states))
    for one in machine.steps:
        for other in machine.steps:
            assert one == other or other in machine.reached[one] or one in machine.reached[other], "nothing contradicts"


HONEST = (
    ["accepted", "packed", "shipped", "delivered"],
    ["accepted", "packed", "shipped", "delivered", "returned"],
    ["accepted", "packed", "shipped", "returned"],
    ["accepted", "packed", "shipped", "lost", "delivered"],
)


@given(st.sampled_from(HONEST), st.data())
def test_goods_come_to_the_same_end_in_whatever_order_their_messages_come(said: list[str], data: st.DataObject) -> None:
    messages = list(enumerate(said))
    told = data.draw(st.permutations(messages + data.draw(st.lists(st.sampled_from(messages)))))
    machine: Machine[str] = FULFILMENT  # type: ignore[assignment]
    assert walked(machine, told) == said[-1]


@given(
    st.sampled_from((["authorised", "failed", "authorised", "paid"], ["failed", "paid", "charged_back", "paid"])),
    st.integers(0, 2),
)
def test_a_payment_is_where_its_last_message_says(said: list[str], lost: int) -> None:
    machine: Machine[str] = PAYMENT  # type: ignore[assignment]
    assert walked(machine, list(enumerate(said))) == "paid"
    assert walked(machine, [one for one in enumerate(said) if one[0] != lost]) == "paid", "one that is lost is jumped"
