"""What the rules say of a call: what to offer next, which discount there is, who may buy, and whether to dial.

All are pure functions of rules, call and time, and name the version of the rules by which they decide: a decision that
is kept can be made again, whatever was published since.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import msgspec

from services.calls.events.campaign_rules import COMPANY, DialHours, DialRule, RulesPublished, When
from shared.contracts.calls import Direction
from shared.contracts.selling import LineKind


class Context(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the rules look at in a call. `bought`: SKUs that the customer ever bought; `orders`: how many orders they
    have; `basket`: SKUs in the order now; `made`: names of the offers that were made in this call already."""

    country: str
    language: str = ""
    direction: Direction = "unknown"
    orders: int = 0
    bought: tuple[str, ...] = ()
    basket: tuple[str, ...] = ()
    made: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Yes or no. `code` is stable and for machines, `allowed` where it is yes; `rule` names what said no, as in
    `company/3#adults`; `versions` are the rules by which it was decided."""

    allowed: bool
    code: str
    reason: str
    versions: tuple[str, ...]
    rule: str | None = None


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """So many percent, and the rule that gives them, as in `spring/2#known`."""

    percent: str
    rule: str


class Offer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product to offer, as an order's line wants it. `name` of the rule, and `rule` with its version in front;
    `discount_rule` is the rule that gave the discount."""

    name: str
    rule: str
    sku: str
    kind: LineKind
    quantity: int = 1
    option: str = ""
    discount_percent: str | None = None
    discount_rule: str | None = None


def rules_at(published: Iterable[RulesPublished], at: datetime) -> tuple[RulesPublished, ...]:
    """Of all versions, in any order, those that hold at a time: the last of each scope, the company's first."""
    last: dict[str, RulesPublished] = {}
    for one in published:
        if one.at <= at and (one.scope not in last or last[one.scope].version < one.version):
            last[one.scope] = one
    return tuple(sorted(last.values(), key=lambda one: (one.scope != COMPANY, one.scope)))


def fits(when: When, context: Context) -> bool:
    """Whether all that the condition says holds in this call."""
    bought, basket = set(context.bought), set(context.basket)
    return (
        (not when.countries or context.country in when.countries)
        and (not when.languages or context.language in when.languages)
        and (not when.directions or context.direction in when.directions)
        and (not when.bought_any or not bought.isdisjoint(when.bought_any))
        and bought.isdisjoint(when.bought_none)
        and (not when.basket_any or not basket.isdisjoint(when.basket_any))
        and basket.isdisjoint(when.basket_none)
        and context.orders >= when.orders_at_least
        and (when.orders_at_most is None or context.orders <= when.orders_at_most)
    )


def eligible(rules: Sequence[RulesPublished], context: Context) -> Verdict:
    """Whether the customer may order what is in the basket. Every rule of company and campaign must hold, so a campaign
    can ask for more than the company, never for less. Refused with the code `not_eligible`."""
    for published in rules:
        for rule in published.rules.eligibility:
            concerned = not rule.skus or not set(rule.skus).isdisjoint(context.basket)
            if concerned and not fits(rule.requires, context):
                return _no("not_eligible", rule.reason, rules, f"{published.label}#{rule.name}")
    return _yes(rules)


def discount(rules: Sequence[RulesPublished], sku: str, context: Context) -> Discount | None:
    """The discount on a product: that of the first rule that fits, the campaign's before the company's."""
    for published in _nearest_first(rules):
        for rule in published.rules.discounts:
            if (not rule.skus or sku in rule.skus) and fits(rule.when, context):
                return Discount(percent=rule.percent, rule=f"{published.label}#{rule.name}")
    return None


def offers(rules: Sequence[RulesPublished], product: str, context: Context) -> list[Offer]:
    """What to offer next to a product (empty: to begin with), in this order.

    The campaign's rules come before the company's, each in their own order. Left out is what was offered in this call
    already, what an earlier rule offers just so, and what the customer may not buy.
    """
    found: dict[tuple[str, LineKind, int, str], Offer] = {}
    for published in _nearest_first(rules):
        for rule in published.rules.offers:
            if rule.after and product not in rule.after:
                continue
            if rule.name in context.made or not fits(rule.when, context):
                continue
            with_it = msgspec.structs.replace(context, basket=(*context.basket, rule.sku))
            if not eligible(rules, with_it).allowed:
                continue
            name = f"{published.label}#{rule.name}"
            if rule.discount_percent is not None:
                given: Discount | None = Discount(percent=rule.discount_percent, rule=name)
            else:
                given = discount(rules, rule.sku, context)
            offer = Offer(
                name=rule.name,
                rule=name,
                sku=rule.sku,
                kind=rule.kind,
                quantity=rule.quantity,
                option=rule.option,
                discount_percent=given.percent if given else None,
                discount_rule=given.rule if given else None,
            )
            found.setdefault((offer.sku, offer.kind, offer.quantity, offer.option), offer)
    return list(found.values())


def may_dial(
    rules: Sequence[RulesPublished],
    country: str,
    local: datetime,
    abandoned: Fraction | None,
    do_not_call: bool,
) -> Verdict:
    """Whether a customer of a country may be dialled now. `local`: the time on their clock; `abandoned`: the share of
    dialled calls that a human answered and no agent took, None where there were none; `do_not_call`: they asked so.

    The company must have a rule for the country, and it and the campaign's must all say yes: a campaign can only be
    stricter. Refused with `no_rule`, `do_not_call`, `closed_day`, `outside_hours`, `abandoned_limit`.
    """
    held = [(one, rule) for one in rules for rule in one.rules.dialling if rule.country == country]
    if not any(one.scope == COMPANY for one, _ in held):
        return _no("no_rule", f"Nobody said when {country} may be dialled.", rules, None)
    for published, rule in held:
        wrong = _against(rule, local, abandoned, do_not_call)
        if wrong is not None:
            code, reason = wrong
            return _no(code, reason, rules, f"{published.label}#{country}")
    return _yes(rules)


def _against(rule: DialRule, local: datetime, abandoned: Fraction | None, do_not_call: bool) -> tuple[str, str] | None:
    if do_not_call and rule.do_not_call:
        return "do_not_call", "This customer asked not to be called."
    if local.date() in rule.closed:
        return "closed_day", f"Nobody is called in {rule.country} on {local:%d.%m.%Y}."
    if not any(_within(hours, local) for hours in rule.hours):
        return "outside_hours", f"It is {local:%H:%M} there: outside the hours of {rule.country}."
    if rule.abandoned_percent is not None and abandoned is not None:
        limit = Fraction(Decimal(rule.abandoned_percent)) / 100
        if abandoned > limit:
            shown = float(round(abandoned * 100, 2))
            return "abandoned_limit", f"{shown:g} % of calls are abandoned; the limit is {rule.abandoned_percent} %."
    return None


def _within(hours: DialHours, local: datetime) -> bool:
    # Texts of hours have one form, so they compare as times do, and 24:00 is later than all.
    return local.isoweekday() in hours.days and hours.starts <= f"{local:%H:%M}" < hours.ends


def _nearest_first(rules: Sequence[RulesPublished]) -> list[RulesPublished]:
    return sorted(rules, key=lambda one: one.scope == COMPANY)


def _yes(rules: Sequence[RulesPublished]) -> Verdict:
    return Verdict(allowed=True, code="allowed", reason="", versions=tuple(one.label for one in rules))


def _no(code: str, reason: str, rules: Sequence[RulesPublished], rule: str | None) -> Verdict:
    return Verdict(allowed=False, code=code, reason=reason, versions=tuple(one.label for one in rules), rule=rule)
