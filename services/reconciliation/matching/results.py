"""What a reconciliation says: explanations in words with their counts, and the list of findings that others read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from services.reconciliation.matching.attribute import attributed
from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.causes.own_defects import Defect, audit
from services.reconciliation.matching.evidence import Evidence, Proposal
from services.reconciliation.matching.explain import causes_of, seen_in
from services.reconciliation.matching.explanations import Explanation
from services.reconciliation.matching.lines import prepared
from services.reconciliation.matching.own import OwnSide, calls_of
from services.reconciliation.matching.states import OF_PARTY, our_counted, terminal, their_counted
from shared.contracts.proofs import ground, proof_of

Phase = Literal["replay", "pair", "explain"]
FEW = 20
"""Lines below which a cause that was found by counting is likely and not proven."""

_MONEY = (
    "missing_line",
    "missing_day",
    "duplicate_line",
    "duplicate_block",
    "extra_line",
    "phantom_sale",
    "cancelled_sale_counted",
    "sale_not_cancelled",
    "sale_not_reported",
    "decimal_mixup",
    "currency_mixup",
    "wrong_amount",
    "month_boundary",
    "sale_missing_own",
    "call_missing_own",
    "own_amount",
    "own_sale_status",
    "own_sale_without_order",
)
"""The kinds that change what either side counts in sales."""

_UNPROVEN = (ground("log_incomplete"),)


@dataclass(frozen=True)
class Outcome:
    """A month that was reconciled. `findings` has a row a difference, `states` one a line or call, `defects` are ours,
    found by replay alone."""

    basis: Basis
    seen: Evidence
    explanations: list[Explanation]
    findings: pl.DataFrame
    states: pl.DataFrame
    defects: list[Defect]


def reconcile(lines: pl.DataFrame, own: OwnSide, at: Callable[[Phase], None] = lambda phase: None) -> Outcome:
    """Reconcile a partner's lines with our side of a month. `at` is told which part of the work begins."""
    at("replay")
    basis = own.basis
    calls = calls_of(own.records, own.events, basis, own.holes)
    at("pair")
    seen = seen_in(prepared(lines, basis.partner_tz), calls, own)
    at("explain")
    proposals = causes_of(seen)
    numbered = _numbered(attributed(proposals, seen))
    units = terminal(seen, numbered)
    findings = _named(numbered, seen, units)
    sources = findings.select("explanation", "proposal", "party").unique("explanation").sort("explanation")
    explanations = [
        _explanation(number, proposals[place], party, findings) for number, place, party in sources.iter_rows()
    ]
    return Outcome(basis, seen, explanations, findings, units, audit(calls, basis.company_tz))


def _named(findings: pl.DataFrame, seen: Evidence, units: pl.DataFrame) -> pl.DataFrame:
    theirs = seen.lines.select("row", partner_line="line", theirs=their_counted())
    ours = seen.calls.select("call", our_id="call_id", ours=our_counted())
    named = findings.join(theirs, on="row", how="left", maintain_order="left").join(
        ours, on="call", how="left", maintain_order="left"
    )
    return named.with_columns(_moved(findings, units))


def _moved(findings: pl.DataFrame, units: pl.DataFrame) -> pl.Series:
    """What the sides count otherwise for a line or call, by one of its findings alone: sums over causes are the
    difference of the month then. It is one that changes what is counted, of the party that the state rests on."""
    between = units.with_row_index("unit").with_columns((pl.col("theirs") - pl.col("ours")).alias("between"))
    of_row = between.drop_nulls("row").select("row", of_row="unit", row_between="between")
    of_call = between.drop_nulls("call").select("call", of_call="unit", call_between="between")
    placed = (
        findings.select("row", "call", "kind", "party")
        .with_row_index("place")
        .join(of_row, on="row", how="left", maintain_order="left")
        .join(of_call, on="call", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("of_row", pl.when(pl.col("row").is_null()).then("of_call")).alias("unit"),
            pl.coalesce("row_between", pl.when(pl.col("row").is_null()).then("call_between")).alias("between"),
            pl.col("kind").is_in(_MONEY).not_().alias("lesser"),
            pl.col("party").replace_strict(OF_PARTY, return_dtype=pl.Int64).alias("weight"),
        )
    )
    bearing = (
        placed.drop_nulls("unit")
        .sort("unit", "lesser", "weight", "place", descending=[False, False, True, False])
        .unique("unit", keep="first", maintain_order=True)
        .select("place", moved="between")
    )
    return placed.join(bearing, on="place", how="left", maintain_order="left")["moved"].fill_null(0)


def _numbered(findings: pl.DataFrame) -> pl.DataFrame:
    """An explanation for each cause and party: what our log cannot prove stands apart from what it proves."""
    order = findings.select("proposal", "party").unique(maintain_order=True).with_row_index("explanation", 1)
    return findings.join(order, on=["proposal", "party"], how="left", maintain_order="left")


def _explanation(number: int, one: Proposal, party: str, findings: pl.DataFrame) -> Explanation:
    part = findings.filter(pl.col("explanation") == number)
    unproven = party == "undetermined" and one.party != party
    grounds = _UNPROVEN if unproven else one.grounds
    return Explanation(
        explanation_id=f"E{number}",
        kind=one.kind,
        cause=one.cause,
        party=party,
        confidence=confidence(one, len(part), party),
        explained=len(part),
        against=one.against,
        moved_minor=int(part["moved"].sum()),
        proof=proof_of(grounds),
        foretold=one.foretold,
        systematic=one.systematic,
        examples=_examples(part),
        grounds=grounds,
    )


def confidence(one: Proposal, explained: int, party: str) -> str:
    """The word for how sure a cause is."""
    if party == "undetermined":
        return "undetermined"
    whole = max(explained + one.against, 1)
    if not one.sure or one.against / whole > 0.05:
        return "suspected"
    if one.against or (not one.decided and explained < FEW):
        return "likely"
    return "proven"


def _examples(part: pl.DataFrame) -> list[dict[str, Any]]:
    """The extremes and the middle of what it moves."""
    ordered = part.sort("moved", "row", "call")
    n = len(ordered)
    places = sorted({0, n // 4, n // 2, 3 * n // 4, n - 1}) if n else []
    return [ordered.row(i, named=True) for i in places]


def exported(outcome: Outcome) -> pl.Series:
    """The pairs and the findings, one JSON object each: the form in which results are exchanged. A pair with a close
    second names it."""
    seconds = outcome.seen.calls.select(instead="call", second="call_id")
    index = outcome.seen.matched.with_columns(pl.col("instead").cast(pl.get_index_type()))
    pairs = index.join(seconds, on="instead", how="left", maintain_order="left").with_columns(
        pl.lit("match").alias("kind")
    )
    plain = pl.struct(our_id="call_id", partner_line="line", kind="kind")
    close = pl.struct(our_id="call_id", partner_line="line", kind="kind", ambiguous_with="second")
    second = pl.col("second").is_null()
    matches = pairs.select(
        pl.when(second).then(plain.struct.json_encode()).otherwise(close.struct.json_encode()).alias("object")
    )
    named = pl.struct(
        "our_id",
        "partner_line",
        "kind",
        "cause",
        "party",
        pl.format("E{}", "explanation").alias("explanation_id"),
    )
    return pl.concat([matches, outcome.findings.select(named.struct.json_encode().alias("object"))])["object"]
