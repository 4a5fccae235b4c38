"""The recorded sets: what is wrong in each is found, by its cause, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.reconciliation.months import loaded
from tests.unit.reconciliation.scoring import Score

SETS = sorted((Path(__file__).parents[2] / "fixtures" / "reports").glob("r*"))


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_a_recorded_set_is_explained_whole(folder: Path) -> None:
    month = loaded(folder)
    found = month.scored(month.reconciled())
    assert not found.notes
    assert found.macro == 1.0
    assert Score.share(found.pairs, "right") == 1.0


def test_a_clean_set_gives_no_finding() -> None:
    outcome = loaded(SETS[0]).reconciled()
    assert outcome.findings.is_empty()
    assert outcome.explanations == []
    assert outcome.defects == []
    assert set(outcome.states["state"]) == {"agreed"}
