"""The price of a month, line by line: to the campaigns by what each line rests on, and grown to the month's end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from msgspec.structs import replace

from services.reconciliation.economics.parts import half_up, shared
from services.reconciliation.economics.tallies import (
    ANSWERED,
    CALLS,
    CONTACTS,
    HOLD,
    REVENUE,
    SALES,
    TALK,
    WRAP,
    Tallies,
    by_campaign,
)
from shared.contracts.rating import Line, Version
from shared.contracts.terms.pricing import PerCall, PerMinute, PerSale, Priced

VOLUME = frozenset({"per_minute", "per_call", "per_sale", "per_hour"})
OF_COMPONENT = VOLUME | {"minimum_volume", "clawback"}
AT_WORK = (TALK, HOLD, WRAP)
_TIMES = {"talk": (TALK,), "talk_hold": (TALK, HOLD), "talk_hold_wrap": AT_WORK}
_CALLS = {"offered": (CALLS,), "answered": (ANSWERED,), "handled": (ANSWERED,), "contact": (CONTACTS,)}

Place = tuple[int, str]
"""A component of a version of the contract."""
Campaigns = dict[str | None, int]

ALLOCATION = (
    "minutes by the paid time of their campaigns, calls by the calls that are paid, sales by their number or value, "
    "agents' hours by the time on calls and after them; what goes by the month (seats, minimum, cap, bonus and malus, "
    "fees) as what goes by volume; within a campaign to its products by their sales"
)


@dataclass(frozen=True)
class Scope:
    """What a component prices: the measures that say how much of it a campaign has; `campaigns`: of these only, if
    any are named."""

    measures: tuple[str, ...]
    campaigns: tuple[str, ...] = ()


ALL = Scope((CALLS,))


def scopes_of(versions: Iterable[Version]) -> dict[Place, Scope]:
    """The scopes of all components by volume. That a component is for calls of one direction alone plays no part: sums
    do not tell directions apart."""
    found = {}
    for version in versions:
        pricing = version.terms.pricing
        components: Sequence[Priced] = (*pricing.per_minute, *pricing.per_call, *pricing.per_sale, *pricing.per_hour)
        for one in components:
            measures = _measures(one, version.terms.payment.currency)
            found[version.number, one.name] = Scope(measures, one.campaigns)
    return found


def _measures(component: Priced, currency: str) -> tuple[str, ...]:
    match component:
        case PerMinute(counts=counts):
            return _TIMES[counts]
        case PerCall(basis=basis):
            return _CALLS[basis]
        case PerSale(basis="percent"):
            return (REVENUE + currency,)
        case PerSale():
            return (SALES,)
        case _:
            return AT_WORK


def allocated(
    lines: Iterable[Line], scopes: Mapping[Place, Scope], tallies: Tallies, cancelled: Mapping[str | None, int]
) -> Campaigns:
    """What of the price each campaign bears; it adds up to the lines. `cancelled`: how many cancelled sales it has."""
    found: Counter[str | None] = Counter()
    rest = []
    for line in lines:
        if line.kind not in OF_COMPONENT:
            rest.append(line)
            continue
        scope = _scope(line, scopes)
        back = {name: count for name, count in cancelled.items() if count > 0 and _within(name, scope)}
        weights = back if line.kind == "clawback" and back else _weights(scope, tallies)
        found.update(shared(line.amount, weights))
    borne = {name: amount for name, amount in found.items() if amount > 0}
    weights = borne or _weights(ALL, tallies)
    for line in rest:
        found.update(shared(line.amount, weights))
    return dict(found)


def _scope(line: Line, scopes: Mapping[Place, Scope]) -> Scope:
    """A claw-back may be for a component that the closing version has no more."""
    known = scopes.get((line.version, line.component))
    return known or next((one for (_, name), one in scopes.items() if name == line.component), ALL)


def _within(campaign: str | None, scope: Scope) -> bool:
    return not scope.campaigns or campaign in scope.campaigns


def _weights(scope: Scope, tallies: Tallies) -> dict[str | None, int]:
    """By what it rests on, else by calls, else evenly among the campaigns that are named, else to none."""
    for measures in (scope.measures, (CALLS,)):
        found = {name: amount for name, amount in by_campaign(tallies, measures).items() if _within(name, scope)}
        if found:
            return found
    return dict.fromkeys(scope.campaigns, 1) or {None: 1}


GROWTH = (
    "what goes by volume grows with what it rests on, at the rates reached so far; minimums make up what is then still "
    "missing, a cap that is reached holds, bonus and malus keep their per cent; seats, fees and claw-backs are "
    "the month's already"
)


def grown(lines: Sequence[Line], scopes: Mapping[Place, Scope], so_far: Tallies, whole_month: Tallies) -> list[Line]:
    """The lines of a price so far at the month's end, by `GROWTH`; of a finished month, the lines as they are."""
    by_volume = {place: _grown(line, scopes, so_far, whole_month) for place, line in enumerate(lines)}
    growth: Counter[str] = Counter()
    for place, line in enumerate(lines):
        if line.kind in VOLUME:
            growth[line.component] += by_volume[place] - line.amount
    return list(_grown_lines(lines, by_volume, growth))


def _grown_lines(lines: Sequence[Line], by_volume: Mapping[int, int], growth: Mapping[str, int]) -> Iterator[Line]:
    before = after = 0
    for place, line in enumerate(lines):
        amount = line.amount
        if line.kind in VOLUME:
            amount = by_volume[place]
        elif line.kind == "minimum_volume":
            amount = max(0, amount - growth[line.component])
        elif line.kind == "minimum_fee":
            amount = max(0, amount - (after - before))
        elif line.kind == "cap":
            amount = min(0, amount - (after - before))
        elif line.kind in ("service_level", "incentive") and before:
            amount = half_up(Fraction(amount * after, before))
        if line.kind not in ("service_level", "incentive", "one_off", "clawback"):
            before, after = before + line.amount, after + amount
        yield replace(line, amount=amount)


def _grown(line: Line, scopes: Mapping[Place, Scope], so_far: Tallies, whole_month: Tallies) -> int:
    scope = _scope(line, scopes)
    for measures in (scope.measures, (CALLS,)):
        was, will = (
            sum(amount for name, amount in by_campaign(each, measures).items() if _within(name, scope))
            for each in (so_far, whole_month)
        )
        if was:
            return half_up(Fraction(line.amount * will, was))
    return line.amount
