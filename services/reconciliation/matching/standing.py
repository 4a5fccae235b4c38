"""Explanations that were accepted for some time, tested anew on each month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from services.reconciliation.matching.results import Explanation

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
