"""The partner cuts the month at other instants than the contract.

Proven when one pair of instants, those of one zone's calendar, has all the edge lines right: what is reported from
outside the contract's month, and what is left out inside it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.evidence import Evidence, Proposal, hits

LEAST = 3
"""Edge lines below which nothing is said: one call left out at night is no other calendar."""


def propose(seen: Evidence) -> list[Proposal]:
    """The cut that leaves the fewest edge lines unexplained, if that pays for itself. A day of the month without a
    single line says nothing on where the month was cut."""
    reach = timedelta(hours=27)
    start, end = seen.basis.start.replace(tzinfo=None), seen.basis.end.replace(tzinfo=None)
    at = pl.col("start")
    edge = at.is_between(start - reach, start + reach) | at.is_between(end - reach, end + reach)
    paired = seen.calls.join(seen.matched.select("call", "row"), on="call", how="left", maintain_order="left")
    middle = seen.basis.start + (seen.basis.end - seen.basis.start) / 2
    of_month = pl.col("local").dt.month() == middle.month
    silent = of_month & pl.col("row").is_null().all().over(pl.col("local").dt.date())
    edges = paired.filter(edge & silent.not_()).with_columns(pl.col("row").is_not_null().alias("present"))
    bare = _bits(edges, pl.col("in_period"), seen.entry)
    best: tuple[float, datetime, datetime, str, int] | None = None
    for low, high, name, bits in _cuts(seen.basis):
        inside = at.is_between(low, high, closed="left")
        against = int(edges.select((pl.col("present") != inside).sum()).item())
        cost = bits + _bits(edges, inside, seen.entry)
        if best is None or cost < best[0] - 1e-9:
            best = (cost, low, high, name, against)
    out = pl.col("in_period").not_() & pl.col("row").is_not_null()
    if best is not None and best[0] < bare:
        _, low, high, name, against = best
        inside = at.is_between(low, high, closed="left")
        found = paired.filter((inside != pl.col("in_period")) & (inside == pl.col("row").is_not_null()))
        if len(found) >= LEAST:
            cause = f"cutoff:{low:%Y-%m-%dT%H:%MZ}/{high:%Y-%m-%dT%H:%MZ}"
            proof = f"the month of {name} has {len(found)} edge calls right that ours has not; {against} contradict"
            proposal = Proposal(
                "month_boundary", cause, "explainable", hits(found), proof, against, 8.0, True, decided=False
            )
            rest = paired.filter(out).join(found.select("call"), on="call", how="anti")
            return [proposal, *_outside(rest)]
    return _outside(paired.filter(out))


def _bits(edges: pl.DataFrame, inside: pl.Expr, entry: float) -> float:
    """What a cut leaves to be said: a call left out inside it, as happens, or reported from outside, which no slip
    explains and so costs twice."""
    slips, claims = (pl.col("present").not_() & inside).sum(), (pl.col("present") & inside.not_()).sum()
    return float(edges.select(slips + 2 * claims).item()) * entry


def _outside(rest: pl.DataFrame) -> list[Proposal]:
    if rest.is_empty():
        return []
    proof = "the calls are not of the contract's month"
    return [Proposal("month_boundary", "outside", "partner", hits(rest), proof, sure=False)]


def _cuts(basis: Basis) -> list[tuple[datetime, datetime, str, float]]:
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
        found.append((low, high, name, bits))
    for one, two in ((a, a + b) for a in sorted(range(-12, 15), key=abs) for b in (-1, 1)):
        low = (own.replace(tzinfo=None)) - timedelta(hours=one)
        high = (following.replace(tzinfo=None)) - timedelta(hours=two)
        found.append((low, high, f"a zone at UTC{one:+d}, later UTC{two:+d}", 22.0))
    ours = (basis.start.replace(tzinfo=None), basis.end.replace(tzinfo=None))
    return [one for one in found if (one[0], one[1]) != ours]
