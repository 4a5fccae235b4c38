"""An order's lines under the rules: whether the customer may have them, and with which discounts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.calls.domain.pricing import Wanted
from services.calls.domain.verdicts import Context, discount, eligible, offers
from services.calls.events.campaign_rules import RulesPublished
from shared.kernel import Rejected


def by_rules(
    rules: Sequence[RulesPublished], wanted: Sequence[tuple[Wanted, str]], context: Context
) -> tuple[Wanted, ...]:
    """Each line, beside it the name of the offer that brought it (empty: none), with the discount that the rules give.

    A line's offer is one that is made next to a line before it, or to begin with. `context.basket` plays no part: it is
    filled line by line. Rejected: `offer_not_made`, `not_eligible`, with the reason that the rule has for the agent.
    """
    taken: list[Wanted] = []
    for line, offer in wanted:
        before = msgspec.structs.replace(context, basket=tuple(one.sku for one in taken))
        taken.append(_offered(rules, line, offer, before) if offer else _discounted(rules, line, before))
    verdict = eligible(rules, msgspec.structs.replace(context, basket=tuple(one.sku for one in taken)))
    if not verdict.allowed:
        raise Rejected(verdict.code, f"{verdict.reason} ({verdict.rule})")
    return tuple(taken)


def _offered(rules: Sequence[RulesPublished], line: Wanted, name: str, before: Context) -> Wanted:
    for product in ("", *before.basket):
        for offer in offers(rules, product, before):
            same = (offer.sku, offer.kind, offer.quantity, offer.option)
            if offer.name == name and same == (line.sku, line.kind, line.quantity, line.option):
                return msgspec.structs.replace(line, discount_percent=offer.discount_percent, rule=offer.discount_rule)
    raise Rejected("offer_not_made", f"{name} is no offer of {line.sku} that the rules make in this order.")


def _discounted(rules: Sequence[RulesPublished], line: Wanted, before: Context) -> Wanted:
    given = discount(rules, line.sku, before)
    if given is None:
        return line
    return msgspec.structs.replace(line, discount_percent=given.percent, rule=given.rule)
