"""Which share of a campaign's calls each partner should get, and why: by a plain rule, or by a bandit that explores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from services.calls.domain.ranking import percent, shrunk
from services.calls.events.routing import Bandit, PlainRule
from shared.kernel import Rejected

WHOLE = 10_000
"""Shares are whole hundredths of a per cent, which add up to this."""


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """A partner. `agents`: who are logged in and at work now; `cost`: minor units that a call is expected to cost by
    the contract, None where no contract or one in another currency tells; `minimum`: hundredths of a per cent that it
    must get at least, by its contract or the manager."""

    partner: str
    contacts: int = 0
    sales: int = 0
    agents: int = 0
    cost: Fraction | None = None
    minimum: int = 0


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's share in hundredths of a per cent, and how it came about."""

    partner: str
    hundredths: int
    percent: str
    reasons: tuple[str, ...]


def plain_shares(arms: Sequence[Arm], rule: PlainRule) -> list[Share]:
    """In proportion to the weighted sum of three figures, each in relation to the best partner's: the conversion drawn
    toward the mean of all (see `shrunk`), the inverse of the cost of a call, and the agents at work.

    Where the cost of one is not known, cost decides nothing. Rejected as `_shared` does.
    """
    able = [arm for arm in arms if arm.agents > 0]
    mean = _mean(able)
    conversion = {arm.partner: shrunk(arm.sales, arm.contacts, mean) for arm in able}
    cheap = _inverse_costs(able)
    agents = {arm.partner: Fraction(arm.agents) for arm in able}
    parts = [
        (rule.performance, "conversion", conversion),
        (rule.cost if cheap else 0, "cost", cheap),
        (rule.capacity, "capacity", agents),
    ]
    scores: dict[str, Fraction] = {}
    why: dict[str, list[str]] = {}
    for arm in able:
        told = {name: _in_relation(figures, arm.partner) for _, name, figures in parts}
        scores[arm.partner] = sum((weight * told[name] for weight, name, _ in parts), Fraction(0))
        why[arm.partner] = [
            f"{name} {percent(told[name])} % of the best, weight {weight}" for weight, name, _ in parts if weight
        ]
        why[arm.partner].append(_known(arm, conversion[arm.partner]))
    return _shared(arms, scores, {arm.partner: arm.minimum for arm in arms}, why)


def bandit_parameters(arm: Arm) -> tuple[int, int]:
    """Of the Beta distribution of what its conversion may be: the sales and the other contacts, one more of each for
    knowing nothing (the uniform prior)."""
    return arm.sales + 1, max(0, arm.contacts - arm.sales) + 1


