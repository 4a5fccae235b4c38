"""The sums of a partner's days: what counts where, and that a reversal leaves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given as whatever
from hypothesis import strategies as st

from services.reconciliation.views.selling import Selling, SellingFact, Sold, add, selling
from shared.kernel import Event
from tests.spec import published, seen
from tests.unit.reconciliation.economics.facts import answered, ended, result, sold, started, talked

DAY = "adria:2026-03-02:spring"
MAKERS: list[Callable[..., Any]] = [started, answered, talked, ended, result, sold]


def facts() -> st.SearchStrategy[SellingFact]:
    """Facts of two partners, three days, campaigns and none."""
    place = st.fixed_dictionaries(
        {
            "partner": st.sampled_from(["adria", "bosna"]),
            "day": st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-03"]),
            "campaign": st.sampled_from([None, "spring", "summer"]),
        }
    )
    sale = st.builds(
        lambda at, minor, currency, sku: sold(minor, currency, sku=sku, **at),
        place,
        st.none() | st.integers(-5000, 5000),
        st.sampled_from(["EUR", "BAM"]),
        st.sampled_from([None, "L1", "L2"]),
    )
    other = st.builds(lambda make, at: make(**at), st.sampled_from(MAKERS[:5]), place)
    return sale | other


def test_a_call_counts_in_its_campaign_by_what_became_of_it() -> None:
    docs = seen(selling, started(), answered(), talked(hold_ms=500), result(wrap_ms=900), ended(), sold())
    assert docs == {
        DAY: Selling(
            partner="adria",
            day="2026-03-02",
            campaign="spring",
            calls=1,
            answered=1,
            contacts=1,
            talk_ms=80_000,
            hold_ms=500,
            wrap_ms=900,
            products={"L1": Sold(sales=1, revenue={"EUR": 4900})},
        )
    }


def test_only_results_that_say_so_are_contacts() -> None:
    docs = seen(selling, result("answering_machine"), result("not_interested"), result("no_answer"), result("nonsense"))
    assert docs[DAY].contacts == 1


def test_a_second_answer_is_no_second_answered_call() -> None:
    docs = seen(selling, answered(), answered(first=False, leg="l2"))
    assert docs[DAY].answered == 1


def test_test_calls_and_facts_that_count_nothing_leave_no_document() -> None:
    assert seen(selling, started(counts="test"), sold(counts="test"), ended(), result("no_answer")) == {}


def test_a_sale_without_amount_or_product_is_a_sale() -> None:
    docs = seen(selling, sold(None, sku=None), sold(1000, "BAM", sku=None))
    assert docs[DAY].products == {"": Sold(sales=2, unpriced=1, revenue={"BAM": 1000})}


def test_calls_without_a_campaign_have_a_document_of_their_own() -> None:
    assert seen(selling, started(campaign=None), started(campaign=""))["adria:2026-03-02"].calls == 1


@whatever(st.lists(facts(), max_size=12))
def test_what_is_taken_back_leaves_nothing(happened: list[SellingFact]) -> None:
    told = [published(fact, number) for number, fact in enumerate(happened, 1)]
    back = [published(one.event, 100 + number, reverses=one) for number, one in enumerate(told)]
    for key, doc in seen(selling, *told, *back).items():
        assert doc == Selling(partner=key.split(":")[0], day=doc.day, campaign=doc.campaign)


@whatever(st.lists(st.tuples(facts(), st.booleans()), max_size=12))
def test_two_shards_add_up_to_one(happened: list[tuple[SellingFact, bool]]) -> None:
    whole = seen(selling, *[fact for fact, _ in happened])
    parts = [seen(selling, *[fact for fact, there in happened if there is side]) for side in (True, False)]
    merged = {
        key: add(parts[0][key], parts[1][key])
        if key in parts[0] and key in parts[1]
        else parts[0].get(key) or parts[1][key]
        for key in parts[0].keys() | parts[1].keys()
    }
    assert {key: msgspec.to_builtins(doc) for key, doc in merged.items()} == {
        key: msgspec.to_builtins(doc) for key, doc in whole.items()
    }


@whatever(st.lists(facts(), max_size=12), st.randoms())
def test_the_order_of_facts_plays_no_part(happened: list[SellingFact], dice: Any) -> None:
    other: list[Event] = list(happened)
    dice.shuffle(other)
    assert seen(selling, *other) == seen(selling, *happened)
