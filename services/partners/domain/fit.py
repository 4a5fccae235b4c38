"""How well a candidate fits a brief: point by point, met, not met, or not known yet."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

import msgspec

from services.partners.events import BriefWritten, PartnerDescribed
from shared.kernel import Money

Verdict = Literal["met", "unmet", "unknown"]


class Point(msgspec.Struct, frozen=True):
    """One thing that the brief asks for, and what is known of it at the candidate."""

    asks: str
    verdict: Verdict
    says: str


class Fit(msgspec.Struct, frozen=True):
    """All points, and how many of each verdict. Only what is met counts for a candidate, only what is unmet against."""

    met: int
    unmet: int
    unknown: int
    points: list[Point]


def fit(brief: BriefWritten, profile: PartnerDescribed | None) -> Fit:
    """The candidate against the brief. Whatever the brief leaves open is no point."""
    known = profile or PartnerDescribed(partner_id="")
    points = [
        *_each("service", brief.services, known.services),
        *_each("language", brief.languages, known.languages),
        *_any("country", brief.countries, known.countries),
        *_each("skill", brief.skills, known.skills),
        *_seats(brief, known),
        *_clock(brief, known),
        *_money(brief, known),
    ]
    count = {verdict: sum(point.verdict == verdict for point in points) for verdict in ("met", "unmet", "unknown")}
    return Fit(count["met"], count["unmet"], count["unknown"], points)


def _each(what: str, wanted: Iterable[str], has: tuple[str, ...]) -> Iterable[Point]:
    held = {name.casefold() for name in has}
    for one in wanted:
        if not has:
            yield Point(f"{what} {one}", "unknown", "nothing is known")
        else:
            yield Point(f"{what} {one}", "met" if one.casefold() in held else "unmet", ", ".join(has))


def _any(what: str, wanted: tuple[str, ...], has: tuple[str, ...]) -> Iterable[Point]:
    if wanted:
        verdict: Verdict = "unknown" if not has else "met" if set(wanted) & set(has) else "unmet"
        yield Point(f"{what} {' or '.join(wanted)}", verdict, ", ".join(has) or "nothing is known")


def _seats(brief: BriefWritten, known: PartnerDescribed) -> Iterable[Point]:
    if brief.seats is not None:
        yield _compared(f"{brief.seats} seats", known.seats, known.seats is not None and known.seats >= brief.seats)


def _clock(brief: BriefWritten, known: PartnerDescribed) -> Iterable[Point]:
    if brief.around_the_clock:
        yield _compared("work around the clock", known.around_the_clock, bool(known.around_the_clock))


def _money(brief: BriefWritten, known: PartnerDescribed) -> Iterable[Point]:
    """Amounts of another currency are not compared: there is no rate without a date."""
    rate = known.hourly_rate
    if brief.hourly_budget is not None:
        budget = brief.hourly_budget
        yield _price(f"at most {_shown(budget)} an hour", rate, budget, rate.minor if rate else 0)
    if brief.monthly_budget is not None and brief.agent_hours is not None:
        budget, hours = brief.monthly_budget, brief.agent_hours
        asks = f"at most {_shown(budget)} a month for {hours} hours"
        yield _price(asks, rate, budget, (rate.minor if rate else 0) * hours)


def _price(asks: str, rate: Money | None, budget: Money, cost: int) -> Point:
    if rate is None:
        return Point(asks, "unknown", "no rate is known")
    if rate.currency != budget.currency:
        return Point(asks, "unknown", f"its rate is in {rate.currency}")
    return Point(asks, "met" if cost <= budget.minor else "unmet", f"{_shown(rate)} an hour")


def _compared(asks: str, known: object, met: bool) -> Point:
    return Point(asks, "unknown" if known is None else "met" if met else "unmet", "" if known is None else str(known))


def _shown(money: Money) -> str:
    return f"{money.minor} minor units {money.currency}"


def rank(fits: Iterable[tuple[str, Fit]]) -> list[tuple[str, Fit]]:
    """The best first: by the share of known points that are met, then by how much is known."""

    def order(item: tuple[str, Fit]) -> tuple[Fraction, int, str]:
        partner_id, one = item
        known = one.met + one.unmet
        return (Fraction(-one.met, known) if known else Fraction(1), -known, partner_id)

    return sorted(fits, key=order)