def bandit_shares(arms: Sequence[Arm], policy: Bandit, samples: Sequence[Mapping[str, float]]) -> list[Share]:
    """Thompson sampling (Thompson, Biometrika 1933; Chapelle and Li, NIPS 2011).

    `samples` are draws of each partner's conversion from Beta distributions by `bandit_parameters`: random numbers come
    in, and the same ones give the same shares. In each draw the partner wins that has most sales for its money, or most
    sales where a cost is not known. Shares are in proportion to wins times agents; the floor sees to it that a partner
    with bad luck at first is tried again. Rejected as `_shared` does.
    """
    able = [arm for arm in arms if arm.agents > 0]
    cheap = {partner: float(inverse) for partner, inverse in _inverse_costs(able).items()}
    wins = {arm.partner: 0 for arm in able}
    for sample in samples:
        if able:
            worth = {arm.partner: sample[arm.partner] * cheap.get(arm.partner, 1.0) for arm in able}
            wins[max(sorted(worth), key=lambda partner: worth[partner])] += 1
    scores = {arm.partner: Fraction(wins[arm.partner] * arm.agents) for arm in able}
    floor = policy.floor_percent * WHOLE // 100
    mean = _mean(able)
    why = {
        arm.partner: [
            f"best in {wins[arm.partner]} of {len(samples)} draws, times {arm.agents} agents",
            f"{policy.floor_percent} % at least, to go on exploring",
            _known(arm, shrunk(arm.sales, arm.contacts, mean)),
        ]
        for arm in able
    }
    floors = {arm.partner: max(arm.minimum, min(floor, WHOLE // max(1, len(able)))) for arm in arms}
    if sum(floors[arm.partner] for arm in able) > WHOLE:
        floors = {arm.partner: arm.minimum for arm in arms}
    return _shared(arms, scores, floors, why)


def _shared(
    arms: Sequence[Arm], scores: Mapping[str, Fraction], least: Mapping[str, int], why: Mapping[str, list[str]]
) -> list[Share]:
    """Whole hundredths of a per cent that add up to 100 %, with each partner's least, by partner.

    Who has no agents gets nothing, whatever its least: nobody would answer. Rejected: `nobody_available`,
    `minimums_exceed` where the leasts are more than everything.
    """
    if not scores:
        raise Rejected("nobody_available", "No partner of the campaign has agents at work now.")
    if sum(least[partner] for partner in scores) > WHOLE:
        raise Rejected("minimums_exceed", "The minimums of those who can take calls are more than 100 per cent.")
    held, exact = _above_least(scores, least)
    parts = _largest_remainder(exact, WHOLE - sum(least[partner] for partner in held))
    found = {**{partner: least[partner] for partner in held}, **parts}
    shares = []
    for arm in sorted(arms, key=lambda one: one.partner):
        reasons = [*why.get(arm.partner, ["no agents are at work now"])]
        if arm.partner in held:
            reasons.append(f"raised to the least of {percent(Fraction(least[arm.partner], WHOLE))} %")
        hundredths = found.get(arm.partner, 0)
        text = percent(Fraction(hundredths, WHOLE))
        shares.append(Share(partner=arm.partner, hundredths=hundredths, percent=text, reasons=tuple(reasons)))
    return shares


def _above_least(scores: Mapping[str, Fraction], least: Mapping[str, int]) -> tuple[set[str], dict[str, Fraction]]:
    """Whoever would get less than its least is held at it, and the others share the rest in proportion; until all
    others get theirs. Where nobody has a score they share alike."""
    held: set[str] = set()
    while True:
        free = sorted(scores.keys() - held)
        rest = WHOLE - sum(least[partner] for partner in held)
        total = sum((scores[partner] for partner in free), Fraction(0))
        exact = {partner: rest * scores[partner] / total if total else Fraction(rest, len(free)) for partner in free}
        below = {partner for partner in free if exact[partner] < least[partner]}
        if not below:
            return held, exact
        held |= below


def _largest_remainder(exact: Mapping[str, Fraction], whole: int) -> dict[str, int]:
    """Whole numbers that add up to `whole`: each is cut down, and what is left goes one by one to the largest
    remainders (Hamilton's method), of equal ones by name."""
    parts = {partner: int(value) for partner, value in exact.items()}
    left = whole - sum(parts.values())
    by_remainder = sorted(exact, key=lambda partner: (parts[partner] - exact[partner], partner))
    for partner in by_remainder[:left]:
        parts[partner] += 1
    return parts


def _mean(arms: Sequence[Arm]) -> Fraction:
    contacts = sum(arm.contacts for arm in arms)
    return Fraction(sum(arm.sales for arm in arms), contacts) if contacts else Fraction(0)


def _inverse_costs(arms: Sequence[Arm]) -> dict[str, Fraction]:
    """Empty where the cost of one is not known, or nothing: then it says nothing of the others either."""
    costs = {arm.partner: arm.cost for arm in arms}
    return {p: 1 / cost for p, cost in costs.items() if cost} if all(costs.values()) else {}


def _in_relation(figures: Mapping[str, Fraction], partner: str) -> Fraction:
    best = max(figures.values(), default=Fraction(0))
    return figures[partner] / best if best else Fraction(0)


def _known(arm: Arm, conversion: Fraction) -> str:
    cost = f"{percent(arm.cost / 100)} minor units a call" if arm.cost is not None else "no cost known"
    return f"{arm.sales} of {arm.contacts} contacts ({percent(conversion)} %), {arm.agents} agents at work, {cost}"
