"""What goes out to a partner: read back by our own reader, and right once it is done."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from services.reconciliation.matching.delta import delta
from services.reconciliation.matching.outgoing.pages import encodable, guarded
from services.reconciliation.matching.request import adjusted, request
from services.reconciliation.matching.results import reconcile
from services.reconciliation.matching.table import is_total
from shared.kernel import Rejected
from tests.tools.reports.layouts import LAYOUTS
from tests.tools.reports.writing import make_set, parse_faults
from tests.unit.reconciliation.asked import Asked, of_partner, of_set
from tests.unit.reconciliation.layouts import Layout
from tests.unit.reconciliation.months import SPECIAL
from tests.unit.reconciliation.partners import PARTNERS

SETS = sorted((Path(__file__).parents[2] / "fixtures" / "reports").glob("r0[1-9]*"))
DUE = date(2025, 12, 5)
SAID = ("local", "phone", "agent", "duration_s", "disposition", "amount_minor")


def comes_back(month: Asked) -> None:
    """What was written is what is read; the adjusted report is done as asked, and our own count finds nothing more."""
    sent = request(month.kept, month.data, month.mismatches, DUE)
    attached = month.read(sent.attachment)
    assert len(attached.lines) == sent.lines > 0
    assert attached.remarks.is_empty() or not month.report.remarks.is_empty()
    reported = month.report.lines.filter(pl.col("line").is_in([one.line for one in sent.asked if one.line]))
    as_sent = set(reported.select(*SAID).iter_rows())
    assert as_sent <= set(attached.lines.select(*SAID).iter_rows())
    right = month.read(adjusted(month.kept, month.data, month.mismatches))
    damaged = any(one.kind == "number_format" for one in month.kept.explanations)
    wanted = {one.expected.get("disposition") for one in sent.asked} - {None}
    unheard = wanted - set(month.report.profile.dispositions.values())  # outcomes of which we don't know its word
    allowed = ({"phone_form"} if damaged else set()) | ({"disposition"} if unheard else set())
    assert {one.what for one in right.changes} <= allowed
    assert [one for one in reconcile(right.lines, month.own).explanations if one.party != "own"] == []
    found = delta(month.report.lines, right.lines, sent.asked, month.own.basis)
    assert [one for one in found.answers if one.done != "done"] == []
    assert found.unrequested == ()
    idle = delta(month.report.lines, month.report.lines, sent.asked, month.own.basis)
    assert (idle.count("not_done"), idle.unrequested) == (sent.lines, ())


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_a_recorded_report_is_asked_about_in_its_own_layout(folder: Path) -> None:
    comes_back(of_set(folder))


@pytest.mark.parametrize("seed", range(len(SPECIAL) - 1))
def test_every_kind_of_cause_is_asked_for_and_done(seed: int, tmp_path: Path) -> None:
    layout = LAYOUTS[sorted(LAYOUTS)[seed % len(LAYOUTS)]]
    faults = parse_faults(SPECIAL[seed], layout, seed, "2025-10")
    make_set(tmp_path / "set", layout, seed, 200, "2025-10", faults, "P-01")
    comes_back(of_set(tmp_path / "set"))


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_mixed_causes_are_asked_for_in_every_layout(layout: str, tmp_path: Path) -> None:
    faults = parse_faults("mix", LAYOUTS[layout], 41, "2026-03")
    make_set(tmp_path / "set", LAYOUTS[layout], 41, 200, "2026-03", faults, "P-01", noise="high")
    comes_back(of_set(tmp_path / "set"))


@pytest.mark.parametrize(("layout", "prefix", "digits"), PARTNERS, ids=[layout.name for layout, _, _ in PARTNERS])
def test_a_partner_is_asked_in_the_way_in_which_it_writes(layout: Layout, prefix: str, digits: int) -> None:
    month = of_partner(layout, prefix, digits)
    assert {one.kind for one in month.kept.explanations} >= {"missing_line", "extra_line", "duplicate_line"}
    comes_back(month)


def rows(data: bytes, encoding: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=separator))


def test_cells_are_written_as_the_column_has_them() -> None:
    layout, prefix, digits = next(one for one in PARTNERS if one[0].name == "turkish")
    month = of_partner(layout, prefix, digits)
    sent = request(month.kept, month.data, month.mismatches, DUE)
    head, *lines = rows(sent.attachment, "cp1254", ";")
    assert head[0] == "satır"
    assert head[-1] == "yapılacak"
    labels = [label for label in head[1:-1] if not label.startswith("beklenen: ")]
    assert labels == [column.label for column in month.report.profile.columns]
    added = next(line for line in lines if line[-1].startswith("eklenecek"))
    cells = dict(zip(head, added, strict=True))
    assert cells["satır"] == ""
    call = next(one for one in sent.asked if one.action == "add").expected
    assert cells["Tarih"] == f"{call['local']:%d.%m.%y}"
    assert cells["Saat"] == f"{call['local']:%I:%M:%S} {'ÖS' if call['local'].hour >= 12 else 'ÖÖ'}"
    assert cells["Aranan numara"] == "0" + call["phone"].removeprefix("+90")
    for line in lines:
        told = dict(zip(head, line, strict=True))
        if told["beklenen: Temsilci kodu"]:
            assert told["beklenen: Temsilci kodu"] != told["Temsilci kodu"]
    assert sum(bool(dict(zip(head, line, strict=True))["beklenen: Temsilci kodu"]) for line in lines) == 1


def test_sums_that_hold_no_more_are_left_out_of_the_report_as_it_would_be_right() -> None:
    month = of_set(SETS[2])
    before = rows(month.data, "utf-8-sig", ";")
    after = rows(adjusted(month.kept, month.data, month.mismatches), "utf-8-sig", ";")
    assert any(is_total(row) for row in before)
    assert not any(is_total(row) for row in after)


def test_nothing_asked_changes_nothing() -> None:
    month = of_set(SETS[0])
    right = month.read(adjusted(month.kept, month.data, []))
    assert right.lines.drop("line").equals(month.report.lines.drop("line"))


def test_a_request_without_a_line_is_refused() -> None:
    with pytest.raises(Rejected, match="nothing_to_correct"):
        request(of_set(SETS[0]).kept, b"", [], DUE)


def test_the_same_request_is_the_same_to_the_byte() -> None:
    month = of_set(SETS[1])
    one, two = (request(month.kept, month.data, month.mismatches, DUE) for _ in range(2))
    assert (one.letter, one.attachment) == (two.letter, two.attachment)


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-A1", " =A1", "\t=A1"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+4917612345678", "+49 176 123", "-12,50", "+(49) 176", "A100", ""])
def test_numbers_stay_usable(text: str) -> None:
    assert guarded(text) == text


def test_a_letter_that_an_encoding_lacks_loses_its_accent() -> None:
    assert encodable("očekivano", "cp1252") == "ocekivano"
    assert encodable("očekivano", "cp1250") == "očekivano"
