"""Our own bugs: what is shown differs from a replay of our events.

Each comes with its shortest predicate: of all conditions that every failing call meets, the fewest that no other call
meets. On replay it then has a precision of 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from zoneinfo import ZoneInfo

import polars as pl

from services.reconciliation.matching.evidence import Evidence, Proposal, hits
from shared.contracts.proofs import Ground, ground, proof_of


@dataclass(frozen=True)
class Defect:
    """A bug of ours: which calls, the conditions that they share, and how many calls meet these in all."""

    kind: str
    cause: str
    conditions: tuple[Ground, ...]
    calls: pl.DataFrame
    meeting: int

    @property
    def predicate(self) -> str:
        """The conditions in words, by which the defect is known."""
        return " and ".join(proof_of([one]) for one in self.conditions)

    @property
    def precise(self) -> bool:
        """Whether all calls that meet the predicate fail."""
        return self.meeting == len(self.calls)


SHARED = {"sku": 2, "campaign": 2, "direction": 3, "status": 2, "outcome": 4, "agent": 5}
"""What failing calls may have in common, with the bits that it takes to say so."""


def audit(calls: pl.DataFrame, company_tz: str) -> list[Defect]:
    """All defects of a month, without a look at any report."""
    asked = judged(calls).with_columns(
        pl.when(pl.col("sale_id").is_null())
        .then(None)
        .when(pl.col("cancelled_at").is_null())
        .then(pl.lit("confirmed"))
        .otherwise(pl.lit("cancelled"))
        .alias("status")
    )
    found = []
    for kind in asked["defects"].explode().drop_nulls().unique().sort():
        failing = asked.filter(pl.col("defects").list.contains(kind))
        universe = asked.filter(could(kind))
        whole = _shortest(kind, failing, universe, company_tz)
        if not whole.precise:
            parts = _apart(kind, failing, universe, company_tz)
            if parts is not None:
                found += parts
                continue
        found.append(whole)
    return found


def propose(seen: Evidence) -> list[Proposal]:
    """One proposal a defect: the lines of calls that it concerns."""
    found = []
    for defect in audit(seen.calls, seen.basis.company_tz):
        part = defect.calls.select("call").join(seen.matched.select("row", "call"), on="call")
        if len(part):
            why = (ground("replay_fails", n=len(defect.calls), of=defect.meeting), *defect.conditions)
            against = defect.meeting - len(defect.calls)
            found.append(Proposal(defect.kind, defect.cause, "own", hits(part), why, against, 10.0, True, decided=True))
    return found


def judged(calls: pl.DataFrame) -> pl.DataFrame:
    """The calls of the month of which our log is complete."""
    return calls.filter(pl.col("in_period") & pl.col("touched").not_())


def could(kind: str) -> pl.Expr:
    """Which calls a bug of a kind can touch at all: of a call that is not shown, nothing else can be shown wrongly."""
    if kind in ("call_missing_own", "own_call_without_events"):
        return pl.lit(True)
    both = pl.col("told") & pl.col("shown")
    if kind in ("sale_missing_own", "own_amount", "own_sale_status"):
        return both & pl.col("sale_id").is_not_null()
    if kind in ("own_duration_ring", "own_duration"):
        return both & (pl.col("talk_s") > 0)
    return both


def _shortest(kind: str, failing: pl.DataFrame, universe: pl.DataFrame, zone: str) -> Defect:
    literals = _literals(failing, zone)
    best: tuple[int, int, tuple[int, ...]] | None = None
    tables = universe.select(test.fill_null(False).alias(str(i)) for i, (_, _, test, _) in enumerate(literals))
    masks = [tables[str(i)].to_numpy() for i in range(len(literals))]
    for size in range(1, 5):
        for some in combinations(range(len(literals)), size):
            meets = masks[some[0]].copy()
            for i in some[1:]:
                meets &= masks[i]
            key = (int(meets.sum()) - len(failing), sum(literals[i][3] for i in some), some)
            if best is None or key < best:
                best = key
    if best is None:
        return Defect(kind, "unknown", (ground("nothing_in_common"),), failing, len(universe))
    chosen = [literals[i] for i in best[2]]
    conditions = tuple(said for _, said, _, _ in chosen)
    return Defect(kind, chosen[0][0], conditions, failing, best[0] + len(failing))


def _literals(failing: pl.DataFrame, zone: str) -> list[tuple[str, Ground, pl.Expr, int]]:
    """Conditions that every failing call meets: cause, what is said of it, test, and cost in bits. The most telling
    come first."""
    found: list[tuple[str, Ground, pl.Expr, int]] = []
    if not failing["ended"].any():
        found.append(("no_end_event", ground("no_end_event"), pl.col("ended").not_(), 1))
    for name, cost in SHARED.items():
        values = failing[name].unique()
        if len(values) == 1 and values[0] is not None:
            value = values[0]
            said = ground("field_is", field=name, value=str(value))
            found.append((f"{name}:{value}", said, pl.col(name) == value, cost))
    least: int | None = failing.select(pl.col("talk_s").min()).item()
    if least and not failing["talk_s"].null_count():
        found.append((f"talk:{least}", ground("talk_at_least", seconds=least), pl.col("talk_s") >= least, 3))
    first: datetime = failing.select(pl.col("start").min()).item()
    day = first.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    said = ground("from_moment", at=f"{first.isoformat()}Z")
    found.append((f"from:{day}", said, pl.col("start") >= first, 3))
    return found


def _apart(kind: str, failing: pl.DataFrame, universe: pl.DataFrame, zone: str) -> list[Defect] | None:
    """Several bugs of one kind, told apart by one column, if each then has a precise predicate."""
    for name in SHARED:
        parts = failing.partition_by(name)
        if not 1 < len(parts) <= 6:
            continue
        found = [_shortest(kind, part, universe, zone) for part in parts]
        if all(one.precise for one in found):
            return found
    return None
