"""A basket under the rules of selling: who may buy it, and which discount each line has. No agent says a discount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from services.calls.domain.pricing import Wanted
from services.calls.domain.verdicts import Context, Offer, discount, eligible, offers
from services.calls.events.campaign_rules import RulesPublished
from shared.kernel import Rejected


class Asked(NamedTuple):
    """A line that is wanted, and the name of the offer that the customer took; empty: of none."""

    line: Wanted
    offer: str = ""


def with_discounts(rules: Sequence[RulesPublished], context: Context, asked: Sequence[Asked]) -> list[Wanted]:
    """The lines with the discounts that the rules give them.

    Rejected: `not_eligible` with the rule's reason, `unknown_offer` where the rules do not make the offer to this
    customer beside these lines, or make it of another product, kind, quantity or option.
    """
    skus = tuple(one.line.sku for one in asked)
    verdict = eligible(rules, msgspec.structs.replace(context, basket=skus))
    if not verdict.allowed:
        raise Rejected("not_eligible", verdict.reason)
    found = []
    for number, (wanted, offer) in enumerate(asked):
        line = msgspec.structs.replace(wanted, discount_percent=None, rule=None)
        beside = (*skus[:number], *skus[number + 1 :])
        around = msgspec.structs.replace(context, basket=beside)
        if offer:
            taken = _taken(rules, around, line, offer)
            line = msgspec.structs.replace(
                line, discount_percent=taken.discount_percent, rule=taken.discount_rule or taken.rule
            )
        elif given := discount(rules, line.sku, around):
            line = msgspec.structs.replace(line, discount_percent=given.percent, rule=given.rule)
        found.append(line)
    return found


def _taken(rules: Sequence[RulesPublished], around: Context, line: Wanted, name: str) -> Offer:
    for product in ("", *around.basket):
        for one in offers(rules, product, around):
            same = (one.sku, one.kind, one.quantity, one.option) == (line.sku, line.kind, line.quantity, line.option)
            if one.name == name and same:
                return one
    raise Rejected("unknown_offer", f"The rules make no offer {name} of {line.sku} here.")
