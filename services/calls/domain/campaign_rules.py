"""The rules of the company or of a campaign: each publication is a version, and none is ever changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from services.calls.domain.product import Sku, Text
from services.calls.events.campaign_rules import DialHours, DialRule, Ruleset, RulesPublished
from shared.kernel import Command, Decider, Rejected
from shared.names import Country, Ident, Language

CampaignId = Ident
MOST_RULES = 500
MOST_PIECES = 10_000
_NAME = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$(?!\n)")]
_CLOCK = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)|^24:00$(?!\n)")]
_PERCENT = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?$(?!\n)")]
_LANGUAGE = Language


class PublishRules(Command, frozen=True, kw_only=True):
    """Let these rules hold from now on, for a campaign or, with the scope `company`, for all.

    They hold for the next call at once, and for nothing that was decided before. The same once more is no new version.
    409 `rule_twice`, `rule_wrong`, `hours_wrong`, `unknown_campaign`.
    """

    scope: CampaignId
    rules: Ruleset
    reason: Text
    at: datetime
    by: str


def decide(command: PublishRules, state: RulesPublished | None) -> list[RulesPublished]:
    """The last version and the rules that are asked for."""
    if state is not None and state.rules == command.rules:
        return []
    _checked(command.rules)
    return [
        RulesPublished(
            scope=command.scope,
            version=state.version + 1 if state is not None else 1,
            rules=command.rules,
            reason=command.reason,
            at=command.at,
            by=command.by,
        )
    ]


def evolve(state: RulesPublished | None, event: RulesPublished) -> RulesPublished:
    """The last one holds."""
    return event


campaign_rules: Decider[PublishRules, RulesPublished, RulesPublished | None] = Decider(
    name="selling-rules", events=RulesPublished, initial=None, decide=decide, evolve=evolve
)


def _checked(rules: Ruleset) -> None:
    named = [
        *(rule.name for rule in rules.eligibility),
        *(rule.name for rule in rules.offers),
        *(rule.name for rule in rules.discounts),
    ]
    if len(named) + len(rules.dialling) > MOST_RULES:
        raise Rejected("rule_wrong", f"There are more than {MOST_RULES} rules.")
    _each_once(named, "rule")
    _each_once((rule.country for rule in rules.dialling), "rule for dialling")
    for name in named:
        _fits(name, _NAME, "the name of a rule")
    for when in (
        *(rule.requires for rule in rules.eligibility),
        *(rule.when for rule in rules.offers),
        *(rule.when for rule in rules.discounts),
    ):
        for country in when.countries:
            _country(country)
        for language in when.languages:
            _fits(language, _LANGUAGE, "a language")
        for sku in (*when.bought_any, *when.bought_none, *when.basket_any, *when.basket_none):
            _fits(sku, Sku, "an SKU")
        if when.orders_at_least < 0 or (when.orders_at_most is not None and when.orders_at_most < when.orders_at_least):
            raise Rejected("rule_wrong", "Nobody has so many orders: the least is more than the most, or below 0.")
    for eligibility in rules.eligibility:
        _fits(eligibility.reason, Text, f"the reason of {eligibility.name}")
        for sku in eligibility.skus:
            _fits(sku, Sku, "an SKU")
    for offer in rules.offers:
        for sku in (offer.sku, *offer.after):
            _fits(sku, Sku, "an SKU")
        if not 1 <= offer.quantity <= MOST_PIECES:
            raise Rejected("rule_wrong", f"{offer.name}: from 1 to {MOST_PIECES} pieces are offered.")
        if offer.discount_percent is not None:
            _percent(offer.discount_percent)
    for discount in rules.discounts:
        _percent(discount.percent)
        for sku in discount.skus:
            _fits(sku, Sku, "an SKU")
    for dialling in rules.dialling:
        _dialling(dialling)


def _each_once(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Rejected("rule_twice", f"There are two {what}s of {name}: decisions could not say which was meant.")
        seen.add(name)


def _dialling(rule: DialRule) -> None:
    _country(rule.country)
    if rule.abandoned_percent is not None:
        _percent(rule.abandoned_percent)
    for hours in rule.hours:
        _hours(hours, rule.country)


def _hours(hours: DialHours, country: str) -> None:
    _fits(hours.starts, _CLOCK, "a time of day")
    _fits(hours.ends, _CLOCK, "a time of day")
    if hours.starts >= hours.ends or not hours.days or not set(hours.days) <= set(range(1, 8)):
        raise Rejected("hours_wrong", f"{country}: hours are of days from 1 to 7, and end after they start.")


def _country(text: str) -> None:
    _fits(text, Country, "a country")


def _percent(text: str) -> None:
    _fits(text, _PERCENT, "a number of percent")
    if Decimal(text) > 100:
        raise Rejected("rule_wrong", f"{text} is more than all of it: percent are from 0 to 100.")


def _fits(value: str, kind: object, what: str) -> None:
    """The rules are stored as they are asked for, so their texts are looked at here and not by their types."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise Rejected("rule_wrong", f"{value!r} is not {what}.") from None
