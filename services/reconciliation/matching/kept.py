"""A month that was reconciled, as it is kept: looked at, asked about and agreed on without working it out again."""

from __future__ import annotations

import io
from dataclasses import dataclass

import msgspec
import polars as pl

from services.reconciliation.matching.basis import Basis
from services.reconciliation.matching.profile import Change, Profile
from services.reconciliation.matching.reading import Report
from services.reconciliation.matching.results import Explanation, Outcome

FRAMES = ("lines", "skipped", "remarks", "calls", "findings", "states")
_SIZE = 8


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
    """All of it as bytes: a head in JSON, then the frames, each with its size before it."""
    head = _Head(month.basis, month.profile, month.changes, month.explanations)
    parts = [msgspec.json.encode(head)]
    for name in FRAMES:
        into = io.BytesIO()
        getattr(month, name).write_ipc(into, compression="zstd")
        parts.append(into.getvalue())
    return b"".join(len(part).to_bytes(_SIZE, "big") + part for part in parts)


def unpacked(data: bytes) -> Kept:
    """What `packed` packed."""
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + _SIZE], "big")
        parts.append(data[at + _SIZE : at + _SIZE + size])
        at += _SIZE + size
    head = msgspec.json.decode(parts[0], type=_Head)
    frames = {name: pl.read_ipc(io.BytesIO(part)) for name, part in zip(FRAMES, parts[1:], strict=True)}
    return Kept(basis=head.basis, profile=head.profile, changes=head.changes, explanations=head.explanations, **frames)
