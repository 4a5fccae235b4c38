"""What a partner is asked for, line by line: to change it, to take it out, or to add it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from services.reconciliation.matching.kept import Kept
from services.reconciliation.matching.lines import prepared

Action = Literal["change", "remove", "add"]

REMOVED = ("duplicate_line", "duplicate_block", "extra_line")
ADDED = ("missing_line", "missing_day")
EDGES = "month_boundary"
"""Its lines are taken out, its calls without a line are added."""

FIELDS: dict[str, tuple[str, ...]] = {
    "timezone_shift": ("local",),
    "dst_hour": ("local",),
    "wrong_time": ("local",),
    "duration_rounding": ("duration_s",),
    "wrong_duration": ("duration_s",),
    "agent_remap": ("agent",),
    "wrong_agent": ("agent",),
    "number_format": ("phone",),
    "wrong_number": ("phone",),
    "decimal_mixup": ("amount_minor",),
    "currency_mixup": ("amount_minor", "currency"),
    "wrong_amount": ("amount_minor",),
    "wrong_disposition": ("disposition",),
    "cancelled_sale_counted": ("disposition",),
    "sale_not_cancelled": ("disposition",),
    "phantom_sale": ("disposition", "amount_minor"),
    "sale_not_reported": ("disposition", "amount_minor"),
}
"""What a line with a mismatch of this kind has otherwise, by the columns of a report that was read."""

WHOLE = ("ref", "local", "phone", "agent", "duration_s", "disposition", "amount_minor", "currency", "campaign")
"""All that a line says."""


@dataclass(frozen=True)
class Correction:
    """One line. `line`: its id, None where it is to be added; `row` and `call`: in what was kept; `mismatches`: why;
    `reported` and `expected`: by field, as a report that was read has them: `local` on the partner's wall clock."""

    action: Action
    line: str | None
    row: int | None
    call: int | None
    mismatches: tuple[str, ...]
    expected: Mapping[str, Any] = field(default_factory=dict)
    reported: Mapping[str, Any] = field(default_factory=dict)


def corrections(kept: Kept, chosen: Iterable[str]) -> list[Correction]:
    """What the mismatches chosen ask for, in the order of the report; what is to be added comes last, by its time. A
    line that is to be taken out is not changed as well. Mismatches of which no line is the partner's give nothing."""
    numbers = {int(one.removeprefix("E")) for one in chosen}
    found = kept.findings.filter(pl.col("explanation").is_in(list(numbers)))
    lines = dict(enumerate(prepared(kept.lines, kept.basis.partner_tz).to_dicts()))
    codes = _codes(kept)
    calls = {
        one["call"]: one
        for one in kept.calls.join(found.select("call").drop_nulls().unique(), on="call", how="semi").to_dicts()
    }
    by_row: dict[int, Correction] = {}
    added: dict[int, Correction] = {}
    for one in found.select("row", "call", "kind", "explanation").iter_rows(named=True):
        row, call, kind, why = one["row"], one["call"], one["kind"], f"E{one['explanation']}"
        if row is None:
            if kind in (*ADDED, EDGES) and call is not None and call not in added:
                whole = _expected(WHOLE, calls[call], kind, kept, codes)
                added[call] = Correction("add", None, None, call, (why,), whole)
        elif kind in (*REMOVED, EDGES):
            by_row[row] = _merged(by_row.get(row), Correction("remove", lines[row]["line"], row, call, (why,)))
        elif kind in FIELDS and call is not None:
            named = [name for name in FIELDS[kind] if name != "currency" or lines[row]["currency"] is not None]
            expected = _expected(named, calls[call], kind, kept, codes)
            reported = {name: lines[row][name] for name in named}
            change = Correction("change", lines[row]["line"], row, call, (why,), expected, reported)
            by_row[row] = _merged(by_row.get(row), change)
    return [by_row[row] for row in sorted(by_row)] + sorted(
        added.values(), key=lambda one: (one.expected["local"], one.call)
    )


def _merged(before: Correction | None, now: Correction) -> Correction:
    if before is None:
        return now
    why = tuple(dict.fromkeys((*before.mismatches, *now.mismatches)))
    if "remove" in (before.action, now.action):
        return Correction("remove", now.line, now.row, now.call, why)
    return Correction(
        "change",
        now.line,
        now.row,
        now.call,
        why,
        {**before.expected, **now.expected},
        {**before.reported, **now.reported},
    )


def _expected(names: Iterable[str], call: dict[str, Any], kind: str, kept: Kept, codes: _Codes) -> dict[str, Any]:
    outcome = _outcome(call, kind, kept)
    sold = outcome == "sale"
    known = {
        "ref": call["ref"],
        "local": call["local"],
        "phone": call["phone"],
        "agent": codes.agents.get(call["agent"], call["agent"]),
        "duration_s": call["talk_s"],
        "disposition": outcome,
        "amount_minor": call["order_minor"] if sold else None,
        "currency": kept.basis.currency if sold else None,
        "campaign": codes.campaigns.get(call["campaign"], call["campaign"]),
    }
    return {name: known[name] for name in names}


def _outcome(call: dict[str, Any], kind: str, kept: Kept) -> str | None:
    """What our events say of a call at the month's cutoff. A cancellation after it leaves the sale in the month, unless
    that very cancellation is what the partner is asked to tell."""
    if call["sale_id"] is None:
        outcome: str | None = call["outcome"]
        return outcome
    gone = call["cancelled_at"]
    early = gone is not None and gone <= kept.basis.cutoff.replace(tzinfo=None)
    return "sale_cancelled" if early or (gone is not None and kind == "cancelled_sale_counted") else "sale"


@dataclass(frozen=True)
class _Codes:
    """The partner's words for our agents and campaigns."""

    agents: Mapping[str, str]
    campaigns: Mapping[str, str]


def _codes(kept: Kept) -> _Codes:
    """As its own lines have them: those in which nothing is wrong with the agent."""
    wrong = kept.findings.filter(pl.col("kind").is_in(["agent_remap", "wrong_agent"]))["row"].drop_nulls()
    pairs = kept.states.filter(
        pl.col("row").is_not_null() & pl.col("call").is_not_null() & pl.col("row").is_in(wrong.implode()).not_()
    ).select("row", "call")
    both = pairs.join(kept.lines.select("row", "agent", "campaign"), on="row").join(
        kept.calls.select("call", our_agent="agent", our_campaign="campaign"), on="call"
    )
    return _Codes(_most(both, "our_agent", "agent"), _most(both, "our_campaign", "campaign"))


def _most(both: pl.DataFrame, ours: str, theirs: str) -> dict[str, str]:
    counts: dict[str, Counter[str]] = {}
    for mine, other in both.select(ours, theirs).drop_nulls().iter_rows():
        counts.setdefault(mine, Counter())[other] += 1
    return {mine: max(others.items(), key=lambda item: (item[1], item[0]))[0] for mine, others in counts.items()}
