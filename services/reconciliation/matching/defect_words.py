"""A defect's specification as a page that a developer reads."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.reconciliation.matching.fixture import Fixture, Statistic
from services.reconciliation.matching.replaying import Difference, differing
from shared.contracts.terms import shown


def as_markdown(defect_id: str, fixture: Fixture) -> str:
    """The specification of a defect in Markdown."""
    one = fixture.specification
    failing = sum(case.fails for case in fixture.cases)
    differs = set(differing(one.expected, one.shown))
    rows = [_row(name, name in differs, one.expected, one.shown) for name in Statistic.__struct_fields__]
    events = "\n".join(msgspec.json.encode(event).decode() for event in one.events)
    return "\n".join(
        [
            f"# {defect_id}: {one.kind}",
            "",
            "What we show differs from what our events say, for calls where",
            "",
            _fenced(one.predicate),
            "",
            f"{one.calls} calls fail of {one.meeting} that meet this, from {one.since:%Y-%m-%d %H:%M:%S} to "
            f"{one.until:%Y-%m-%d %H:%M:%S} UTC, in {one.month} of {one.partner_id}. In the sales shown it moves "
            f"{shown(one.moved_minor, one.currency)}.",
            "",
            "## The first call that fails",
            "",
            "| value | expected | shown |",
            "|---|---|---|",
            *rows,
            "",
            "Its events, in order:",
            "",
            _fenced(events),
            "",
            "## The fixture",
            "",
            f"{failing} calls that fail and {len(fixture.cases) - failing} that are right, with ids replaced by words. "
            "It passes once none of them is shown otherwise than its events say:",
            "",
            _fenced("tallyline reconcile replay FIXTURE"),
            "",
        ]
    )


def as_rows(differences: Sequence[Difference]) -> list[dict[str, object]]:
    """What differs, a row a value."""
    return [msgspec.structs.asdict(one) for one in differences]


def _row(name: str, differs: bool, expected: Statistic, seen: Statistic) -> str:
    return f"| {f'**{name}**' if differs else name} | {_value(expected, name)} | {_value(seen, name)} |"


def _value(statistic: Statistic, name: str) -> str:
    value = getattr(statistic, name)
    return "" if value is None else f"`{value}`"


def _fenced(text: str) -> str:
    """A block that no text of a partner can end."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
