"""Rules as data: versions follow each other, and what was decided by one stays, whatever is published after it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from services.calls.domain.campaign_rules import PublishRules, campaign_rules
from services.calls.domain.verdicts import (
    Context,
    Discount,
    Offer,
    discount,
    eligible,
    fits,
    may_dial,
    offers,
    rules_at,
)
from services.calls.events.campaign_rules import (
    COMPANY,
    DialHours,
    DialRule,
    DiscountRule,
    EligibilityRule,
    OfferRule,
    Ruleset,
    RulesPublished,
    When,
)
from services.calls.views.campaign_rules import known_rules
from tests.spec import given, seen
from tests.unit.calls.selling.catalogue import AT, WHO

WEEK = (1, 2, 3, 4, 5)
HOURS = (DialHours(days=WEEK, starts="09:00", ends="20:00"),)
WEDNESDAY_NOON = datetime.fromisoformat("2026-03-04T12:00")
HR = DialRule(country="HR", hours=HOURS, closed=(date(2026, 3, 19),), abandoned_percent="3")


def published(rules: Ruleset, scope: str = COMPANY, version: int = 1, at: datetime = AT) -> RulesPublished:
    return RulesPublished(scope=scope, version=version, rules=rules, reason="spring", at=at, by="ana")


def publish(rules: Ruleset, **more: Any) -> PublishRules:
    return PublishRules(scope="lamps", rules=rules, reason="spring", **WHO | more)


def offer(name: str, sku: str = "OIL", **more: Any) -> OfferRule:
    return OfferRule(name=name, sku=sku, kind="upsell", **more)


def in_hr(**more: Any) -> Context:
    return Context(country="HR", **more)


# Publishing


def test_rules_are_numbered_and_the_same_once_more_is_nothing_new() -> None:
    first, second = Ruleset(dialling=(HR,)), Ruleset(offers=(offer("oil"),))
    given(campaign_rules).when(publish(first)).then(published(first, "lamps"))
    given(campaign_rules, published(first, "lamps")).when(publish(first)).then()
    given(campaign_rules, published(first, "lamps")).when(publish(second)).then(published(second, "lamps", 2))
    doc = seen(known_rules, published(first, "lamps"), published(second, "lamps", 2))["lamps"]
    assert [one.rules for one in doc.versions] == [first, second]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (Ruleset(offers=(offer("oil"), offer("oil", "SOAP"))), "rule_twice"),
        (Ruleset(offers=(offer("oil"),), discounts=(DiscountRule(name="oil", percent="5"),)), "rule_twice"),
        (Ruleset(dialling=(HR, HR)), "rule_twice"),
        (Ruleset(offers=(offer("Oil!"),)), "rule_wrong"),
        (Ruleset(offers=(offer("oil", "no sku"),)), "rule_wrong"),
        (Ruleset(offers=(offer("oil", quantity=0),)), "rule_wrong"),
        (Ruleset(offers=(offer("oil", discount_percent="100.5"),)), "rule_wrong"),
        (Ruleset(offers=(offer("oil", when=When(countries=("Croatia",))),)), "rule_wrong"),
        (Ruleset(offers=(offer("oil", when=When(orders_at_least=2, orders_at_most=1)),)), "rule_wrong"),
        (Ruleset(discounts=(DiscountRule(name="all", percent="five"),)), "rule_wrong"),
        (Ruleset(eligibility=(EligibilityRule(name="x", requires=When(), reason=""),)), "rule_wrong"),
        (Ruleset(dialling=(DialRule(country="hr", hours=HOURS),)), "rule_wrong"),
        (Ruleset(discounts=tuple(DiscountRule(name=f"n{n}", percent="1") for n in range(501))), "rule_wrong"),
        (Ruleset(dialling=(DialRule(country="HR", hours=(DialHours(days=WEEK, starts="20:00", ends="09:00"),)),)),
         "hours_wrong"),
        (Ruleset(dialling=(DialRule(country="HR", hours=(DialHours(days=(0,), starts="09:00", ends="10:00"),)),)),
         "hours_wrong"),
    ],
)  # fmt: skip
def test_rules_that_nobody_could_go_by_are_refused(rules: Ruleset, code: str) -> None:
    given(campaign_rules).when(publish(rules)).then_rejected(code)


# Conditions and eligibility


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (When(), True),
        (When(countries=("SI", "HR")), True),
        (When(countries=("SI",)), False),
        (When(languages=("sl",)), False),
        (When(directions=("inbound",)), True),
        (When(directions=("outbound",)), False),
        (When(bought_any=("LAMP", "X")), True),
        (When(bought_any=("X",)), False),
        (When(bought_none=("LAMP",)), False),
        (When(basket_any=("OIL",)), True),
        (When(basket_none=("OIL",)), False),
        (When(orders_at_least=2), True),
        (When(orders_at_least=3), False),
        (When(orders_at_most=2), True),
        (When(orders_at_most=1), False),
        (When(countries=("HR",), orders_at_most=0), False),
    ],
)
def test_all_that_a_condition_says_must_hold(when: When, holds: bool) -> None:
    call = in_hr(language="hr", direction="inbound", orders=2, bought=("LAMP",), basket=("OIL",))
    assert fits(when, call) is holds


def test_an_order_must_pass_the_rules_of_company_and_campaign() -> None:
    company = published(
        Ruleset(eligibility=(EligibilityRule(name="here", requires=When(countries=("HR",)), reason="a"),))
    )
    strict = EligibilityRule(name="first-lamp", requires=When(bought_none=("LAMP",)), reason="b", skus=("LAMP",))
    both = (company, published(Ruleset(eligibility=(strict,)), "lamps", 4))
    verdict = eligible(both, in_hr(bought=("LAMP",), basket=("OIL",)))
    assert (verdict.allowed, verdict.code, verdict.versions) == (True, "allowed", ("company/1", "lamps/4"))
    verdict = eligible(both, in_hr(bought=("LAMP",), basket=("OIL", "LAMP")))
    assert (verdict.allowed, verdict.code, verdict.reason) == (False, "not_eligible", "b")
    assert verdict.rule == "lamps/4#first-lamp"
    assert eligible(both, Context(country="SI")).rule == "company/1#here"


# Offers and discounts


def test_offers_come_in_the_order_of_the_rules_the_campaigns_first() -> None:
    company = published(
        Ruleset(offers=(offer("soap", "SOAP"), offer("oil-again", "OIL"), offer("late", after=("OIL",))))
    )
    campaign = published(
        Ruleset(
            offers=(
                offer("three", "LAMP", after=("LAMP",), quantity=3, discount_percent="20"),
                offer("oil", "OIL", after=("LAMP", "SOAP")),
                offer("abroad", "MAP", when=When(countries=("SI",))),
            ),
            discounts=(DiscountRule(name="known", percent="5", when=When(orders_at_least=1)),),
        ),
        "lamps",
        2,
    )
    found = offers((company, campaign), "LAMP", in_hr(orders=1, basket=("LAMP",)))
    assert [(one.rule, one.sku, one.quantity, one.discount_percent, one.discount_rule) for one in found] == [
        ("lamps/2#three", "LAMP", 3, "20", "lamps/2#three"),
        ("lamps/2#oil", "OIL", 1, "5", "lamps/2#known"),
        ("company/1#soap", "SOAP", 1, "5", "lamps/2#known"),
    ]
    made = offers((company, campaign), "LAMP", in_hr(made=("three", "oil", "soap")))
    assert [one.rule for one in made] == ["company/1#oil-again"]
    assert [one.name for one in offers((company, campaign), "", in_hr())] == ["soap", "oil-again"]


def test_what_the_customer_may_not_buy_is_not_offered() -> None:
    once = EligibilityRule(name="once", requires=When(bought_none=("OIL",)), reason="only once", skus=("OIL",))
    rules = (published(Ruleset(eligibility=(once,), offers=(offer("oil"), offer("soap", "SOAP")))),)
    assert [one.name for one in offers(rules, "", in_hr())] == ["oil", "soap"]
    assert [one.name for one in offers(rules, "", in_hr(bought=("OIL",)))] == ["soap"]


def test_the_first_discount_that_fits_is_given_the_campaigns_before_the_companys() -> None:
    company = published(Ruleset(discounts=(DiscountRule(name="all", percent="1"),)))
    known = DiscountRule(name="known", percent="7.5", skus=("LAMP",), when=When(orders_at_least=1))
    campaign = published(Ruleset(discounts=(known,)), "lamps", 3)
    both = (company, campaign)
    assert discount(both, "LAMP", in_hr(orders=1)) == Discount(percent="7.5", rule="lamps/3#known")
    assert discount(both, "LAMP", in_hr()) == Discount(percent="1", rule="company/1#all")
    assert discount(both, "OIL", in_hr(orders=1)) == Discount(percent="1", rule="company/1#all")
    assert discount((campaign,), "OIL", in_hr(orders=1)) is None


# Dialling


def at(clock: str, day: int = 4) -> datetime:
    return datetime.fromisoformat(f"2026-03-{day:02}T{clock}")


@pytest.mark.parametrize(
    ("local", "abandoned", "do_not_call", "code"),
    [
        (at("12:00"), None, False, "allowed"),
        (at("09:00"), None, False, "allowed"),
        (at("19:59:59"), Fraction(3, 100), False, "allowed"),
        (at("20:00"), None, False, "outside_hours"),
        (at("08:59:59"), None, False, "outside_hours"),
        (at("12:00", 7), None, False, "outside_hours"),
        (at("12:00", 19), None, False, "closed_day"),
        (at("12:00"), Fraction(301, 10_000), False, "abandoned_limit"),
        (at("12:00"), None, True, "do_not_call"),
    ],
)
def test_a_country_is_dialled_within_its_rules(
    local: datetime, abandoned: Fraction | None, do_not_call: bool, code: str
) -> None:
    verdict = may_dial((published(Ruleset(dialling=(HR,)), version=5),), "HR", local, abandoned, do_not_call)
    assert (verdict.code, verdict.allowed, verdict.versions) == (code, code == "allowed", ("company/5",))
    assert verdict.rule == (None if verdict.allowed else "company/5#HR")
    assert bool(verdict.reason) is not verdict.allowed


def test_a_country_without_a_rule_of_the_company_is_not_dialled() -> None:
    campaign = published(Ruleset(dialling=(HR,)), "lamps")
    assert may_dial((campaign,), "HR", WEDNESDAY_NOON, None, False).code == "no_rule"
    assert may_dial((published(Ruleset(dialling=(HR,))),), "SI", WEDNESDAY_NOON, None, False).code == "no_rule"


def test_midnight_is_the_end_of_a_day_and_not_its_beginning() -> None:
    round_the_clock = DialRule(country="HR", hours=(DialHours(days=(3,), starts="00:00", ends="24:00"),))
    rules = (published(Ruleset(dialling=(round_the_clock,))),)
    assert may_dial(rules, "HR", at("23:59:59"), None, False).allowed
    assert may_dial(rules, "HR", at("00:00"), None, False).allowed
    assert may_dial(rules, "HR", at("00:00", 5), None, False).code == "outside_hours"


def test_who_asked_not_to_be_called_is_called_where_no_rule_minds_it() -> None:
    free = published(Ruleset(dialling=(DialRule(country="HR", hours=HOURS, do_not_call=False),)))
    assert may_dial((free,), "HR", WEDNESDAY_NOON, None, True).allowed


# Properties

skus = st.sampled_from(["LAMP", "OIL", "SOAP"])
few_skus = st.lists(skus, max_size=2, unique=True).map(tuple)
countries = st.sampled_from(["HR", "SI"])
whens = st.builds(
    When,
    countries=st.lists(countries, max_size=2, unique=True).map(tuple),
    bought_any=few_skus,
    bought_none=few_skus,
    basket_any=few_skus,
    basket_none=few_skus,
    orders_at_least=st.integers(0, 2),
)
names = st.sampled_from([f"r{number}" for number in range(8)])
hours = st.builds(
    DialHours,
    days=st.lists(st.integers(1, 7), min_size=1, unique=True).map(tuple),
    starts=st.sampled_from(["00:00", "09:00"]),
    ends=st.sampled_from(["17:00", "24:00"]),
)
rulesets = st.builds(
    Ruleset,
    eligibility=st.lists(
        st.builds(EligibilityRule, name=names, requires=whens, reason=st.just("so"), skus=few_skus), max_size=2,
        unique_by=lambda rule: rule.name,
    ).map(tuple),
    offers=st.lists(
        st.builds(
            OfferRule,
            name=names,
            sku=skus,
            kind=st.sampled_from(["main", "upsell", "cross_sell"]),
            after=few_skus,
            when=whens,
            discount_percent=st.none() | st.integers(0, 100).map(str),
        ),
        max_size=4,
        unique_by=lambda rule: rule.name,
    ).map(tuple),
    discounts=st.lists(
        st.builds(DiscountRule, name=names, percent=st.integers(0, 100).map(str), when=whens), max_size=2,
        unique_by=lambda rule: rule.name,
    ).map(tuple),
    dialling=st.lists(
        st.builds(
            DialRule,
            country=countries,
            hours=st.lists(hours, min_size=1, max_size=2).map(tuple),
            abandoned_percent=st.none() | st.integers(0, 5).map(str),
            do_not_call=st.booleans(),
        ),
        max_size=2,
        unique_by=lambda rule: rule.country,
    ).map(tuple),
)  # fmt: skip
contexts = st.builds(
    Context,
    country=countries,
    orders=st.integers(0, 3),
    bought=few_skus,
    basket=few_skus,
    made=st.lists(names, max_size=2).map(tuple),
)
locals_ = st.datetimes(datetime.fromisoformat("2026-03-01"), datetime.fromisoformat("2026-03-31"))
shares = st.none() | st.fractions(0, 1)


@st.composite
def histories(draw: st.DrawFn) -> list[RulesPublished]:
    """Versions of company and campaign, one a minute, numbered in their order."""
    found: list[RulesPublished] = []
    counts = {COMPANY: 0, "lamps": 0}
    for number, rules in enumerate(draw(st.lists(rulesets, max_size=6))):
        scope = draw(st.sampled_from(sorted(counts)))
        counts[scope] += 1
        found.append(published(rules, scope, counts[scope], AT + timedelta(minutes=number)))
    return found


@drawn(histories(), contexts, st.sampled_from(["", "LAMP", "OIL"]), locals_, shares, st.booleans(), st.data())
def test_a_change_of_rules_never_alters_what_was_decided_before(
    history: list[RulesPublished],
    call: Context,
    product: str,
    local: datetime,
    share: Fraction | None,
    asked_not_to: bool,
    data: st.DataObject,
) -> None:
    known = data.draw(st.integers(0, len(history)))
    when = AT + timedelta(minutes=known - 1)
    before = rules_at(history[:known], when)
    after = rules_at(data.draw(st.permutations(history)), when)
    assert after == before
    assert offers(after, product, call) == offers(before, product, call)
    assert eligible(after, call) == eligible(before, call)
    assert may_dial(after, "HR", local, share, asked_not_to) == may_dial(before, "HR", local, share, asked_not_to)


@drawn(histories(), contexts, st.sampled_from(["", "LAMP"]), locals_, shares, st.booleans())
def test_every_decision_names_the_versions_by_which_it_was_made_and_is_made_again_by_them(
    history: list[RulesPublished],
    call: Context,
    product: str,
    local: datetime,
    share: Fraction | None,
    asked_not_to: bool,
) -> None:
    rules = rules_at(history, AT + timedelta(hours=1))
    by_label = {one.label: one for one in history}
    for verdict in (eligible(rules, call), may_dial(rules, "HR", local, share, asked_not_to)):
        assert [by_label[label] for label in verdict.versions] == list(rules)
        assert verdict.rule is None or verdict.rule.partition("#")[0] in verdict.versions
        assert verdict.allowed == (verdict.code == "allowed")
    for one in offers(rules, product, call):
        version, _, name = one.rule.partition("#")
        rule = next(
            each
            for each in by_label[version].rules.offers
            if (each.name, each.sku, each.kind) == (name, one.sku, one.kind)
        )
        assert fits(rule.when, call)
        assert one.name not in call.made
        if one.discount_rule is not None:
            assert one.discount_rule.partition("#")[0] in by_label


@drawn(rulesets, rulesets, contexts, locals_, shares, st.booleans())
def test_a_campaign_can_only_be_stricter_than_the_company(
    company: Ruleset, campaign: Ruleset, call: Context, local: datetime, share: Fraction | None, asked_not_to: bool
) -> None:
    alone, both = (published(company),), (published(company), published(campaign, "lamps"))
    assert eligible(alone, call).allowed or not eligible(both, call).allowed
    dialled = may_dial(both, call.country, local, share, asked_not_to)
    assert may_dial(alone, call.country, local, share, asked_not_to).allowed or not dialled.allowed


@drawn(rulesets, contexts)
def test_nothing_is_offered_twice_nor_against_the_rules(rules: Ruleset, call: Context) -> None:
    held = (published(rules),)
    found: list[Offer] = offers(held, "LAMP", call)
    assert len({(one.sku, one.kind, one.quantity, one.option) for one in found}) == len(found)
    for one in found:
        assert eligible(held, msgspec.structs.replace(call, basket=(*call.basket, one.sku))).allowed


def test_the_rules_of_a_time_are_the_last_that_were_published_until_then() -> None:
    first, second = published(Ruleset()), published(Ruleset(dialling=(HR,)), version=2, at=AT + timedelta(days=1))
    campaign = published(Ruleset(), "lamps")
    assert rules_at([second, campaign, first], AT) == (first, campaign)
    assert rules_at([second, campaign, first], AT + timedelta(days=1)) == (second, campaign)
    assert rules_at([first], datetime(2026, 1, 1, tzinfo=UTC)) == ()
