"""What the groups of a month's mismatches add up to, and what of it nobody has explained yet."""

from __future__ import annotations

import msgspec

from services.reconciliation.views.months import KnownMismatch, KnownMonth
from shared.contracts.reconciliation import Party

SETTLED: frozenset[Party] = frozenset({"partner", "explainable"})
"""Whose mismatches stand in nobody's way: the partner corrects them or accepts our count, or they are no mistake."""


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """A month in minor units of `currency`.

    `difference`: theirs - ours; `tolerated`: what of it the contract lets pass line by line; `explained`: what the
    groups move whose owner is known or that somebody took; `unexplained`: all the rest. The four add up: difference =
    tolerated + explained + unexplained. `at_stake`: what the groups move, without signs; `open`: groups that nobody
    took.
    """

    currency: str
    theirs: int
    ours: int
    difference: int
    tolerated: int
    explained: int
    unexplained: int
    at_stake: int
    open: int


def sums(doc: KnownMonth) -> Sums | None:
    """None where the last report was not compared yet."""
    done = doc.reconciled
    if done is None:
        return None
    theirs = sum(one.theirs_minor for one in done.totals)
    ours = sum(one.ours_minor for one in done.totals)
    tolerated = sum(one.theirs_minor - one.ours_minor for one in done.totals if one.state == "agreed")
    groups = doc.mismatches.values()
    explained = sum(one.found.moved.minor for one in groups if not is_open(one))
    return Sums(
        currency=done.currency,
        theirs=theirs,
        ours=ours,
        difference=theirs - ours,
        tolerated=tolerated,
        explained=explained,
        unexplained=theirs - ours - tolerated - explained,
        at_stake=sum(abs(one.found.moved.minor) for one in groups),
        open=sum(is_open(one) for one in groups),
    )


def party_of(one: KnownMismatch) -> Party:
    """Whose it is now."""
    return one.found.party if one.attributed is None else one.attributed.party


def is_open(one: KnownMismatch) -> bool:
    """Whether somebody has to take it before the month can be agreed."""
    return one.taken is None and party_of(one) not in SETTLED
