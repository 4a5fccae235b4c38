"""A month that was reconciled, as it is kept: looked at, asked about and agreed on without working it out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.bundles import frame_bytes, frame_of, joined, split
from services.reconciliation.matching.explanations import Explanation
from services.reconciliation.matching.profile import Change, Profile

if TYPE_CHECKING:  # what works it out is loaded by the process of a run alone
    from services.reconciliation.matching.reading import Report
    from services.reconciliation.matching.results import Outcome

FRAMES = ("lines", "skipped", "remarks", "calls", "findings", "states")


@dataclass(frozen=True)
class Kept:
    """`lines`, `skipped`, `remarks`: the report as it was read, `lines` with `row`; `calls`: ours, with `call`;
    `findings`: a row a difference, with `row`, `call` and `explanation` (1 for E1); `states`: a row for each line and
    call, with where it ends."""

    basis: Basis
    profile: Profile
    changes: tuple[Change, ...]
    explanations: tuple[Explanation, ...]
    lines: pl.DataFrame
    skipped: pl.DataFrame
    remarks: pl.DataFrame
    calls: pl.DataFrame
    findings: pl.DataFrame
    states: pl.DataFrame


class _Head(msgspec.Struct):
    basis: Basis
    profile: Profile
    changes: tuple[Change, ...]
    explanations: tuple[Explanation, ...]


def kept(report: Report, outcome: Outcome) -> Kept:
    """What is kept of a reconciliation."""
    return Kept(
        basis=outcome.basis,
        profile=report.profile,
        changes=report.changes,
        explanations=tuple(outcome.explanations),
        lines=report.lines.with_row_index("row"),
        skipped=report.skipped,
        remarks=report.remarks,
        calls=outcome.seen.calls,
        findings=outcome.findings,
        states=outcome.states,
    )


def packed(month: Kept) -> bytes:
    """All of it as bytes."""
    head = _Head(month.basis, month.profile, month.changes, month.explanations)
    return joined([msgspec.json.encode(head), *(frame_bytes(getattr(month, name)) for name in FRAMES)])


def unpacked(data: bytes) -> Kept:
    """What `packed` packed."""
    first, *frames = split(data)
    head = msgspec.json.decode(first, type=_Head)
    named = {name: frame_of(part) for name, part in zip(FRAMES, frames, strict=True)}
    return Kept(basis=head.basis, profile=head.profile, changes=head.changes, explanations=head.explanations, **named)
