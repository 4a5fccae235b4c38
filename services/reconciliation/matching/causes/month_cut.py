"""The partner cuts the month at other instants than the contract.

Proven when one pair of instants, those of one zone's calendar, has all the edge lines right: what is reported from
outside the contract's month, and what is left out inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import Ground, ground

LEAST = 3
"""Edge lines below which nothing is said: one call left out at night is no other calendar."""


@dataclass(frozen=True)
class _Cut:
    low: datetime
    high: datetime
    said: Ground
    bits: float

    def inside(self) -> pl.Expr:
        return pl.col("start").is_between(self.low, self.high, closed="left")

    def moved(self) -> pl.Expr:
        """The calls that this cut has right, and the contract's has not."""
        return (self.inside() != pl.col("in_period")) & (self.inside() == pl.col("present"))


def propose(seen: Evidence) -> list[Proposal]:
    """The cut that leaves the fewest edge lines unexplained, if that pays for itself. A day of the month without a
    single line says nothing on where the month was cut."""
    reach = timedelta(hours=27)
    start, end = seen.basis.start.replace(tzinfo=None), seen.basis.end.replace(tzinfo=None)
    at = pl.col("start")
    edge = at.is_between(start - reach, start + reach) | at.is_between(end - reach, end + reach)
    paired = seen.calls.join(seen.matched.select("call", "row"), on="call", how="left", maintain_order="left")
    paired = paired.with_columns(pl.col("row").is_not_null().alias("present"))
    day = pl.col("local").dt.date()
    silent = (day.dt.month() == seen.basis.month) & pl.col("present").any().over(day).not_()
    near = paired.filter(edge)
    telling = paired.filter(edge & silent.not_())
    least = _bits(telling, pl.col("in_period"), seen.entry)
    best: _Cut | None = None
    for cut in _cuts(seen.basis):
        bits = cut.bits + _bits(telling, cut.inside(), seen.entry)
        if bits < least - 1e-9 and near.select(cut.moved().sum()).item() >= LEAST:
            best, least = cut, bits
    claimed = paired.filter(pl.col("in_period").not_() & pl.col("present"))
    if best is None:
        return _outside(claimed)
    found = near.filter(best.moved())
    against = int(telling.select((pl.col("present") != best.inside()).sum()).item())
    cause = f"cutoff:{best.low:%Y-%m-%dT%H:%MZ}/{best.high:%Y-%m-%dT%H:%MZ}"
    why = (best.said, ground("cut_is_right", n=len(found), against=against))
    cut_there = Proposal("month_boundary", cause, "explainable", hits(found), why, against, best.bits, True)
    return [cut_there, *_outside(claimed.join(found.select("call"), on="call", how="anti"))]


def _bits(edges: pl.DataFrame, inside: pl.Expr, entry: float) -> float:
    """What a cut leaves to be said: a call left out inside it, as happens, or reported from outside, which no slip
    explains and so costs twice."""
    slips, claims = (pl.col("present").not_() & inside).sum(), (pl.col("present") & inside.not_()).sum()
    return float(edges.select(slips + 2 * claims).item()) * entry


def _outside(rest: pl.DataFrame) -> list[Proposal]:
    if rest.is_empty():
        return []
    why = (ground("outside_month"),)
    return [Proposal("month_boundary", "outside", "partner", hits(rest), why, sure=False)]


def _cuts(basis: Basis) -> list[_Cut]:
    """Instants at which a month may be cut, with the bits that it takes to say so: the partner's calendar first."""
    zones: list[tuple[str, tzinfo, float]] = [
        (basis.partner_tz, ZoneInfo(basis.partner_tz), 1.0),
        ("UTC", UTC, 2.0),
    ]
    for hours in sorted(range(-12, 15), key=abs):
        offset = timezone(timedelta(hours=hours))
        zones.append((f"UTC{hours:+d}", offset, 20.0))
    own = basis.start.astimezone(ZoneInfo(basis.company_tz))
    following = basis.end.astimezone(ZoneInfo(basis.company_tz))
    found = []
    for name, zone, bits in zones:
        low, high = (one.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None) for one in (own, following))
        found.append(_Cut(low, high, ground("cut_by_zone", zone=name), bits))
    for one, two in ((a, a + b) for a in sorted(range(-12, 15), key=abs) for b in (-1, 1)):
        low = (own.replace(tzinfo=None)) - timedelta(hours=one)
        high = (following.replace(tzinfo=None)) - timedelta(hours=two)
        said = ground("cut_by_offsets", first=f"UTC{one:+d}", second=f"UTC{two:+d}")
        found.append(_Cut(low, high, said, 22.0))
    ours = (basis.start.replace(tzinfo=None), basis.end.replace(tzinfo=None))
    return [one for one in found if (one.low, one.high) != ours]
