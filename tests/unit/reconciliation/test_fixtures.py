"""The recorded sets: what is wrong in each is found, by its cause, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.reconciliation.matching.results import exported, reconcile
from services.reconciliation.sets import read_set
from tests.unit.reconciliation.profiled import read
from tests.unit.reconciliation.scoring import Score, score

SETS = sorted((Path(__file__).parents[2] / "fixtures" / "reports").glob("r*"))


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_a_recorded_set_is_explained_whole(folder: Path) -> None:
    own = read_set(folder)
    outcome = reconcile(read(folder), own.records, own.events, own.roster, own.basis)
    words = {one.explanation_id: one.confidence for one in outcome.explanations}
    found = score(json.loads((folder / "truth.json").read_text(encoding="utf-8")), exported(outcome), words)
    assert not found.notes
    assert found.macro == 1.0
    assert Score.share(found.pairs, "right") == 1.0


def test_a_clean_set_gives_no_finding() -> None:
    own = read_set(SETS[0])
    outcome = reconcile(read(SETS[0]), own.records, own.events, own.roster, own.basis)
    assert outcome.findings.is_empty()
    assert outcome.explanations == []
    assert outcome.defects == []
    assert set(outcome.states["state"]) == {"agreed"}
