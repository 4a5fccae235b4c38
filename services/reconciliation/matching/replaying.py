"""The facts of a fixture through a fold, held against what they say: what differs is not mended yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from services.reconciliation.matching.fixture import NOWHERE, Case, Fixture, Statistic, statistics
from services.reconciliation.views.month_calls import Fact, MonthCall, Shown, month_calls, shown

Fold = Callable[[Sequence[Fact]], Shown | None]
"""What is shown of the call with these facts; None where it is not shown at all."""
Value = str | int | bool | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A call of which something else is shown than its facts say; `what`: which value. `failed`: it did so before."""

    call: str
    what: str
    expected: Value
    shown: Value
    failed: bool


def released(facts: Sequence[Fact]) -> Shown | None:
    """The fold of the release that runs."""
    doc: MonthCall | None = None
    for fact in facts:
        for _, part in month_calls.route(fact):
            doc = month_calls.fold(doc, part, 1)
    return shown(doc) if doc is not None and doc.facts else None


def replayed(fixture: Fixture, fold: Fold) -> list[Difference]:
    """What a fold shows otherwise than the facts say; nothing where the defect is mended and nothing else is harmed."""
    return [difference for case in fixture.cases for difference in _differences(case, fold(case.facts))]


def _differences(case: Case, seen: Shown | None) -> list[Difference]:
    one = NOWHERE if seen is None else next(iter(statistics([seen], case.cancelled).values()))
    return [
        Difference(
            call=case.call,
            what=what,
            expected=getattr(case.expected, what),
            shown=getattr(one, what),
            failed=case.fails,
        )
        for what in differing(case.expected, one)
    ]


def differing(expected: Statistic, seen: Statistic) -> list[str]:
    """Which values differ, by the rules of the self-audit: of a call that is not there, nothing else is said, and a
    result is not held against us where a sale is missing already."""
    if expected.there != seen.there:
        return ["there"]
    found = []
    if expected.talk_s is not None and seen.talk_s is not None and expected.talk_s != seen.talk_s:
        found.append("talk_s")
    if expected.sale_status != seen.sale_status:
        found.append("sale_status")
    sold = expected.sale_status is not None
    if sold == (seen.sale_status is not None):
        if sold and expected.sale_minor != seen.sale_minor:
            found.append("sale_minor")
        if expected.disposition != seen.disposition:
            found.append("disposition")
    return found
