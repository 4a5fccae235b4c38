"""A partner's month as economics sees it: what it was until now, and what it comes to at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import msgspec

from services.reconciliation.economics.entries import Cancelled, PartnerMonth
from services.reconciliation.economics.forecast import Forecast, forecast
from services.reconciliation.economics.parts import whole
from services.reconciliation.economics.pricing import grown, scopes_of
from services.reconciliation.economics.tallies import SALES, Tallies, added
from shared.contracts.rating import Rating, Version, days_of
from shared.contracts.terms.sheet import WorkingHours


@dataclass(frozen=True)
class Known:
    """What is known of a partner's month: the sums of its days, the contract's versions, its price until now (None
    where nobody knows it), and what was cancelled of its sales."""

    partner_id: str
    days: Mapping[date, Tallies]
    versions: Sequence[Version] = ()
    rating: Rating | None = None
    cancelled: Sequence[Cancelled] = ()


def until_now(known: Known) -> PartnerMonth:
    """The month as it is told."""
    rating = known.rating
    return PartnerMonth(
        partner_id=known.partner_id,
        tallies=added(known.days.values()),
        lines=rating.lines if rating is not None else None,
        currency=rating.currency if rating is not None else "",
        scopes=scopes_of(known.versions),
        cancelled=tuple(known.cancelled),
    )


def to_its_end(known: Known, month: str, until: date) -> tuple[PartnerMonth, Forecast] | None:
    """The month such as `2026-03` at its end, and how it was foretold; None where there is nothing to judge by."""
    told = forecast(known.days, month, schedule_in(known.versions, month), until)
    if told is None:
        return None
    now = until_now(known)
    lines = None if now.lines is None else tuple(grown(now.lines, now.scopes, now.tallies, told.tallies))
    cancelled = _in_proportion(known.cancelled, _sales(now.tallies), _sales(told.tallies))
    return replace(now, tallies=told.tallies, lines=lines, cancelled=cancelled), told


def schedule_in(versions: Sequence[Version], month: str) -> WorkingHours | None:
    """The calendar of the version that holds last in a month; None where none does."""
    first, last = days_of(month)
    held = [one for one in versions if one.starts <= last and (one.ends is None or one.ends >= first)]
    return max(held, key=lambda one: one.starts).terms.schedule if held else None


def _sales(tallies: Tallies) -> int:
    return sum(amount for cell, amount in tallies.items() if cell.measure == SALES)


def _in_proportion(cancelled: Sequence[Cancelled], was: int, will: int) -> tuple[Cancelled, ...]:
    """As many of all sales are cancelled in the end as now."""
    if not was:
        return tuple(cancelled)
    counts = whole([Fraction(one.sales * will, was) for one in cancelled])
    minors = [whole([Fraction(one.minor * will, was)])[0] for one in cancelled]
    return tuple(
        msgspec.structs.replace(one, sales=count, minor=minor)
        for one, count, minor in zip(cancelled, counts, minors, strict=True)
    )
