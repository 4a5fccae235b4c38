"""`tallyline reconcile`: a set on disk is read, reconciled and told in a few sentences, without a server; and the
fixture of a defect of ours goes through the release that is installed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import typer
from rich.markup import escape

from services.reconciliation.matching.defect_words import as_rows
from services.reconciliation.matching.fixture import fixture_of
from services.reconciliation.matching.profile import Profile, given
from services.reconciliation.matching.reading import Known, Report, read
from services.reconciliation.matching.replaying import released, replayed
from services.reconciliation.matching.results import Outcome, exported, reconcile
from services.reconciliation.matching.states import totals
from services.reconciliation.sets import NotASet, ReportSet, read_set
from services.terminal import fail, out, table
from shared.contracts.terms import shown
from shared.kernel import Rejected


def reconcile_set(folder: Path, export: Path | None, detect: bool) -> None:
    """Reconcile a set and print its causes; write its findings where that is asked for. `detect` leaves a profile
    that lies there unread."""
    try:
        given_set = read_set(folder)
        report = _report(given_set, detect)
    except NotASet as wrong:
        fail(str(wrong))
    except Rejected as refused:
        fail(f"{folder}: {refused}")
    outcome = reconcile(report.lines, given_set.own)
    if export is not None:
        write_findings(outcome, export)
    tell(outcome, report)


def read_report(one: ReportSet, profile: Profile | None) -> Report:
    """The partner's lines of a set."""
    basis = one.own.basis
    middle = basis.start + (basis.end - basis.start) / 2
    known = Known(country=basis.country, currency=basis.currency, month=f"{middle:%Y-%m}")
    return read(one.report.read_bytes(), known, profile)


def write_findings(outcome: Outcome, file: Path) -> None:
    """The findings as a JSON list, one object a line."""
    objects = ",\n".join(exported(outcome))
    file.write_text(f"[\n{objects}\n]\n", encoding="utf-8")


def _report(one: ReportSet, detect: bool) -> Report:
    return read_report(one, None if one.profile is None or detect else given(one.profile))


def tell(outcome: Outcome, report: Report) -> None:
    """Print an outcome: what was read, causes, our own defects, and where the money ends."""
    currency = outcome.basis.currency
    out.print(f"{len(report.lines)} lines read, {len(report.skipped)} rows are none, {len(report.remarks)} remarks")
    for doubt in report.profile.doubts:
        out.print(f"the file leaves open: {doubt}", markup=False)
    for one in outcome.explanations:
        money = f", {shown(one.moved_minor, currency)} more than ours" if one.moved_minor else ""
        out.print(f"[bold]{one.explanation_id} {one.kind}[/] {escape(one.cause)}: {one.party}, {one.confidence}")
        out.print(f"   {one.explained} lines, {one.against} against{money}", markup=False)
        out.print(f"   {one.whole_proof}", markup=False, highlight=False)
    if outcome.defects:
        rows = [{"defect": one.kind, "calls": len(one.calls), "where": one.predicate} for one in outcome.defects]
        table("Our own defects, found by replay alone", rows, ["defect", "calls", "where"])
    rows = [
        {"state": state, "units": units, "theirs": shown(theirs, currency), "ours": shown(ours, currency)}
        for state, units, theirs, ours in totals(outcome.states).iter_rows()
    ]
    sums = outcome.states.select(pl.len(), pl.col("theirs").sum(), pl.col("ours").sum()).row(0)
    rows.append(
        {"state": "all", "units": sums[0], "theirs": shown(sums[1], currency), "ours": shown(sums[2], currency)}
    )
    table("Where each line and call ends", rows, ["state", "units", "theirs", "ours"])


def replay(fixture: Path) -> None:
    """Replay a fixture, and print what is shown otherwise than the events say. Ends with 1 while anything is."""
    try:
        one = fixture_of(fixture.read_bytes())
    except Rejected as refused:
        fail(f"{fixture}: {refused}")
    differences = replayed(one, released)
    said = one.specification
    out.print(f"{said.kind} where {said.predicate}: {len(one.cases)} calls", markup=False, highlight=False)
    if differences:
        table("What differs", as_rows(differences), ["call", "what", "expected", "shown", "failed"])
        raise typer.Exit(1)
    out.print("Nothing differs: the fixture passes.")
