"""Explanations that were accepted for some time, tested anew on each month."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import msgspec
import polars as pl

from services.reconciliation.matching.explanations import Explanation
from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.states import stated
from services.reconciliation.views.rules import KnownRules

SURE = ("proven", "likely")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: the `kind` and `cause` of explanations (a star at its end stands for the rest), and the months in which
    it holds, from the first to the last (YYYY-MM)."""

    kind: str
    cause: str
    first: str
    last: str

    def covers(self, one: Explanation) -> bool:
        """Whether an explanation is what was accepted."""
        alike = one.cause.startswith(self.cause[:-1]) if self.cause.endswith("*") else one.cause == self.cause
        return one.kind == self.kind and alike


class Retest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the rules in a month. `held`: rules that were found again; `agreed`: the explanations whose lines
    are agreed by them; `gone`: rules of which nothing was found, which is news; `expired`: rules that are over while
    what they explained goes on, so that it is asked about again."""

    held: tuple[Standing, ...]
    agreed: tuple[str, ...]
    gone: tuple[Standing, ...]
    expired: tuple[Standing, ...]


def retested(rules: Iterable[Standing], explanations: Sequence[Explanation], month: str) -> Retest:
    """Test the rules on a month (YYYY-MM). A rule agrees to nothing that is our own defect, that our log leaves open,
    or that is merely suspected: that is asked about all the same."""
    standing = list(rules)
    holding = [one for one in standing if one.first <= month <= one.last]
    held, agreed = [], dict[str, None]()
    for rule in holding:
        covered = [
            one.explanation_id
            for one in explanations
            if rule.covers(one) and one.party in ("explainable", "partner") and one.confidence in SURE
        ]
        if covered:
            held.append(rule)
            agreed |= dict.fromkeys(covered)
    over = [rule for rule in standing if rule.last < month]
    open_ = [one for one in explanations if one.explanation_id not in agreed]
    return Retest(
        held=tuple(held),
        agreed=tuple(agreed),
        gone=tuple(rule for rule in holding if not any(rule.covers(one) for one in explanations)),
        expired=tuple(rule for rule in over if any(rule.covers(one) for one in open_)),
    )


def applied(month: Kept, agreed: Collection[str]) -> Kept:
    """The month with these explanations accepted: their lines are agreed by explanation, and the states follow."""
    if not agreed:
        return month
    numbers = [int(one.removeprefix("E")) for one in agreed]
    findings = month.findings.with_columns(
        pl.when(pl.col("explanation").is_in(numbers)).then(pl.lit("explainable")).otherwise("party").alias("party")
    )
    explanations = tuple(
        replace(one, party="explainable") if one.explanation_id in agreed else one for one in month.explanations
    )
    return replace(month, explanations=explanations, findings=findings, states=stated(month.states, findings))


def standing_of(doc: KnownRules) -> list[Standing]:
    """The rules with the months in which they hold; one that was ended holds until the month before."""
    return [
        Standing(
            kind=one.accepted.kind,
            cause=one.accepted.cause,
            first=one.accepted.starts,
            last=min(f"{one.accepted.ends:%Y-%m}", _before(f"{one.ended.at:%Y-%m}") if one.ended else "9999-12"),
        )
        for one in doc.explanations
    ]


def _before(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year:04d}-{number - 1:02d}" if number > 1 else f"{year - 1:04d}-12"
