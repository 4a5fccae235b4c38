"""The few causes behind many differences: proposed, chosen by description length, applied, and paired by anew.

The order matters: copies before lines that never happened, the month's cut before a missing day (the one edge hour
looks like one), a missing day before lines left out singly.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from services.reconciliation.matching import clock as clocks
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.candidates import call_keys, line_keys
from services.reconciliation.matching.causes import (
    copied,
    damaged,
    factored,
    missing_day,
    month_cut,
    never_happened,
    omitted,
    outcomes,
    own_defects,
    renamed,
    rounded,
    wrong_clock,
)
from services.reconciliation.matching.differences import matched
from services.reconciliation.matching.evidence import Evidence, Proposal
from services.reconciliation.matching.habits import Habits
from services.reconciliation.matching.own import OwnSide, gaps, in_zone
from services.reconciliation.matching.pairing import pair

ROUNDS = 3
_REACH = 600
"""How far apart, in seconds under the clock, a line and its call are looked for."""
_SAMPLE = 20_000
"""Pairs from which a rounding rule is learned for pairing; its proof looks at all of them."""


def seen_in(lines: pl.DataFrame, calls: pl.DataFrame, own: OwnSide) -> Evidence:
    """Pair a month, learn the partner's habits from the pairs, and pair again by them until they stay the same."""
    basis, events = own.basis, own.events
    habits = Habits(clock=clocks.Clock(), roster=own.roster)
    keys = line_keys(lines, habits.agent()), call_keys(calls, lines)
    cast = clocks.votes(lines, calls, *keys, habits.agent())
    habits = replace(habits, clock=clocks.fit(cast, lines, calls, basis))
    seen = _paired(lines, calls, replace(habits, trusted=False), basis, cast)
    for _ in range(ROUNDS - 1):
        learned = _learned(seen)
        if learned == habits:
            break
        habits = learned
        seen = _paired(lines, calls, habits, basis, cast)
    holes = pl.DataFrame(
        gaps(events, own.holes), schema={"low": pl.Datetime("us"), "high": pl.Datetime("us")}, orient="row"
    )
    local = holes.select(in_zone(pl.col(name), basis.partner_tz) for name in ("low", "high"))
    return replace(seen, known=not events.is_empty(), holes=list(local.iter_rows()))


def _paired(lines: pl.DataFrame, calls: pl.DataFrame, habits: Habits, basis: Basis, cast: pl.DataFrame) -> Evidence:
    pairs = pair(lines, calls, habits, _REACH)
    return Evidence(basis, lines, calls, matched(pairs, lines, calls, habits, basis), cast, habits, True, [])


def _learned(seen: Evidence) -> Habits:
    some = seen.matched.gather_every(max(1, len(seen.matched) // _SAMPLE))
    rule, names = rounded.learn(some, seen.entry), renamed.learn(seen.matched, seen.entry)
    return replace(
        seen.habits,
        trusted=True,
        rounding=rule[0] if rule else None,
        renamed=names[0] if names else {},
        renamed_since=names[1] if names else None,
    )


def causes_of(seen: Evidence) -> list[Proposal]:
    """All causes of a month, the systematic ones first."""
    found = wrong_clock.propose(seen) + own_defects.propose(seen) + copied.propose(seen)
    for cause in (damaged, rounded, factored, renamed, outcomes):
        found += cause.propose(seen)
    cut = month_cut.propose(seen)
    gone = _rest(seen.lone_calls(), cut, "call")
    days = missing_day.propose(seen, gone)
    found += cut + days + omitted.propose(seen, _rest(gone, days, "call"))
    return found + never_happened.propose(seen, _rest(seen.lone_lines(), found, "row"))


def _rest(of: pl.DataFrame, proposals: list[Proposal], name: str) -> pl.DataFrame:
    for one in proposals:
        of = of.join(one.hits.select(name).drop_nulls(), on=name, how="anti")
    return of
