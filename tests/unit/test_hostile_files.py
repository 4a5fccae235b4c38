"""Files that are meant to harm: nothing is loaded or made of them, and none of ours harms whoever opens it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.calls.api.commissions import as_table
from services.calls.domain.script_text import from_yaml
from services.calls.events.commissions import StatementLine
from services.calls.leads.sheets import rows_of
from services.gateway.api.audit import row
from services.reconciliation.invoices.invoice import Unreadable
from services.reconciliation.invoices.reading import read_xml
from services.reconciliation.matching.files import Limits
from services.reconciliation.matching.workbook import workbook_grid
from shared.audit.entries import Entry, kept
from shared.cells import FORMULA, as_csv, guarded
from shared.contracts.terms.reading import read_terms
from shared.contracts.terms.rules import InvalidTerms
from shared.kernel import Rejected
from tests.unit.reconciliation.invoices.documents import cii, ubl
from tests.unit.reconciliation.invoices.months import good

REPORT = Path(__file__).parents[1] / "fixtures" / "reports" / "r02_en_xlsx" / "report.xlsx"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))


def declared(document: bytes, declaration: str, entity: str) -> bytes:
    """The document with a document type, and the entity somewhere within its first element."""
    head, mark, rest = document.partition(b"?>")
    body = rest if mark else document
    opening = body.index(b">", body.index(b"<")) + 1
    changed = body[:opening] + entity.encode() + body[opening:]
    return head + mark + f"<!DOCTYPE x [{declaration}]>".encode() + changed if mark else declaration.encode() + changed


def workbook(part: str, declaration: str, entity: str) -> bytes:
    """A good report with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(REPORT) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, declared(content, declaration, entity) if name == part else content)
    return out.getvalue()


READERS: dict[str, Callable[[str, str], object]] = {
    "UBL": lambda declaration, entity: read_xml(declared(ubl(good()), declaration, entity)),
    "CII": lambda declaration, entity: read_xml(declared(cii(good()), declaration, entity)),
    **{
        f"{name} {part}": lambda declaration, entity, read=read, part=part: read(workbook(part, declaration, entity))  # type: ignore[misc]
        for name, read in {
            "report": lambda content: workbook_grid(content, Limits()),
            "sheet": lambda content: list(rows_of(content)),
        }.items()
        for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml")
    },
}


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_of_xml_loads_or_expands(reader: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not-to-be-read")
    for declaration, entity in (
        (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "&x;"),
        ('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', "&x;"),
        (f'<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;', ""),
        (LAUGHS, "&l9;"),
    ):
        with pytest.raises((Unreadable, Rejected)) as refused:
            READERS[reader](declaration, entity)
        assert "not-to-be-read" not in str(refused.value)


def test_the_files_that_were_changed_can_be_read_as_they_were() -> None:
    """Else they would be refused for another reason."""
    assert read_xml(ubl(good()))[1] == read_xml(cii(good()))[1]
    assert len(list(rows_of(REPORT.read_bytes()))) > 10
    assert workbook_grid(REPORT.read_bytes(), Limits())


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['true']",
        "a: !!python/name:os.system",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "a: &a {b: *a}",
    ],
)
def test_no_reader_of_yaml_makes_objects_or_doubles_them(text: str) -> None:
    with pytest.raises(Rejected):
        from_yaml(text.encode())
    with pytest.raises(InvalidTerms):
        read_terms(text.encode(), "yaml")


BAD = st.tuples(st.sampled_from(["", " ", "\t", "\r\n", "\u200b"]), st.sampled_from(FORMULA), st.text(max_size=20)).map(
    "".join
)


@given(BAD)
def test_a_guarded_text_is_none(text: str) -> None:
    shown = guarded(text)
    assert not shown.startswith(FORMULA)
    assert guarded(shown) == shown, "guarding again changes nothing"


@given(BAD)
def test_a_table_guards_what_nobody_has_and_leaves_numbers(text: str) -> None:
    told = as_csv([[text, guarded(text), -5, "-5.20", Decimal("-5.2"), None]]).decode()
    assert told.endswith("\r\n")
    ((first, second, *numbers),) = csv.reader(io.StringIO(told))
    assert first == second
    assert numbers == ["-5", "-5.20", "-5.2", ""]


@given(BAD, BAD)
def test_no_file_of_ours_has_a_formula(one: str, other: str) -> None:
    entry = Entry(
        at=datetime(2026, 3, 2, tzinfo=UTC), step="done", request="r", who=one, role="sre", by="key", what=other,
        route=one, on={one: other}, status=202,
    )  # fmt: skip
    line = StatementLine(
        source="line",
        plan=one,
        rule=other,
        month=one,
        order=one,
        line=1,
        sku=one,
        calculation=other,
        amount_minor=-5,
    )
    cells = [cell for found in csv.reader(io.StringIO(as_table([line], "EUR").decode())) for cell in found]
    assert "-5" in cells, "a negative amount stays a number"
    for cell in [*cells, *row(kept(b"k", entry))]:
        assert cell == "-5" or not cell.startswith(FORMULA)
