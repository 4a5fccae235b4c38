"""Thirty months with seeds of their own: kinds, parties, causes, pairs and words, as good as they have to be."""

from __future__ import annotations

from pathlib import Path

from tests.unit.reconciliation.months import drawn
from tests.unit.reconciliation.scoring import Score

SEEDS = range(7000, 7030)


def test_fresh_months_are_explained(tmp_path: Path) -> None:
    total = Score()
    for seed in SEEDS:
        month = drawn(tmp_path / str(seed), seed)
        outcome = month.reconciled()
        found = month.scored(outcome)
        total.add(found)
        clean = not month.truth["causes"]
        assert not clean or outcome.findings.is_empty(), f"{seed}: a clean month has findings"
        assert Score.share(found.pairs, "right") >= 0.97, f"{seed}: {found.notes}"
    assert total.macro >= 0.95, total.notes
    assert Score.share(total.party) >= 0.97, total.notes
    assert Score.share(total.whole) >= 0.9, total.notes
    assert Score.share(total.pairs, "right") >= 0.99, total.notes
    assert Score.share(total.proven) >= 0.99, total.notes
    assert sum(total.hit.values()) > 3000
    assert len(total.kinds) >= 18
