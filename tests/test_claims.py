"""What the pages claim is tested: every test that they name is there."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`((?:tests/[\w/.]*|test_\w+\.py)(?:::(\w+))?)`")
TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)
THREATS, GUARANTEES = "docs/threat-model.md", "docs/guarantees.md"


def rows(page: str) -> list[list[str]]:
    """The cells of the rows of all tables of a page, without heads."""
    lines = [*page.splitlines(), ""]
    told = [line for line, below in pairwise(lines) if not below.startswith("|---")]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in told
        if line.startswith("|") and not line.startswith("|---")
    ]


def ragged(page: str) -> list[str]:
    """Rows with another number of cells than the row above, in the same table."""
    both = pairwise(page.splitlines())
    return [
        row for above, row in both if above.startswith("|") and row.startswith("|") and _cells(above) != _cells(row)
    ]


def _cells(row: str) -> int:
    return len(row.strip("|").split("|"))


def missing(page: str, root: Path = ROOT) -> list[str]:
    """Tests that a page names and that are not there. A bare file name lies beside the file named before it."""
    wrong: list[str] = []
    folder = Path()
    for found in NAMED.finditer(page):
        name, function = found[1].partition("::")[0], found[2]
        path = Path(name) if name.startswith("tests/") else folder / name
        folder = path.parent if path.suffix else path
        here = root / path
        if not here.exists() or (function is not None and function not in functions(here)):
            wrong.append(found[1])
    return wrong


def functions(path: Path) -> set[str]:
    """The functions of a module."""
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("page", [THREATS, GUARANTEES])
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    assert len(NAMED.findall(text)) > 30
    assert missing(text) == []


@pytest.mark.parametrize(("page", "columns"), [(THREATS, {4}), (GUARANTEES, {2, 3})])
def test_every_row_names_what_shows_it(page: str, columns: set[int]) -> None:
    targets = set(TARGETS.findall((ROOT / "Makefile").read_text()))
    found = rows((ROOT / page).read_text())
    assert len(found) > 25
    for cells in found:
        assert len(cells) in columns, cells[0]
        shown = cells[-1]
        makes = re.findall(r"`make ([a-z-]+)", shown)
        assert set(makes) <= targets, shown
        assert NAMED.search(shown) or makes or shown.startswith("the same"), cells[0]


@pytest.mark.parametrize("page", [THREATS, GUARANTEES])
def test_every_row_has_the_columns_of_its_table(page: str) -> None:
    assert ragged((ROOT / page).read_text()) == []


def test_a_row_without_a_column_is_seen() -> None:
    assert ragged("| a | b |\n|---|---|\n| 1 | 2 |\n\n| c |\n|---|\n| 3 |") == []
    assert ragged("| a | b |\n|---|---|\n| 1 |") == ["| 1 |"]


def test_a_test_that_is_gone_is_missed(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_here.py").write_text("def test_it() -> None: ...\nasync def test_too() -> None: ...\n")
    good = "`tests/test_here.py`, `tests/test_here.py::test_it`, `test_here.py::test_too`"
    assert missing(good, tmp_path) == []
    assert missing("`tests/test_gone.py` `tests/test_here.py::test_other`", tmp_path) == [
        "tests/test_gone.py",
        "tests/test_here.py::test_other",
    ]
