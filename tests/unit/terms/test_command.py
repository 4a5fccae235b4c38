"""The commands that read terms from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from tests.unit.terms.sheets import FIXTURES, PAIRS, differences


def said(*words: str | Path, columns: str = "400") -> tuple[int, str]:
    """Exit code, and all that was printed."""
    result = CliRunner().invoke(app, ["contracts", *map(str, words)], env={"COLUMNS": columns})
    return result.exit_code, result.output + result.stderr


@pytest.mark.parametrize(("pair", "draft"), PAIRS.items())
def test_check_prints_every_deviation_with_its_cost(pair: str, draft: str) -> None:
    code, text = said("check", FIXTURES / pair / "agreed.yaml", FIXTURES / pair / draft)
    expected = differences(pair)
    assert code == 1
    for one in expected["differences"]:
        (row,) = [line for line in text.splitlines() if f" {one['path']} " in line]
        assert f" {one['effect']} " in row
        if one["cost"]:
            sign = "+" if one["cost"] > 0 else ""
            assert f" {sign}{one['cost'] / 100:.2f} " in row
    assert f"+{expected['all_together'] / 100:.2f} " in text


def test_check_of_the_same_terms_finds_nothing() -> None:
    code, text = said("check", FIXTURES / "full.yaml", FIXTURES / "full.yaml")
    assert (code, "0 deviations" in text) == (0, True)


def test_rate_prints_the_months_price() -> None:
    code, text = said("rate", FIXTURES / "per-minute" / "agreed.yaml")
    assert (code, "net 17424.00 EUR" in text) == (0, True)
    assert said("rate", FIXTURES / "per-minute" / "agreed.yaml", "--month", "2025-01")[0] == 1


def test_a_file_that_cannot_be_read_is_said_by_its_field(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    text = (FIXTURES / "per-minute" / "agreed.yaml").read_text(encoding="utf-8")
    wrong.write_text(text.replace("EUR", "EURO"), encoding="utf-8")
    code, text = said("rate", wrong)
    assert (code, "payment.currency" in text) == (1, True)
    (tmp_path / "terms.pdf").write_bytes(b"%PDF-")
    assert said("rate", tmp_path / "terms.pdf")[0] == 1
