"""`tallyline reconcile` on sets as they lie on a disk, with the profile and without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from tests.unit.reconciliation.scoring import Score, score

SETS = sorted((Path(__file__).parents[2] / "fixtures" / "reports").glob("r*"))


def macro(folder: Path, target: Path, *more: str) -> Score:
    answer = CliRunner().invoke(app, ["reconcile", str(folder), "--export", str(target), *more])
    assert answer.exit_code == 0, answer.output
    return score(json.loads((folder / "truth.json").read_text()), json.loads(target.read_text()))


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_the_layout_that_is_found_out_is_as_good_as_the_one_that_is_given(folder: Path, tmp_path: Path) -> None:
    given, found = macro(folder, tmp_path / "a.json"), macro(folder, tmp_path / "b.json", "--detect")
    assert given.macro >= 0.98, given.notes
    assert found.macro >= given.macro - 0.02, found.notes
    assert Score.share(found.pairs, "right") >= 0.99


def test_a_folder_that_is_no_set_is_said_to_be_none(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["reconcile", str(tmp_path)])
    assert answer.exit_code == 1
