"""Exports written apart from the reader, by another hand: read without a profile, paired, explained."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.reconciliation.matching.own import OwnSide
from services.reconciliation.matching.reading import Known, Report, read
from services.reconciliation.matching.request import request
from services.reconciliation.matching.results import reconcile
from services.reconciliation.sets import read_set
from tests.unit.reconciliation.asked import asked
from tests.unit.reconciliation.months import written
from tests.unit.reconciliation.others.calls import drawn, keep
from tests.unit.reconciliation.others.faults import Line, clock, left_out, reported, truth, utc
from tests.unit.reconciliation.others.layouts import LAYOUTS, Layout
from tests.unit.reconciliation.scoring import Score, score
from tests.unit.reconciliation.test_request import DUE, comes_back

SEEDS = (41, 42)


@dataclass(frozen=True)
class Month:
    own: OwnSide
    data: bytes
    lines: dict[str, Line]
    truth: dict[str, Any]

    def read(self, layout: Layout) -> Report:
        place = layout.place
        return read(self.data, Known(country=place.country, currency=place.currency, month=layout.month))

    def scored(self, report: Report) -> Score:
        outcome = reconcile(report.lines, self.own)
        words = {one.explanation_id: one.confidence for one in outcome.explanations}
        return score(self.truth, written(outcome), words)


def made(folder: Path, layout: Layout, seed: int, *, clean: bool) -> Month:
    calls = drawn(layout.place, layout.month, seed)
    faults, cut = ((), None) if clean else (layout.faults, layout.cut)
    sent = reported(calls, layout.place, layout.month, layout.code, seed, faults, cut)
    data, ids = layout.write(sent.lines)
    keep(folder, calls, layout.place, layout.month, layout.code, ref=layout.ref, lost=frozenset(sent.lost))
    names = {n: ids[id(line)] for n, line in enumerate(sent.lines)}
    return Month(read_set(folder).own, data, {names[n]: line for n, line in enumerate(sent.lines)}, truth(sent, names))


def unlike(layout: Layout, line: Line, row: dict[str, Any]) -> list[str]:
    """Which values of a line were not read as they were written."""
    step = layout.clock_step
    at = line.start.replace(second=0) if step == 60 else line.start
    said, offset = row["local"], row["offset_min"]
    if offset is not None:  # a time that says its distance from UTC is compared as the instant that it is
        said = said - timedelta(minutes=offset)
        at = utc(at, layout.place.zone).replace(tzinfo=None)
    good = {
        "local": said is not None and 0 <= (said - at).total_seconds() < 1,
        "local_resolution_s": row["local_resolution_s"] == step,
        "phone": row["phone_damage"] == "sci" if line.scientific else row["phone"] == line.phone,
        "agent": row["agent"] == line.agent,
        "duration_s": row["duration_s"] is not None
        and abs(row["duration_s"] - line.seconds) <= layout.duration_step / 2,
        "disposition": row["disposition"] == line.outcome,
        "amount_minor": row["amount_minor"] == line.minor,
        "currency": line.minor is None or row["currency"] == layout.place.currency,
    }
    return [f"{name}: {row[name]!r} for {line}" for name, right in good.items() if not right]


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "faulty"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_every_line_is_read_as_it_was_written(tmp_path: Path, layout: Layout, clean: bool) -> None:
    month = made(tmp_path, layout, SEEDS[0], clean=clean)
    report = month.read(layout)
    rows = {row["line"]: row for row in report.lines.iter_rows(named=True)}
    assert set(rows) == set(month.lines)
    assert [wrong for name, line in month.lines.items() for wrong in unlike(layout, line, rows[name])] == []
    assert report.profile.doubts == ()
    assert report.profile.unknown_dispositions == ()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_an_honest_month_gives_no_finding(tmp_path: Path, layout: Layout) -> None:
    month = made(tmp_path, layout, SEEDS[1], clean=True)
    found = month.scored(month.read(layout))
    assert found.notes == []
    assert Score.share(found.pairs, "right") >= 0.99


def test_what_is_planted_is_found_with_the_right_party(tmp_path: Path) -> None:
    total = Score()
    for number, layout in enumerate(LAYOUTS):
        for seed in SEEDS:
            month = made(tmp_path / f"{number}-{seed}", layout, seed, clean=False)
            found = month.scored(month.read(layout))
            assert Score.share(found.pairs, "right") >= 0.99, f"{layout.name}: {found.notes[:5]}"
            total.add(found)
    assert total.macro >= 0.95, total.notes
    assert Score.share(total.party) >= 0.97, total.notes
    assert Score.share(total.whole) >= 0.9, total.notes
    assert Score.share(total.proven) >= 0.99, total.notes
    assert len(total.kinds) >= 14


@pytest.mark.parametrize("name", ["american call log", "dialler with epochs", "interface with names in camel case"])
def test_what_is_asked_for_is_written_on_the_partners_own_clock(tmp_path: Path, name: str) -> None:
    layout = next(one for one in LAYOUTS if one.name == name)
    month = made(tmp_path, replace(layout, faults=(left_out(5), clock(60))), SEEDS[0], clean=False)
    one = asked(month.data, month.own)
    comes_back(one)
    sent = request(one.kept, one.data, one.mismatches, DUE).attachment
    labels = [column.label for column in one.report.profile.columns if column.field in ("datetime", "time")]
    cells = [row[f"expected: {label}"] for row in csv.DictReader(io.StringIO(sent.decode())) for label in labels]
    pattern = {"start_epoch": r"\d{10}", "startTimeUtc": r"[-\d]{10}T[:\d]{8}Z", "TIME": r"[:\d]{8} [AP]M"}[labels[0]]
    assert cells
    assert all(re.fullmatch(pattern, cell) for cell in cells if cell)
