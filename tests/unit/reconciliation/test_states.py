"""Every line and every call of the month ends in exactly one state, and the money adds up to both totals, whatever a
partner sends."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.reconciliation.matching.states import STATES, totals
from tests.unit.reconciliation.months import Month, drawn, loaded

FIXTURE = Path(__file__).parents[2] / "fixtures" / "reports"
MONTHS = [loaded(FIXTURE / name) for name in ("r01_en", "r03_de", "r04_bs", "r05_sr")]


def harmed(month: Month, seed: int) -> Month:
    """The same month after somebody was at the file: rows lost, twice and mixed up, cells empty and exchanged."""
    dice, n = random.Random(seed), len(month.lines)
    rows = [dice.randrange(n) for _ in range(dice.randrange(1, n))] if seed % 2 else list(range(n))
    lines = month.lines[rows]
    for column in dice.sample(["ref", "phone", "agent", "duration_s", "disposition", "amount_minor"], 3):
        gone = pl.Series([dice.random() < 0.3 for _ in rows])
        mixed = lines[column].shuffle(seed) if dice.random() < 0.5 else lines[column]
        lines = lines.with_columns(pl.when(gone).then(None).otherwise(mixed).alias(column))
    lines = lines.with_columns(pl.Series("line", [str(i + 2) for i in range(len(lines))]))
    keep = pl.Series([dice.random() > 0.02 * (seed % 3) for _ in range(len(month.own.events))])
    own = month.own.__class__(**{**vars(month.own), "events": month.own.events.filter(keep)})
    return Month(own, lines, month.truth)


def check(month: Month) -> None:
    outcome = month.reconciled()
    states, calls, own = outcome.states, outcome.seen.calls, month.own
    assert set(states["state"]) <= set(STATES)
    rows = states["row"].drop_nulls()
    assert rows.sort().to_list() == list(range(len(month.lines)))
    counted = states["call"].drop_nulls()
    assert counted.n_unique() == len(counted)
    assert set(calls.filter("in_period")["call"]) <= set(counted)
    assert not states.filter(pl.col("row").is_null() & pl.col("call").is_null()).height
    sold = month.lines.filter(pl.col("disposition") == "sale")["amount_minor"].sum()
    start, end = (one.replace(tzinfo=None) for one in (own.basis.start, own.basis.end))
    shown = own.records.filter(
        pl.col("started_at").is_between(start, end, closed="left") & (pl.col("sale_status") == "confirmed")
    )["sale_minor"].sum()
    money = totals(states)
    assert (money["theirs"].sum(), money["ours"].sum()) == (sold, shown)
    assert money["units"].sum() == len(states)
    blamed = outcome.findings.join(calls.select("call", "touched"), on="call")
    assert not blamed.filter(pl.col("touched") & pl.col("party").is_in(["partner", "own"])).height


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(range(len(MONTHS))), st.integers(0, 10_000))
def test_whatever_is_done_to_a_report(which: int, seed: int) -> None:
    check(harmed(MONTHS[which], seed))


def test_months_as_they_come(tmp_path: Path) -> None:
    for seed in range(8):
        check(drawn(tmp_path / str(seed), 8100 + seed, 120))


def test_an_empty_report_is_all_left_out() -> None:
    month = Month(MONTHS[0].own, MONTHS[0].lines.clear(), {})
    check(month)
    assert set(month.reconciled().findings["party"]) == {"partner"}
