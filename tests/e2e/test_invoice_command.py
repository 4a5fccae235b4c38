"""`tallyline invoices check`: a file in any form, alone or against what was expected, and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from services.cli import app
from tests.unit.reconciliation.invoices.documents import Writer, cii, pdf, ubl
from tests.unit.reconciliation.invoices.months import OTHER_IBAN, expectation, good
from tests.unit.reconciliation.invoices.test_reading import MAPPING, TABLE


def checked(folder: Path, data: bytes, *options: str) -> Result:
    file = folder / "invoice"
    file.write_bytes(data)
    return CliRunner().invoke(app, ["invoices", "check", str(file), *options])


@pytest.fixture
def expected(tmp_path: Path) -> str:
    file = tmp_path / "expected.json"
    file.write_bytes(msgspec.json.encode(expectation()))
    return str(file)


def as_pdf(invoice: object) -> bytes:
    return pdf(cii(good()))


@pytest.mark.parametrize("write", [ubl, cii, as_pdf, msgspec.json.encode])
def test_a_good_invoice_in_any_form_passes(tmp_path: Path, expected: str, write: Writer) -> None:
    result = checked(tmp_path, write(good()), "--expected", expected)
    assert result.exit_code == 0, result.output
    assert ": passed\n" in result.output
    assert result.output.count("\nok ") >= 16


def test_a_changed_account_is_blocked(tmp_path: Path, expected: str) -> None:
    result = checked(tmp_path, ubl(replace(good(), iban=OTHER_IBAN)), "--expected", expected)
    assert result.exit_code == 1
    assert "BLOCK  bank account" in result.output


def test_the_protocol_comes_as_json_too(tmp_path: Path, expected: str) -> None:
    result = checked(tmp_path, ubl(replace(good(), iban=OTHER_IBAN)), "--expected", expected, "--json")
    assert json.loads(result.output)["verdict"] == "block"


def test_without_an_expectation_the_standard_is_held_against_it(tmp_path: Path) -> None:
    assert checked(tmp_path, ubl(good())).exit_code == 0
    wrong = replace(good(), totals=replace(good().totals, gross=good().totals.gross + 1))
    result = checked(tmp_path, ubl(wrong))
    assert result.exit_code == 1
    assert "BR-CO-15" in result.output


def test_a_table_needs_its_mapping(tmp_path: Path) -> None:
    result = checked(tmp_path, TABLE.encode())
    assert result.exit_code == 1
    assert "no_mapping" in result.output
    mapping = tmp_path / "mapping.json"
    mapping.write_bytes(msgspec.json.encode(MAPPING))
    result = checked(tmp_path, TABLE.encode(), "--mapping", str(mapping))
    assert result.exit_code == 0
    assert "Invoice R-7 of 2026-04-06, 1814.35 EUR, read as csv" in result.output


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b"<html/>", "unknown_format"),
        (b"%PDF-1.7", "not_pdf"),
        (b"{}", "not_an_invoice"),
    ],
)
def test_what_is_no_invoice_is_refused_in_one_line(tmp_path: Path, data: bytes, code: str) -> None:
    result = checked(tmp_path, data)
    assert result.exit_code == 1
    assert code in result.output
    assert "Traceback" not in result.output


def test_nothing_is_loaded_where_it_is_not_needed() -> None:
    """The libraries weigh more than the server; they are loaded where a document is opened, and there only."""
    loaded = (
        "import services.cli, services.reconciliation.validator, sys\n"
        "print({'lxml', 'saxonche', 'pypdf', 'stdnum', 'facturx', 'requests'} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"
