"""The partner's clock: a constant offset, one of several sites, from a day on, or a daylight-saving change missed.

Proven by votes: the figure that most lines name, against how many lines are left that name another.
"""

from __future__ import annotations

import polars as pl

from services.reconciliation.matching.clock import Clock, fit
from services.reconciliation.matching.evidence import Evidence, Proposal, hits, wilson
from services.reconciliation.matching.explanations import Foretold
from shared.contracts.proofs import Ground, ground


def propose(seen: Evidence) -> list[Proposal]:
    """One proposal for each figure by which the clock is off, and one for the times that stay unexplained."""
    clock = seen.habits.clock
    timed = seen.matched
    against = int(timed["odd_time"].sum())
    fine = timed.filter(pl.col("odd_time").not_())
    why = _why(seen, clock, len(fine), len(timed))
    rest = _single(timed)
    if clock.right:
        return rest
    foretold = _foretold(seen)
    found = []
    if clock.form == "change" and clock.base:
        found.append(("timezone_shift", f"offset:{_minutes(clock.base)}", fine))
    if clock.form == "change":
        after = fine.filter(pl.col("start") >= clock.switch)
        found.append(("dst_hour", f"offset:{_minutes(clock.changed - clock.base)}", after))
    elif clock.form == "zone":
        found.append(("timezone_shift", f"zone:{clock.zone}", fine.filter(pl.col("offset") != 0)))
    else:
        for offset in fine["offset"].unique().sort():
            if offset:
                part = fine.filter(pl.col("offset") == offset)
                found.append(("timezone_shift", f"offset:{_minutes(offset)}", part))
    return [
        Proposal(kind, cause, "explainable", hits(part), why, against, clock.bits, True, foretold=foretold)
        for kind, cause, part in found
    ] + rest


def _single(timed: pl.DataFrame) -> list[Proposal]:
    odd = timed.filter("odd_time")
    if odd.is_empty():
        return []
    return [Proposal("wrong_time", "wrong_time", "partner", hits(odd), (ground("other_time"),), decided=True)]


def _minutes(seconds: int) -> str:
    return f"{round(seconds / 60):+d}m"


def _why(seen: Evidence, clock: Clock, agree: int, of: int) -> tuple[Ground, ...]:
    return (
        ground("pairs_agree", n=agree, of=of, share=f"{100 * wilson(agree, of):.1f}"),
        _kind(clock),
        ground("lines_voted", n=seen.cast["row"].n_unique()),
    )


def _kind(clock: Clock) -> Ground:
    match clock.form:
        case "constant":
            return ground("one_clock")
        case "change":
            return ground("clock_not_changed", at=f"{clock.switch:%Y-%m-%dT%H:%M:%S}Z")
        case "since":
            return ground("clock_from_day", day=str(clock.since))
        case "zone":
            return ground("clock_of_zone", zone=str(clock.zone))
        case _:
            return ground("clock_by_field", field=str(clock.by))


def _foretold(seen: Evidence) -> Foretold | None:
    days = pl.col("start").dt.day() % 2
    learned = fit(seen.cast.filter(days == 1), seen.lines, seen.calls, seen.basis)
    tested = seen.matched.filter(pl.col("start").dt.day() % 2 == 0)
    if tested.is_empty():
        return None
    good = tested.filter((learned.of(tested, seen.lines, seen.calls) == tested["offset"]) & tested["odd_time"].not_())
    return Foretold(seen.cast.filter(days == 1)["day"].n_unique(), len(good), len(tested))
