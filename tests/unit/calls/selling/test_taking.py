"""An order under the rules: discounts of offers and of rules, and what the customer may not have."""

from __future__ import annotations

import pytest

from services.calls.domain.pricing import Wanted
from services.calls.domain.taking import by_rules
from services.calls.domain.verdicts import Context
from services.calls.events.campaign_rules import (
    COMPANY,
    DiscountRule,
    EligibilityRule,
    OfferRule,
    Ruleset,
    RulesPublished,
    When,
)
from shared.kernel import Rejected
from tests.unit.calls.selling.catalogue import AT

ONCE = EligibilityRule(name="once", requires=When(bought_none=("BOOK",)), reason="One each.", skus=("BOOK",))
RULES = (
    RulesPublished(scope=COMPANY, version=1, rules=Ruleset(eligibility=(ONCE,)), reason="x", at=AT, by="ana"),
    RulesPublished(
        scope="lamps",
        version=2,
        rules=Ruleset(
            offers=(
                OfferRule(name="oil", sku="OIL", kind="cross_sell", after=("LAMP",), discount_percent="10"),
                OfferRule(name="soap", sku="SOAP", kind="upsell"),
            ),
            discounts=(DiscountRule(name="known", percent="5", when=When(orders_at_least=1)),),
        ),
        reason="x",
        at=AT,
        by="ana",
    ),
)
LAMP, OIL, SOAP = Wanted(sku="LAMP"), Wanted(sku="OIL", kind="cross_sell"), Wanted(sku="SOAP", kind="upsell")
NEW, KNOWN = Context(country="HR"), Context(country="HR", orders=1, bought=("BOOK",))


def discounts(*lines: tuple[Wanted, str], context: Context = NEW) -> list[tuple[str | None, str | None]]:
    return [(line.discount_percent, line.rule) for line in by_rules(RULES, lines, context)]


def test_a_line_has_the_discount_of_its_offer_else_of_the_rules() -> None:
    assert discounts((LAMP, ""), (OIL, "oil")) == [(None, None), ("10", "lamps/2#oil")]
    assert discounts((LAMP, ""), (OIL, "")) == [(None, None), (None, None)]
    by_known = ("5", "lamps/2#known")
    assert discounts((LAMP, ""), (OIL, "oil"), (SOAP, "soap"), context=KNOWN) == [
        by_known,
        ("10", "lamps/2#oil"),
        by_known,
    ]
    assert by_rules((), [(LAMP, "")], NEW) == (LAMP,)


@pytest.mark.parametrize(
    ("lines", "context", "code"),
    [
        ([(OIL, "oil")], NEW, "offer_not_made"),
        ([(OIL, "oil"), (LAMP, "")], NEW, "offer_not_made"),
        ([(LAMP, ""), (SOAP, "oil")], NEW, "offer_not_made"),
        ([(LAMP, ""), (Wanted(sku="OIL", kind="cross_sell", quantity=2), "oil")], NEW, "offer_not_made"),
        ([(LAMP, ""), (OIL, "invented")], NEW, "offer_not_made"),
        ([(Wanted(sku="BOOK"), "")], KNOWN, "not_eligible"),
    ],
)
def test_nobody_gets_a_discount_or_a_product_that_the_rules_do_not_give(
    lines: list[tuple[Wanted, str]], context: Context, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        by_rules(RULES, lines, context)
    assert refused.value.code == code
