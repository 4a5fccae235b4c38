"""A basket under the rules: discounts come from them alone, and who may not buy is told why."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.domain.basket import Asked, with_discounts
from services.calls.domain.pricing import Wanted
from services.calls.domain.verdicts import Context
from services.calls.events.campaign_rules import (
    DiscountRule,
    EligibilityRule,
    OfferRule,
    Ruleset,
    RulesPublished,
    When,
)
from shared.kernel import Rejected

AT = datetime(2026, 3, 4, 16, 40, tzinfo=UTC)
HERE = Context(country="HR")


def published(rules: Ruleset, scope: str = "spring", version: int = 3) -> RulesPublished:
    return RulesPublished(scope=scope, version=version, rules=rules, reason="as decided", at=AT, by="ana")


OFFERED = published(
    Ruleset(
        offers=(
            OfferRule(name="second", sku="VIT", kind="upsell", after=("KOL",), discount_percent="20"),
            OfferRule(name="plain", sku="TEA", kind="cross_sell", after=("KOL",)),
        ),
        discounts=(DiscountRule(name="known", percent="5", when=When(orders_at_least=1)),),
    )
)


def refused(asked: list[Asked], rules: RulesPublished = OFFERED) -> tuple[str, str]:
    with pytest.raises(Rejected) as wrong:
        with_discounts([rules], HERE, asked)
    return wrong.value.code, wrong.value.detail


def test_an_offer_that_was_taken_has_its_discount() -> None:
    asked = [Asked(Wanted(sku="KOL")), Asked(Wanted(sku="VIT", kind="upsell"), "second")]
    main, upsell = with_discounts([OFFERED], HERE, asked)
    assert (main.discount_percent, main.rule) == (None, None)
    assert (upsell.discount_percent, upsell.rule) == ("20", "spring/3#second")


def test_what_was_not_offered_has_the_discount_of_the_rules() -> None:
    known = Context(country="HR", orders=1)
    (line,) = with_discounts([OFFERED], known, [Asked(Wanted(sku="VIT"))])
    assert (line.discount_percent, line.rule) == ("5", "spring/3#known")
    main, cross = with_discounts(
        [OFFERED], known, [Asked(Wanted(sku="KOL")), Asked(Wanted(sku="TEA", kind="cross_sell"), "plain")]
    )
    assert {main.discount_percent, cross.discount_percent} == {"5"}


@pytest.mark.parametrize(
    "line",
    [
        Asked(Wanted(sku="VIT", kind="upsell", quantity=2), "second"),
        Asked(Wanted(sku="VIT", kind="cross_sell"), "second"),
        Asked(Wanted(sku="TEA", kind="upsell"), "second"),
        Asked(Wanted(sku="VIT", kind="upsell"), "third"),
    ],
)
def test_an_offer_is_taken_as_it_is_made_or_not_at_all(line: Asked) -> None:
    assert refused([Asked(Wanted(sku="KOL")), line])[0] == "unknown_offer"


def test_an_offer_next_to_a_product_needs_the_product() -> None:
    assert refused([Asked(Wanted(sku="VIT", kind="upsell"), "second")])[0] == "unknown_offer"


def test_who_may_not_buy_is_told_why() -> None:
    adults = EligibilityRule(name="adults", requires=When(countries=("SI",)), reason="Not in this country.")
    rules = published(Ruleset(eligibility=(adults,)))
    assert refused([Asked(Wanted(sku="KOL"))], rules) == ("not_eligible", "Not in this country.")


@given(st.lists(st.builds(Wanted, sku=st.sampled_from(["KOL", "VIT", "TEA"]), quantity=st.integers(1, 9)), max_size=5))
def test_without_rules_everything_is_as_it_was_asked_for(lines: list[Wanted]) -> None:
    assert with_discounts([], HERE, [Asked(line) for line in lines]) == lines


@given(
    st.lists(st.builds(Wanted, sku=st.sampled_from(["KOL", "VIT"]), discount_percent=st.just("90")), max_size=4),
    st.integers(0, 3),
)
def test_nobody_but_the_rules_gives_a_discount(lines: list[Wanted], orders: int) -> None:
    context = Context(country="HR", orders=orders)
    for line in with_discounts([OFFERED], context, [Asked(line) for line in lines]):
        assert line.discount_percent == ("5" if orders else None)
